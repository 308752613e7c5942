package federation

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/mailaddr"
	"plinto/internal/owner"
	"plinto/internal/tid"
)

// Prefixes of public ids.
const (
	Prefix         = "conn"
	IdentityPrefix = "idn"
)

// KindOIDC is the kind of connections by OpenID Connect Core 1.0, authorization code flow.
const KindOIDC = "oidc"

// How the provider knows that it is us (RFC 6749 §2.3, OpenID Connect Core 1.0 §9).
const (
	AuthBasic      = "client_secret_basic"
	AuthPost       = "client_secret_post"
	AuthPrivateKey = "private_key_jwt"
)

// What a sign-in at the provider is worth as a second factor.
const (
	MFAAsk   = "ask"   // nothing: who needs one proves one here
	MFATrust = "trust" // one, where acr or amr of the answer say so
)

// Who gets an account by signing in for the first time. Each takes an address that the connection vouches for.
const (
	ProvisionOff     = "off"     // nobody
	ProvisionInvited = "invited" // who has an open invitation
	ProvisionDomain  = "domain"  // who has an address of a domain that is named
	ProvisionAll     = "all"     // who has an address that is vouched for
)

// AnyDomain among Spec.EmailDomains says that the provider verifies every address that it calls verified.
const AnyDomain = "*"

// Bounds of connections.
const (
	MaxConnections = 100 // of a tenant
	maxList        = 50
	maxText        = 255 // characters
)

// Endpoints are the addresses of a provider that has no discovery document.
type Endpoints struct {
	Authorization string `json:"authorization" yaml:"authorization"`
	Token         string `json:"token" yaml:"token"`
	JWKS          string `json:"jwks,omitempty" yaml:"jwks"`
	UserInfo      string `json:"userinfo,omitempty" yaml:"userinfo,omitempty"`
	EndSession    string `json:"end_session,omitempty" yaml:"end_session,omitempty"`
}

// A Spec is what people decide of a connection. The zero value of each member is its default.
type Spec struct {
	Kind         string    `json:"kind"`
	Name         string    `json:"name"` // on the button
	Organization uuid.UUID `json:"-"`    // whose it is; nil: the tenant's
	Issuer       string    `json:"issuer"`
	ClientID     string    `json:"client_id"` // ours, there
	AuthMethod   string    `json:"auth_method"`
	// Endpoints are asked for at the issuer (OpenID Connect Discovery 1.0 §4) where there are none.
	Endpoints *Endpoints `json:"endpoints,omitempty"`
	Scopes    []string   `json:"scopes"`
	ACRValues []string   `json:"acr_values,omitempty"` // that the provider is asked for
	MFA       string     `json:"mfa"`
	// TrustedACR and TrustedAMR are values of the answer that each stand for a second factor.
	TrustedACR []string `json:"trusted_acr,omitempty"`
	TrustedAMR []string `json:"trusted_amr,omitempty"`
	// EmailDomains are the domains whose addresses the connection vouches for, or AnyDomain. One of an organization vouches
	// for those alone that are verified to be the organization's.
	EmailDomains []string `json:"email_domains,omitempty"`
	Provision    string   `json:"provision"`
	Hidden       bool     `json:"hidden,omitempty"` // no button: only who is led there signs in so
	SAML         *SAML    `json:"saml,omitempty"`   // of KindSAML
	// RPLogout has who signs out here sign out at the provider too (OpenID Connect RP-Initiated Logout 1.0).
	RPLogout bool `json:"rp_initiated_logout,omitempty"`
	// SSO says what becomes of people whose address is of one of EmailDomains: see Realms. SSOExempt are addresses of those who
	// sign in otherwise all the same.
	SSO       string   `json:"sso,omitempty"`
	SSOExempt []string `json:"sso_exempt,omitempty"`

	ProviderSpec
	Mapping
}

// A Connection is a provider that people sign in with.
type Connection struct {
	ID   uuid.UUID
	Slug string // in the addresses of the connection; it never changes
	Spec
	Sealed     []byte    // see Credentials
	DisabledAt time.Time // zero: enabled
	CreatedAt  time.Time
	Version    int64
	ManagedBy  string // the manifest that declares it, or ""
	Unreadable string // what of it is stored and cannot be read; "": nothing. Such a connection is disabled
	Epoch      int64  // how often everything that was begun by it was ended
	Suspended  bool   // its organization is, or is being deleted

	// Metadata is what counts of the provider's metadata, where they are read: see Known. MetadataDue is when they are read again.
	Metadata      *Metadata
	MetadataState MetadataState
	MetadataDue   time.Time
}

