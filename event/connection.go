package event

import "time"

var connectionKinds = []kind{
	kindOf[ConnectionCreated](), kindOf[ConnectionUpdated](), kindOf[ConnectionEnabled](), kindOf[ConnectionDisabled](), kindOf[ConnectionDeleted](),
	kindOf[IdentityLinked](), kindOf[IdentityUnlinked](), kindOf[ConnectionUnavailable](), kindOf[ConnectionAvailable](), kindOf[ConnectionCertificateExpiring](),
	kindOf[ConnectionMetadataChanged](), kindOf[ConnectionMetadataFailing](),
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
type ConnectionDisabled struct {
	Sessions int `json:"sessions,omitempty"` // how many of those that were begun with it are over
}

// Type implements Fact.
func (ConnectionDisabled) Type() Type { return "connection.disabled" }

// ConnectionDeleted records that a connection is gone, with the identities of users that were of it.
type ConnectionDeleted struct {
	Sessions int `json:"sessions,omitempty"` // as of ConnectionDisabled
}

// Type implements Fact.
func (ConnectionDeleted) Type() Type { return "connection.deleted" }

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
	IdentityID   string `json:"identity_id"`        // public id
	ConnectionID string `json:"connection_id"`      // public id
	Sessions     int    `json:"sessions,omitempty"` // how many of those that were begun with it are over
}

// Type implements Fact.
func (IdentityUnlinked) Type() Type { return "identity.unlinked" }

// ConnectionUnavailable records that an identity provider failed several times in a row, and is left alone for a while. Reason of the
// event is why the last time. Each server counts failures for itself; one of them records it, once a minute at most.
type ConnectionUnavailable struct {
	Slug string `json:"slug"`
}

// Type implements Fact.
func (ConnectionUnavailable) Type() Type { return "connection.unavailable" }

// EndsNothing implements Harmless.
func (ConnectionUnavailable) EndsNothing() {}

// ConnectionAvailable records that it answers again.
type ConnectionAvailable struct {
	Slug string `json:"slug"`
}

// Type implements Fact.
func (ConnectionAvailable) Type() Type { return "connection.available" }

// EndsNothing implements Harmless.
func (ConnectionAvailable) EndsNothing() {}

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

// ConnectionMetadataChanged records that the metadata which an identity provider publishes say something else than before, and are
// believed.
type ConnectionMetadataChanged struct {
	Slug    string   `json:"slug"`
	Fields  []string `json:"fields"`                         // members of saml
	Added   []string `json:"certificates_added,omitempty"`   // by their SHA-256
	Removed []string `json:"certificates_removed,omitempty"` // by their SHA-256
}

// Type implements Fact.
func (ConnectionMetadataChanged) Type() Type { return "connection.metadata_changed" }

// EndsNothing implements Harmless.
func (ConnectionMetadataChanged) EndsNothing() {}

// ConnectionMetadataFailing records that the metadata which an identity provider publishes could not be read for three days, or have
// certificates or addresses that nobody vouches for. What was read before still counts. It is recorded once, and each month again.
type ConnectionMetadataFailing struct {
	Slug    string    `json:"slug"`
	Problem string    `json:"problem"` // "unreachable", "unsigned", "entity_id", "expired", "invalid", "certificates" or "unsigned_changes"
	Since   time.Time `json:"since"`
	Refused []string  `json:"certificates_refused,omitempty"` // by their SHA-256
}

// Type implements Fact.
func (ConnectionMetadataFailing) Type() Type { return "connection.metadata_failing" }

// EndsNothing implements Harmless.
func (ConnectionMetadataFailing) EndsNothing() {}
