package ui

import "time"

// An APIKeyProblem is why the form of an API key is shown again: a key of the translations.
type APIKeyProblem string

// The problems.
const (
	APIKeyName   APIKeyProblem = "apikeys.wrong.name"
	APIKeyRights APIKeyProblem = "apikeys.wrong.rights"
	APIKeyLost   APIKeyProblem = "apikeys.wrong.lost"
	APIKeyFull   APIKeyProblem = "apikeys.wrong.full"
)

// An AccountAPIKey is an API key of the user.
type AccountAPIKey struct {
	ID              string
	Name            string
	Hint            string   // how the key starts
	Rights          []string // as scopes name them
	Expires, UsedAt time.Time
}

// AccountAPIKeysView lists API keys.
type AccountAPIKeysView struct {
	AccountFrame
	Keys []AccountAPIKey
	May  bool // make another one
}

// A Choice is a box of a form.
type Choice struct {
	Value  string
	Chosen bool
}

// AccountAPIKeyNewView makes an API key.
type AccountAPIKeyNewView struct {
	AccountFrame
	KeyName string
	Days    int   // until it expires, one of Lives
	Lives   []int // days to choose among
	Rights  []Choice
	MaxName int // characters
	Problem APIKeyProblem
}

const daySeconds = 24 * 60 * 60

// AccountAPIKeyMadeView shows a new API key, once.
type AccountAPIKeyMadeView struct {
	AccountFrame
	KeyName, Secret string
}
