package tenant

import (
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/tid"
)

// ID identifies a tenant. It is a UUIDv7 and never reused.
type ID uuid.UUID

// String returns the canonical UUID text.
func (id ID) String() string { return uuid.UUID(id).String() }

// ParseID reads the canonical UUID text.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	return ID(u), err
}

// Prefix begins the public id of a tenant.
const Prefix = "tenant"

// SystemSlug names the operators' tenant: only its tokens may act across tenants.
const SystemSlug = "system"

// Isolation says how a tenant's rows are kept apart from others'.
type Isolation string

// The isolation levels. Only storage knows what they mean.
const (
	Shared   Isolation = "shared"   // shared tables under row-level security
	Schema   Isolation = "schema"   // an own schema in the same database
	Database Isolation = "database" // an own database
)

// A Placement says where a tenant's rows are.
type Placement struct {
	Isolation Isolation
	// Database is the URL of a database of its own, as the role that servers log in as; for one that is
	// made, empty: that of the name tenant_<id>, beside the one that tenants share.
	Database secret.String
}

// ErrIsolation refuses an isolation level that does not exist.
var ErrIsolation = fault.New(fault.Invalid, "unknown_isolation", "The isolation is shared, schema or database.")

// ErrNoDatabase refuses the URL of a database for a tenant that has none of its own.
var ErrNoDatabase = fault.New(fault.Invalid, "unknown_isolation", "Only a tenant with the isolation database has a database URL.")

// Check returns ErrIsolation or ErrNoDatabase unless tenants can have the placement. The zero value is shared.
func (p Placement) Check() error {
	switch p.Isolation {
	case Database:
		return nil
	case "", Shared, Schema:
		if p.Database.Empty() {
			return nil
		}
		return ErrNoDatabase
	case Moving: // which nobody asks for
	}
	return ErrIsolation
}

// A Tenant is one issuer.
type Tenant struct {
	ID        ID
	Slug      string // lower-case letters, digits and hyphens; part of the path issuer
	Name      string
	Host      string // host[:port] it answers on, lower case; empty for a path tenant
	Placement Placement
	Settings  Settings
	// NotBefore invalidates every token and session issued before it.
	NotBefore  time.Time
	DisabledAt time.Time // zero when enabled
	CreatedAt  time.Time
	Version    int64 // counts the changes of the row

	// Webhooks are the filters of the tenant's enabled webhook endpoints (event.Wanted).
	Webhooks []string

	// Issuer and Path are not stored: see the function Issuer. Whoever reads a tenant gets
	// them with it.
	Issuer string
	Path   string
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
	// OwnKeys has a tenant that is made get keys that no other has; see Keys.
	OwnKeys bool
	// Keys are those that it was restored or made with, sealed (secret.Root.SealKeys); nil: it has the installation's.
	Keys []byte
	// Unreadable says what of it is stored and cannot be read, for operators; "": nothing. Nobody reads or writes rows of such a tenant:
	// it would be by wrong keys, or under other policies than its own. Settings may be empty then.
	Unreadable string
}

// PublicID is how the tenant's id is shown.
func (t *Tenant) PublicID() string { return tid.Format(Prefix, uuid.UUID(t.ID)) }

// URL returns the absolute URL of path (which starts with a slash) under the issuer.
func (t *Tenant) URL(path string) string { return t.Issuer + path }

