package event

var keyKinds = []kind{kindOf[KeyCreated](), kindOf[KeyActivated](), kindOf[KeyRetired]()}

// KeyCreated records a new signing key.
type KeyCreated struct {
	Alg string `json:"alg"` // JWS alg
}

// Type implements Fact.
func (KeyCreated) Type() Type { return "key.created" }

// KeyActivated records which key signs from now on.
type KeyActivated struct {
	Alg string `json:"alg"`
}

// Type implements Fact.
func (KeyActivated) Type() Type { return "key.activated" }

// KeyRetired records that a key signs no more; its signatures hold.
type KeyRetired struct {
	Alg string `json:"alg"`
}

// Type implements Fact.
func (KeyRetired) Type() Type { return "key.retired" }