// PublicID returns "conn_…".
func (c *Connection) PublicID() string { return tid.Format(Prefix, c.ID) }

// Enabled reports whether it is switched on. Whether people sign in with it: see Closed.
func (c *Connection) Enabled() bool { return c.DisabledAt.IsZero() }

// Closed returns why nobody signs in with it: ErrDisabled, ErrSuspended, or nil.
func (c *Connection) Closed() error {
	switch {
	case !c.Enabled():
		return ErrDisabled
	case c.Suspended:
		return ErrSuspended
	}
	return nil
}

// Errors of connections.
var (
	ErrNotFound   = fault.New(fault.NotFound, "connection_not_found", "There is no such connection.")
	ErrUnreadable = fault.New(fault.Conflict, "connection_unreadable",
		"What is stored of the connection cannot be read. Have it put back, or delete the connection and make it anew.")
	ErrSpec      = fault.New(fault.Invalid, "invalid_connection", "The connection is not valid.")
	ErrSlugTaken = fault.New(fault.Conflict, "connection_slug_taken", "Another connection has that slug.")
	ErrTooMany   = fault.New(fault.Conflict, "too_many_connections", fmt.Sprintf("A tenant has at most %d connections.", MaxConnections))
)

// Connections finds the connections of the context's tenant.
type Connections interface {
	// ByID returns one connection or ErrNotFound.
	ByID(ctx context.Context, id uuid.UUID) (Connection, error)
	// BySlug returns one connection or ErrNotFound, from its row.
	BySlug(ctx context.Context, slug string) (Connection, error)
	// List returns all connections by slug: there are at most MaxConnections.
	List(ctx context.Context) ([]Connection, error)
	// Offered returns those that people sign in with, by name, from memory where it can: for showing them.
	Offered(ctx context.Context) ([]Connection, error)
}

// Writes stores connections of the context's tenant. Each method joins the transaction of ctx.
type Writes interface {
	owner.Rows
	// Create stores c with its id. ErrSlugTaken, ErrTooMany, ErrOrganization.
	Create(ctx context.Context, c Connection) error
	// SetSpec writes spec and credentials over those of c.Version. fault.ErrChanged, ErrNotFound, ErrOrganization.
	SetSpec(ctx context.Context, c Connection) error
	// SetDisabled disables or enables, and reports whether that changed anything. ErrNotFound.
	SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (changed bool, err error)
	// Delete removes the connection, and every identity of it: at once for whoever looks, the rows of one with very many by a job,
	// which also ends the sessions that are open still. ErrNotFound.
	Delete(ctx context.Context, id uuid.UUID) error
	// EndEpoch has everything that was begun by the connection count no more, and returns how many sessions that are. ErrNotFound.
	EndEpoch(ctx context.Context, id uuid.UUID) (open int, err error)
	// EndLater has a job end those of them that are open still.
	EndLater(ctx context.Context, id uuid.UUID) error
	// Once reports whether something is said for the first time, by a hash of what; nobody asks after until.
	Once(ctx context.Context, said []byte, until time.Time) (first bool, err error)
}

// ErrOrganization reports a connection of an organization that there is not.
var ErrOrganization = ErrSpec.At(fault.Field{Pointer: "/organization", Message: "is no organization of the tenant"})

// slugForm keeps a slug readable in an address, and free of what has a meaning there.
var slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

func checkSlug(slug string) error {
	if !slugForm.MatchString(slug) {
		return wrong("slug", "must have 1 to 63 of a-z, 0-9 and -, and not begin or end with -")
	}
	return nil
}

func wrong(member, message string) error {
	return ErrSpec.At(fault.Field{Pointer: "/" + member, Message: message})
}

// NewSpec returns a spec as it is stored: with defaults.
func NewSpec(s Spec) Spec { //nolint:gocritic // a copy is what is returned
	s.normalize()
	return s
}

