package identity

import (
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// AMRFederated is the authentication method reference of a sign-in with an identity provider. RFC 8176 has none for it. It
// says nothing of what was proved there: no acr of the shipped ones is reached by it, and it is no second factor.
const AMRFederated = "fed"

// An Upstream is the account at an identity provider with which somebody signed in.
type Upstream struct {
	Connection uuid.UUID `json:"c"`
}

// ErrProviderRequired reports a sign-in of somebody whose organization signs them in with an identity provider alone.
var ErrProviderRequired = fault.New(fault.Forbidden, "sso_required", "Your organization has you sign in with its identity provider.")

// ProviderRequired is ErrProviderRequired with the connection to that provider.
type ProviderRequired struct {
	Slug, Name string
	Domain     string // of the address that the connection signs in
}

func (*ProviderRequired) Error() string { return ErrProviderRequired.Error() }

// Unwrap has errors.Is find ErrProviderRequired.
func (*ProviderRequired) Unwrap() error { return ErrProviderRequired }

// A PendingIdentity is an account at an identity provider that somebody has shown to be theirs, and that belongs to nobody
// here. The browser keeps it sealed, until its user has signed in and says that the two belong together.
type PendingIdentity struct {
	Connection uuid.UUID `json:"c"`
	Issuer     string    `json:"i"`
	Subject    string    `json:"s"`
	Label      string    `json:"l"` // how the provider calls the account
	Provider   string    `json:"p"` // how the connection is called
	State      []byte    `json:"h"` // of the round that showed it, hashed: used up when it is answered
	Until      time.Time `json:"u"`
	Version    int64     `json:"v"` // of the connection then
}
