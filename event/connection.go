package event

import "time"

var connectionKinds = []kind{
	kindOf[ConnectionCreated](), kindOf[ConnectionUpdated](), kindOf[ConnectionEnabled](), kindOf[ConnectionDisabled](), kindOf[ConnectionDeleted](),
	kindOf[IdentityLinked](), kindOf[IdentityUnlinked](), kindOf[ConnectionCertificateExpiring](),
}

// ConnectionCreated records that people can sign in with an identity provider.
type ConnectionCreated struct {
	Slug string `json:"slug"`
}

// Type implements Fact.
func (ConnectionCreated) Type() Type { return "connection.created" }

// EndsNothing implements Harmless.
func (ConnectionCreated) EndsNothing() {}

// ConnectionUpdated records which members of a connection changed.
type ConnectionUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (ConnectionUpdated) Type() Type { return "connection.updated" }

// EndsNothing implements Harmless.
func (ConnectionUpdated) EndsNothing() {}

// ConnectionEnabled records that people sign in with an identity provider again.
type ConnectionEnabled struct{}

// Type implements Fact.
func (ConnectionEnabled) Type() Type { return "connection.enabled" }

// EndsNothing implements Harmless.
func (ConnectionEnabled) EndsNothing() {}

// ConnectionDisabled records that nobody signs in with an identity provider any more.
type ConnectionDisabled struct{}

// Type implements Fact.
func (ConnectionDisabled) Type() Type { return "connection.disabled" }

// EndsNothing implements Harmless.
func (ConnectionDisabled) EndsNothing() {}

// ConnectionDeleted records that a connection is gone, with the identities of users that were of it.
type ConnectionDeleted struct{}

// Type implements Fact.
func (ConnectionDeleted) Type() Type { return "connection.deleted" }

// EndsNothing implements Harmless.
func (ConnectionDeleted) EndsNothing() {}

// IdentityLinked records that an account at an identity provider signs a user in from now on.
type IdentityLinked struct {
	IdentityID   string `json:"identity_id"`   // public id
	ConnectionID string `json:"connection_id"` // public id
}

// Type implements Fact.
func (IdentityLinked) Type() Type { return "identity.linked" }

// EndsNothing implements Harmless.
func (IdentityLinked) EndsNothing() {}

// IdentityUnlinked records that it does no more.
type IdentityUnlinked struct {
	IdentityID   string `json:"identity_id"`   // public id
	ConnectionID string `json:"connection_id"` // public id
}

// Type implements Fact.
func (IdentityUnlinked) Type() Type { return "identity.unlinked" }

// EndsNothing implements Harmless.
func (IdentityUnlinked) EndsNothing() {}

// ConnectionCertificateExpiring records that nobody can sign in with an identity provider before long: the last certificate that
// it signs with, of those that are known here, expires. It is recorded 30 days before, 7 days and one.
type ConnectionCertificateExpiring struct {
	ExpiresAt time.Time `json:"expires_at"`
	Days      int       `json:"days"` // 30, 7 or 1: at most so many are left
}

// Type implements Fact.
func (ConnectionCertificateExpiring) Type() Type { return "connection.certificate_expiring" }

// EndsNothing implements Harmless.
func (ConnectionCertificateExpiring) EndsNothing() {}