// normalize fills defaults in.
func (s *Spec) normalize() {
	if s.Kind == KindSAML {
		s.normalizeSAML()
	}
	s.fill()
	s.Mapping.normalize()
	for value, standard := range map[*string]string{&s.Kind: KindOIDC, &s.AuthMethod: AuthBasic, &s.MFA: MFAAsk, &s.Provision: ProvisionOff, &s.SSO: SSOOff} {
		if *value == "" {
			*value = standard
		}
	}
	if len(s.Scopes) == 0 && s.Kind == KindOIDC {
		s.Scopes = []string{"openid", "email", "profile"}
	}
	domains := []string{}
	for _, d := range s.EmailDomains {
		if ascii, err := mailaddr.DomainASCII(d); err == nil {
			d = strings.ToLower(ascii)
		}
		domains = append(domains, d)
	}
	s.EmailDomains = domains
}

// check returns what is wrong with a spec: ErrSpec.
func (s *Spec) check(checkURL func(string) error) error {
	if err := s.checkPreset(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{KindOIDC, KindOAuth2, KindSAML}, s.Kind):
		return wrong("kind", "must be oidc, oauth2 or saml")
	case s.Name == "" || !utf8.ValidString(s.Name) || utf8.RuneCountInString(s.Name) > 60 || strings.ContainsFunc(s.Name, unprintable):
		return wrong("name", "must have 1 to 60 printable characters")
	case s.Kind == KindSAML:
		return s.checkRest(func() error { return s.checkSAML(checkURL) })
	case s.SAML != nil:
		return wrong("saml", "is of connections of that kind")
	case s.ClientID == "" || !text(s.ClientID):
		return wrong("client_id", "must have 1 to 255 printable characters of ASCII")
	case !slices.Contains([]string{AuthBasic, AuthPost, AuthPrivateKey, AuthSigned}, s.AuthMethod):
		return wrong("auth_method", "must be client_secret_basic, client_secret_post, private_key_jwt or signed_client_secret")
	case s.Kind == KindOIDC && !slices.Contains(s.Scopes, "openid"):
		return wrong("scopes", "must have openid")
	}
	return s.checkRest(s.checkProvider, func() error { return s.checkAddresses(checkURL) })
}

// checkRest makes the checks of a kind, and those of every kind.
func (s *Spec) checkRest(checks ...func() error) error {
	for _, check := range append(checks, func() error { return s.Mapping.check(s.Organization) }) {
		if err := check(); err != nil {
			return err
		}
	}
	for member, values := range map[string][]string{"scopes": s.Scopes, "acr_values": s.ACRValues, "trusted_acr": s.TrustedACR, "trusted_amr": s.TrustedAMR} {
		if len(values) > maxList || !every(values, func(v string) bool { return v != "" && text(v) && !strings.Contains(v, " ") }) {
			return wrong(member, "must have at most 50 values without blanks")
		}
	}
	return s.checkTrust()
}

func (s *Spec) checkAddresses(checkURL func(string) error) error {
	addresses := map[string]string{"issuer": s.Issuer}
	if e := s.Endpoints; e != nil {
		addresses["endpoints/authorization"], addresses["endpoints/token"] = e.Authorization, e.Token
		for member, optional := range map[string]string{"endpoints/jwks": e.JWKS, "endpoints/userinfo": e.UserInfo} {
			if optional != "" {
				addresses[member] = optional
			}
		}
		if e.EndSession != "" {
			addresses["endpoints/end_session"] = e.EndSession
		}
	}
	for member, address := range addresses {
		if checkURL(address) != nil || len(address) > 2000 {
			return wrong(member, "must be an https URL of a public host")
		}
	}
	if strings.ContainsAny(s.Issuer, "?#") { // OpenID Connect Discovery 1.0 §3
		return wrong("issuer", "must have no query and no fragment")
	}
	return nil
}