// Settings are a tenant's policies. The zero value is the shipped default.
// Durations are zero for the default, never for "none", save RefreshGrace, which may be none.
type Settings struct {
	RequirePKCE   bool `json:"require_pkce,omitempty" yaml:"require_pkce,omitempty"`
	AllowImplicit bool `json:"allow_implicit,omitempty" yaml:"allow_implicit,omitempty"`
	// RequirePAR makes every client push its authorization requests (RFC 9126 §5).
	RequirePAR bool `json:"require_pushed_authorization_requests,omitempty" yaml:"require_pushed_authorization_requests,omitempty"`

	AccessTokenTTL     Duration `json:"access_token_ttl,omitempty" yaml:"access_token_ttl,omitempty"`
	IDTokenTTL         Duration `json:"id_token_ttl,omitempty" yaml:"id_token_ttl,omitempty"`
	RefreshIdleTTL     Duration `json:"refresh_idle_ttl,omitempty" yaml:"refresh_idle_ttl,omitempty"`
	RefreshAbsoluteTTL Duration `json:"refresh_absolute_ttl,omitempty" yaml:"refresh_absolute_ttl,omitempty"`
	// RefreshGrace is nil for the default; 0: a refresh token is taken once.
	RefreshGrace    *Duration `json:"refresh_grace,omitempty" yaml:"refresh_grace,omitempty"`
	SessionIdleTTL  Duration  `json:"session_idle_ttl,omitempty" yaml:"session_idle_ttl,omitempty"`
	SessionTTL      Duration  `json:"session_ttl,omitempty" yaml:"session_ttl,omitempty"`
	RememberIdleTTL Duration  `json:"remember_idle_ttl,omitempty" yaml:"remember_idle_ttl,omitempty"`
	RememberTTL     Duration  `json:"remember_ttl,omitempty" yaml:"remember_ttl,omitempty"`

	// ExpiryLogsOut tells applications by back-channel logout that a session expired.
	ExpiryLogsOut bool `json:"expiry_logs_out,omitempty" yaml:"expiry_logs_out,omitempty"`

	// ACRLevels are what clients can ask for by acr_values.
	ACRLevels ACRLevels `json:"acr_levels,omitempty" yaml:"acr_levels"`

	Registration Registration `json:"registration,omitzero" yaml:"registration"`
	SignUp       SignUp       `json:"sign_up,omitzero" yaml:"sign_up"`
	// Identifiers are what users sign in with.
	Identifiers Identifiers `json:"identifiers,omitempty" yaml:"identifiers,omitempty"`
	MFA         MFA         `json:"mfa,omitzero" yaml:"mfa"`
	// EmailSignIn is whether users sign in with a code of a mail instead of a password.
	EmailSignIn EmailSignIn `json:"email_sign_in,omitempty" yaml:"email_sign_in"`
	// Devices is what browsers are trusted with.
	Devices Devices `json:"devices,omitzero" yaml:"devices"`
	// Password is what new passwords have to be like.
	Password PasswordPolicy `json:"password,omitzero" yaml:"password"`
	Deletion Deletion       `json:"deletion,omitzero" yaml:"deletion"`
	Mail     Mail           `json:"mail,omitzero" yaml:"mail"`
	// Contacts are the addresses of those who look after the tenant's applications: whom to
	// tell that something of theirs no longer works. At most MaxContacts.
	Contacts []string `json:"contacts,omitempty" yaml:"contacts,omitempty"`

	// Languages are those of the pages and mails (BCP 47), the one for everybody else first;
	// none: all that there are, English first.
	Languages []string `json:"languages,omitempty" yaml:"languages,omitempty"`
	Branding  Branding `json:"branding,omitzero" yaml:"branding"`
	// DomainLabel is the first label of the TXT records by which organizations show that domains
	// are theirs; "" is DefaultDomainLabel.
	DomainLabel string `json:"domain_label,omitempty" yaml:"domain_label,omitempty"`
	// SAML is whether there may be connections to identity providers of that kind.
	SAML SAML `json:"saml,omitempty" yaml:"saml"`
}

// DefaultDomainLabel is the one of Settings.DomainLabel.
const DefaultDomainLabel = "_plinto-challenge"

// MaxContacts bounds Settings.Contacts.
const MaxContacts = 5

// Shipped defaults of Settings.
const (
	// Longer than ten minutes: a widely used library takes a token that has ten minutes
	// left as expired, and would refresh before every request.
	DefaultAccessTokenTTL     = 15 * time.Minute
	DefaultIDTokenTTL         = time.Hour
	DefaultRefreshIdleTTL     = 14 * 24 * time.Hour
	DefaultRefreshAbsoluteTTL = 90 * 24 * time.Hour
	DefaultRefreshGrace       = 10 * time.Second
	DefaultSessionIdleTTL     = 2 * time.Hour
	DefaultSessionTTL         = 12 * time.Hour
	DefaultRememberIdleTTL    = 7 * 24 * time.Hour
	DefaultRememberTTL        = 30 * 24 * time.Hour
)

// Grace is how long after its use a refresh token gives the same successor again; 0: it never does.
func (s *Settings) Grace() time.Duration {
	if s.RefreshGrace == nil {
		return DefaultRefreshGrace
	}
	return time.Duration(*s.RefreshGrace)
}

// A Duration is a time.Duration written as Go writes it ("10m", "24h").
type Duration time.Duration

// Or returns d, or fallback when d is zero.
func (d Duration) Or(fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return time.Duration(d)
}

// MarshalText writes "10m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "10m".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}
