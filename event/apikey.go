package event

import "time"

var apiKeyKinds = []kind{kindOf[APIKeyCreated](), kindOf[APIKeyRevoked](), kindOf[APIKeyExpiring]()}

// APIKeyCreated records a new API key.
type APIKeyCreated struct {
	User        string    `json:"user,omitempty"` // public id of whose it is; "": the tenant's
	Permissions []string  `json:"permissions"`
	ExpiresAt   time.Time `json:"expires_at"`
}

// Type implements Fact.
func (APIKeyCreated) Type() Type { return "api_key.created" }

// EndsNothing implements Harmless.
func (APIKeyCreated) EndsNothing() {}

// APIKeyRevoked records that somebody ended an API key before its time.
type APIKeyRevoked struct {
	User string `json:"user,omitempty"` // public id of whose it was; "": the tenant's
}

// Type implements Fact.
func (APIKeyRevoked) Type() Type { return "api_key.revoked" }

// EndsNothing implements Harmless: keys are no tokens, and no copy of them is held.
func (APIKeyRevoked) EndsNothing() {}

// APIKeyExpiring records that an API key which is still used ends before long. It is recorded once: 14 days before, or when a third of the time is left
// that the key lives.
type APIKeyExpiring struct {
	User      string    `json:"user,omitempty"` // public id of whose it is; "": the tenant's
	ExpiresAt time.Time `json:"expires_at"`
}

// Type implements Fact.
func (APIKeyExpiring) Type() Type { return "api_key.expiring" }

// EndsNothing implements Harmless.
func (APIKeyExpiring) EndsNothing() {}
