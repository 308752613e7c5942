package event

import (
	"time"

	"github.com/google/uuid"
)

var clientKinds = []kind{
	kindOf[ClientCreated](), kindOf[ClientUpdated](), kindOf[ClientDeleted](), kindOf[ClientDisabled](), kindOf[ClientEnabled](),
	kindOf[ClientSecretAdded](), kindOf[ClientSecretRevoked](), kindOf[ClientSecretExpiring](), kindOf[InitialTokenIssued](), kindOf[InitialTokenRevoked](),
}

// ClientCreated records a new client.
type ClientCreated struct {
	Registration string    `json:"registration,omitempty"` // how it registered itself: "open" or "token"
	InitialToken uuid.UUID `json:"initial_token,omitzero"` // by which it did
}

// Type implements Fact.
func (ClientCreated) Type() Type { return "client.created" }

// EndsNothing implements Harmless.
func (ClientCreated) EndsNothing() {}

// ClientUpdated records which members of a client changed.
type ClientUpdated struct {
	Fields   []string `json:"fields"`
	Subjects string   `json:"subjects,omitempty"` // "changed" when users have other subjects from now on
}

// Type implements Fact.
func (ClientUpdated) Type() Type { return "client.updated" }

// ClientDeleted records that a client is gone, with what it was granted.
type ClientDeleted struct{}

// Type implements Fact.
func (ClientDeleted) Type() Type { return "client.deleted" }

// ClientDisabled records that a client is kept out; what it was granted is over.
type ClientDisabled struct{}

// Type implements Fact.
func (ClientDisabled) Type() Type { return "client.disabled" }

// ClientEnabled records that a client is let in again.
type ClientEnabled struct{}

// Type implements Fact.
func (ClientEnabled) Type() Type { return "client.enabled" }

// ClientSecretAdded records a new secret.
type ClientSecretAdded struct {
	Only bool `json:"only"` // the ones before are good for no more
}

// Type implements Fact.
func (ClientSecretAdded) Type() Type { return "client.secret_added" }

// ClientSecretRevoked records that a secret is good for no more.
type ClientSecretRevoked struct {
	SecretID string `json:"secret_id"` // its public id
}

// Type implements Fact.
func (ClientSecretRevoked) Type() Type { return "client.secret_revoked" }

// ClientSecretExpiring records that the secret which a rotation left good for a while ends before long, and that the client still uses it. It is
// recorded once: 14 days before, or when a third of that while is left.
type ClientSecretExpiring struct {
	SecretID  string    `json:"secret_id"` // its public id
	ExpiresAt time.Time `json:"expires_at"`
}

// Type implements Fact.
func (ClientSecretExpiring) Type() Type { return "client.secret_expiring" }

// EndsNothing implements Harmless.
func (ClientSecretExpiring) EndsNothing() {}

// InitialTokenIssued records a new initial access token.
type InitialTokenIssued struct{}

// Type implements Fact.
func (InitialTokenIssued) Type() Type { return "initial_token.issued" }

// EndsNothing implements Harmless.
func (InitialTokenIssued) EndsNothing() {}

// InitialTokenRevoked records that an initial access token is over; its clients stay.
type InitialTokenRevoked struct{}

// Type implements Fact.
func (InitialTokenRevoked) Type() Type { return "initial_token.revoked" }

// EndsNothing implements Harmless.
func (InitialTokenRevoked) EndsNothing() {}
