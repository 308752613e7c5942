package identity

import (
	"time"

	"github.com/google/uuid"
)

// AMRFederated is the authentication method reference of a sign-in with an identity provider. RFC 8176 has none for it. It
// says nothing of what was proved there: no acr of the shipped ones is reached by it, and it is no second factor.
const AMRFederated = "fed"

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
	Version    int64     `json:"v"`           // of the connection then
	Assertion  []byte    `json:"a,omitempty"` // what the provider said, hashed: used up with the state
}