func (s *Spec) checkTrust() error {
	switch trusts := len(s.TrustedACR)+len(s.TrustedAMR) > 0; {
	case s.MFA != MFAAsk && s.MFA != MFATrust:
		return wrong("mfa", "must be ask or trust")
	case s.MFA == MFATrust && !trusts:
		return wrong("mfa", "takes trusted_acr or trusted_amr: what of the answer stands for a second factor")
	case s.MFA == MFAAsk && trusts:
		return wrong("mfa", "must be trust where there are trusted_acr or trusted_amr")
	case !slices.Contains([]string{ProvisionOff, ProvisionInvited, ProvisionDomain, ProvisionAll}, s.Provision):
		return wrong("provision", "must be off, invited, domain or all")
	case s.Provision != ProvisionOff && len(s.EmailDomains) == 0:
		return wrong("provision", "takes email_domains: an account has an address that the connection vouches for")
	case len(s.EmailDomains) > maxList:
		return wrong("email_domains", "must have at most 50 domains")
	case s.Organization != uuid.Nil && slices.Contains(s.EmailDomains, AnyDomain):
		return wrong("email_domains", "must be named: a connection of an organization vouches for domains of the organization alone")
	}
	for _, d := range s.EmailDomains {
		if _, err := mailaddr.DomainASCII(d); err != nil && d != AnyDomain {
			return wrong("email_domains", "must have domain names, or * alone")
		}
	}
	return s.checkSSO()
}

func every(values []string, holds func(string) bool) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !holds(v) })
}

// text reports whether a value is short, and of printable ASCII.
func text(v string) bool {
	return len(v) <= maxText && !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' })
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Vouches reports whether the connection answers for an address that the provider calls verified, and whether its domain is
// named. verified are the domains of the connection's organization. Only addresses in ASCII are vouched for, and only those
// that are kept as they are: of two spellings that are one address here, a provider may have given one to somebody else.
func (s *Spec) Vouches(email string, verified func(domain string) bool) (vouches, named bool) {
	canonical, err := identity.Canonical(email)
	if err != nil || identity.CheckEmail(email) != nil || !text(email) || canonical != strings.ToLower(email) {
		return false, false
	}
	_, domain, _ := strings.Cut(canonical, "@")
	named = slices.Contains(s.EmailDomains, domain)
	if s.Organization != uuid.Nil {
		named = named && verified(domain)
		return named, named
	}
	return named || slices.Contains(s.EmailDomains, AnyDomain), named
}

// differences names the members that differ.
func differences(a, b *Spec) (fields []string) {
	for _, d := range []struct {
		name    string
		differs bool
	}{
		{"name", a.Name != b.Name},
		{"organization", a.Organization != b.Organization},
		{"issuer", a.Issuer != b.Issuer},
		{"client_id", a.ClientID != b.ClientID},
		{"auth_method", a.AuthMethod != b.AuthMethod},
		{"endpoints", a.endpoints() != b.endpoints()},
		{"scopes", !slices.Equal(a.Scopes, b.Scopes)},
		{"acr_values", !slices.Equal(a.ACRValues, b.ACRValues)},
		{"mfa", a.MFA != b.MFA},
		{"trusted_acr", !slices.Equal(a.TrustedACR, b.TrustedACR)},
		{"trusted_amr", !slices.Equal(a.TrustedAMR, b.TrustedAMR)},
		{"email_domains", !slices.Equal(a.EmailDomains, b.EmailDomains)},
		{"provision", a.Provision != b.Provision},
		{"hidden", a.Hidden != b.Hidden},
		{"rp_initiated_logout", a.RPLogout != b.RPLogout},
		{"kind", a.Kind != b.Kind},
		{"sso", a.HomeRealm() != b.HomeRealm()},
		{"sso_exempt", !slices.Equal(a.SSOExempt, b.SSOExempt)},
		{"preset", a.Preset != b.Preset},
		{"tenants", !slices.Equal(a.Tenants, b.Tenants)},
		{"team_id", a.TeamID != b.TeamID},
		{"key_id", a.KeyID != b.KeyID},
		{"subject_claim", a.SubjectClaim != b.SubjectClaim},
		{"claims", !maps.Equal(a.Claims, b.Claims)},
		{"claims_update", a.ClaimsUpdate != b.ClaimsUpdate},
		{"groups_claim", a.GroupsClaim != b.GroupsClaim},
		{"group_roles", !slices.Equal(a.GroupRoles, b.GroupRoles)},
		{"saml", !a.SAML.equal(b.SAML)},
	} {
		if d.differs {
			fields = append(fields, d.name)
		}
	}
	return fields
}

func (s *Spec) endpoints() Endpoints {
	if s.Endpoints == nil {
		return Endpoints{}
	}
	return *s.Endpoints
}
