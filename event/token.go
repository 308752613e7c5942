package event

import "github.com/google/uuid"

var tokenKinds = []kind{
	kindOf[TokenReuseDetected](), kindOf[TokenRepeated](), kindOf[CodeReuseDetected](), kindOf[TokenRevoked](), kindOf[GrantRevoked](),
}

// TokenReuseDetected records that a refresh token was used by two parties, or again after
// its grace time. Its grant is revoked.
type TokenReuseDetected struct {
	GrantID  uuid.UUID `json:"grant_id"`
	ClientID string    `json:"client_id"` // public id
	FirstIP  string    `json:"first_ip"`  // where it was used first, or was given out
}

// Type implements Fact.
func (TokenReuseDetected) Type() Type { return "token.reuse_detected" }

// TokenRepeated records that a refresh token was used again within its grace time.
type TokenRepeated struct {
	GrantID  uuid.UUID `json:"grant_id"`
	ClientID string    `json:"client_id"` // public id
	FirstIP  string    `json:"first_ip"`
	Repeats  int       `json:"repeats"` // so far
}

// Type implements Fact.
func (TokenRepeated) Type() Type { return "token.refresh_repeated" }

// EndsNothing implements Harmless.
func (TokenRepeated) EndsNothing() {}

// CodeReuseDetected records that a code was presented again. Its grant is revoked.
type CodeReuseDetected struct {
	GrantID  uuid.UUID `json:"grant_id"`
	ClientID string    `json:"client_id"` // public id
}

// Type implements Fact.
func (CodeReuseDetected) Type() Type { return "code.reuse_detected" }

// TokenRevoked records that a client revoked one access token.
type TokenRevoked struct {
	ClientID string `json:"client_id"` // public id
	JTI      string `json:"jti"`
}

// Type implements Fact.
func (TokenRevoked) Type() Type { return "token.revoked" }

// GrantRevoked records that a grant is over, with every token of it.
type GrantRevoked struct {
	GrantID  uuid.UUID `json:"grant_id"`
	ClientID string    `json:"client_id"` // public id
	Reason   string    `json:"reason"`    // stable code
}

// Type implements Fact.
func (GrantRevoked) Type() Type { return "grant.revoked" }
