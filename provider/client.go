package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"

	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/owner"
	"plinto/internal/redirecturi"
	"plinto/internal/tid"
)

// ClientPrefix starts the client_id of a client that did not bring its own.
const ClientPrefix = "client"

// A Client is one registered relying party.
type Client struct {
	ID       uuid.UUID
	ClientID string // the OAuth client_id; unique in the tenant, never a user's id
	Metadata
	// SectorIdentifier is the stored sector of a pairwise client; "" for others, and for
	// those that a version before sectors were stored made. See Sector.
	SectorIdentifier string
	// FirstParty clients belong to the tenant's owner: no consent page. It is
	// never client-settable by registration.
	FirstParty bool
	// SelfRegistered clients came by dynamic registration, with a token or without.
	SelfRegistered bool
	// Unvouched clients registered themselves where anybody may: nobody has looked
	// at where they lead users.
	Unvouched bool
	// Secrets are the active ones, newest first; at most two (rotation).
	Secrets []ClientSecret
	// NotBefore is the client's mark: every grant was made under one, and is good while
	// it is the client's present one. Moving it ends all there are.
	NotBefore  time.Time
	DisabledAt time.Time // zero when enabled
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Version    int64 // counts the updates of the row, and the changes of secrets
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
	// Unreadable says what of its metadata is stored and cannot be read; "": nothing. Such a client is disabled.
	Unreadable string
}

// Mark names the client as it is between two moves of NotBefore: another client of the
// same client_id has another one.
func (c *Client) Mark() string {
	sum := c.mark()
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

func (c *Client) mark() [sha256.Size]byte {
	b := append([]byte("plinto/client-mark/v1"), c.ID[:]...)
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(c.NotBefore.UnixMicro())))
}

// Leads reports whether the client may be sent users who have not seen where they
// go: an error redirects at once, and a client that anybody could register would
// make the issuer's address lead anywhere (RFC 9700 §4.11.2).
func (c *Client) Leads(t *tenant.Tenant) bool {
	return !c.Unvouched || t.Settings.Registration.TrustRedirects
}

// A ClientSecret is kept as a keyed hash: a copy of the database cannot even be
// guessed against, and a check costs a microsecond because secrets are random.
type ClientSecret struct {
	ID   uuid.UUID
	Hash []byte // HMAC-SHA-256, 32 bytes
	// Sealed is the secret itself, readable under the root key, for the clients that
	// make or read HMACs with it (NeedsReadableSecret); nil for every other.
	Sealed []byte
	// Weak says that somebody chose it, and not well: see WeakSecret.
	Weak      bool
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // of one that ends: when it was last used, to the hour; zero: not since it ends
}

// Metadata are the client metadata of the IANA OAuth registry (RFC 7591, OpenID
// Connect Registration 1.0 and later). Members whose feature does not exist yet
// are kept in Extra, verbatim.
type Metadata struct {
	ClientName      string          `json:"client_name,omitempty"`
	ClientURI       string          `json:"client_uri,omitempty"`
	LogoURI         string          `json:"logo_uri,omitempty"`
	PolicyURI       string          `json:"policy_uri,omitempty"`
	TosURI          string          `json:"tos_uri,omitempty"`
	Contacts        []string        `json:"contacts,omitempty"`
	SoftwareID      string          `json:"software_id,omitempty"`
	SoftwareVersion string          `json:"software_version,omitempty"`
	ApplicationType string          `json:"application_type,omitempty"` // web | native
	JWKS            json.RawMessage `json:"jwks,omitempty"`
	JWKSURI         string          `json:"jwks_uri,omitempty"`

	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	GrantTypes             []string `json:"grant_types,omitempty"`
	ResponseTypes          []string `json:"response_types,omitempty"`
	Scope                  string   `json:"scope,omitempty"` // space-separated; the scopes it may ask for

	TokenEndpointAuthMethod string   `json:"token_endpoint_auth_method,omitempty"`
	IDTokenSignedAlg        string   `json:"id_token_signed_response_alg,omitempty"`
	SubjectType             string   `json:"subject_type,omitempty"`
	DefaultMaxAge           *int64   `json:"default_max_age,omitempty"` // seconds
	RequireAuthTime         bool     `json:"require_auth_time,omitempty"`
	DefaultACRValues        []string `json:"default_acr_values,omitempty"`
	InitiateLoginURI        string   `json:"initiate_login_uri,omitempty"`
	SectorIdentifierURI     string   `json:"sector_identifier_uri,omitempty"`

	// How the client signs what it sends, and how it wants what it gets signed and
	// encrypted: JOSE algorithm names, "" for the default.
	TokenEndpointAuthSigningAlg string `json:"token_endpoint_auth_signing_alg,omitempty"`
	RequestObjectSigningAlg     string `json:"request_object_signing_alg,omitempty"`
	IDTokenEncryptedAlg         string `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEncryptedEnc         string `json:"id_token_encrypted_response_enc,omitempty"`
	UserinfoSignedAlg           string `json:"userinfo_signed_response_alg,omitempty"`
	UserinfoEncryptedAlg        string `json:"userinfo_encrypted_response_alg,omitempty"`
	UserinfoEncryptedEnc        string `json:"userinfo_encrypted_response_enc,omitempty"`
	AuthorizationSignedAlg      string `json:"authorization_signed_response_alg,omitempty"`
	AuthorizationEncryptedAlg   string `json:"authorization_encrypted_response_alg,omitempty"`
	AuthorizationEncryptedEnc   string `json:"authorization_encrypted_response_enc,omitempty"`

	RequestURIs          []string `json:"request_uris,omitempty"`
	RequireSignedRequest bool     `json:"require_signed_request_object,omitempty"`
	RequirePAR           bool     `json:"require_pushed_authorization_requests,omitempty"`

	FrontchannelLogoutURI             string `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelLogoutSessionRequired bool   `json:"frontchannel_logout_session_required,omitempty"`
	BackchannelLogoutURI              string `json:"backchannel_logout_uri,omitempty"`
	BackchannelLogoutSessionRequired  bool   `json:"backchannel_logout_session_required,omitempty"`

	// Plinto's own members.
	Profile      string `json:"profile,omitempty"`       // oauth21 (default) | oidc-legacy | strict
	DefaultScope string `json:"default_scope,omitempty"` // space-separated; what a request without scope gets
	RequirePKCE  bool   `json:"require_pkce,omitempty"`
	// ClaimsInIDToken puts what userinfo answers into every ID token besides.
	ClaimsInIDToken bool     `json:"include_claims_in_id_token,omitempty"`
	AllowedOrigins  []string `json:"allowed_origins,omitempty"`  // CORS, besides those of redirect_uris
	Resources       []string `json:"resources,omitempty"`        // resource servers it may ask for; empty: see MayUse
	AccessTokenTTL  int64    `json:"access_token_ttl,omitempty"` // seconds; 0: the tenant's
	Organization    string   `json:"organization,omitempty"`     // none (default) | optional | required: whether users choose one
	// DirectSignIn lets a first-party client sign users in by itself, at the authorization challenge
	// endpoint: it sees their passwords.
	DirectSignIn bool `json:"direct_sign_in,omitempty"`
	// Connections are the slugs of those to identity providers with which users may sign in to the client; none: all.
	Connections []string `json:"connections,omitempty"`
	// AndroidApps ("com.example.app/AB:CD:…") and AppleApps ("ABCDE12345.com.example.app") are the apps that
	// sign users in directly with passkeys of the tenant.
	AndroidApps []string `json:"android_apps,omitempty"`
	AppleApps   []string `json:"apple_apps,omitempty"`

	// Extra holds every other registered member as it came, by name.
	Extra map[string]json.RawMessage `json:"-"`
}

// Authentication methods of the token endpoint (RFC 7591 §2).
const (
	AuthNone  = "none"
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	// AuthSecretJWT and AuthPrivateKeyJWT are assertions (RFC 7523, OpenID Connect
	// Core 1.0 §9), signed with the client's secret or a key of its own.
	AuthSecretJWT     = "client_secret_jwt"
	AuthPrivateKeyJWT = "private_key_jwt"
)

// Profiles: which rules hold for a client.
const (
	// ProfileOAuth21 allows the code flow only. It is the default.
	ProfileOAuth21 = "oauth21"
	// ProfileLegacy allows the implicit and hybrid flows of OpenID Connect Core to
	// clients that registered them, and PKCE to be left out by clients with a secret.
	ProfileLegacy = "oidc-legacy"
	// ProfileStrict is ProfileOAuth21 without what that forgives: PKCE is demanded,
	// the client authenticates by its registered method only, scopes that it may not
	// have are refused instead of left out, and a request without scope is refused.
	ProfileStrict = "strict"
)

// Grant types (RFC 7591 §2).
const (
	GrantCode              = "authorization_code"
	GrantRefresh           = "refresh_token"
	GrantClientCredentials = "client_credentials"
	// GrantImplicit lets the authorization endpoint itself answer with tokens.
	GrantImplicit = "implicit"
)

// PublicID returns "client_…": the client_id of a client that did not bring its own.
func (c *Client) PublicID() string { return tid.Format(ClientPrefix, c.ID) }

// Public reports whether the client cannot keep a secret (RFC 6749 §2.1).
func (c *Client) Public() bool { return c.TokenEndpointAuthMethod == AuthNone }

// SignsInDirectly reports whether the client may sign users in by itself.
func (c *Client) SignsInDirectly() bool { return c.FirstParty && c.DirectSignIn }

// TakesRedirect reports whether answers to the client may go to an address.
func (c *Client) TakesRedirect(uri string) bool {
	_, ok := redirecturi.Match(c.RedirectURIs, uri, c.ApplicationType == ApplicationNative)
	return ok
}

// TakesConnection reports whether users may sign in to the client with a connection, by its slug.
func (c *Client) TakesConnection(slug string) bool {
	return len(c.Connections) == 0 || slices.Contains(c.Connections, slug)
}

// Strict reports whether nothing is forgiven: see ProfileStrict.
func (c *Client) Strict() bool { return c.Profile == ProfileStrict }

// HasGrant reports whether the client registered the grant type.
func (c *Client) HasGrant(grant string) bool { return slices.Contains(c.GrantTypes, grant) }

// DisplayName returns the name to show a user: of one line, with nothing in it that is
// not seen, whoever chose it and whenever.
func (c *Client) DisplayName() string {
	if name := displayname.Line(c.ClientName, maxName); name != "" {
		return name
	}
	return c.ClientID
}

// NeedsPKCE reports whether an authorization request must bring a challenge
// (architecture: public clients, and clients and tenants that ask for it).
func (c *Client) NeedsPKCE(tenantRequires bool) bool {
	return c.Public() || c.RequirePKCE || tenantRequires || c.Strict()
}

// Errors of clients.
var (
	ErrClientUnreadable = fault.New(fault.Conflict, "client_unreadable",
		"What is stored of the client cannot be read. Have it put back, or delete the client and make it anew.")
	ErrClientNotFound = fault.New(fault.NotFound, "client_not_found", "There is no such client.")
	ErrClientIDTaken  = fault.New(fault.Conflict, "client_id_taken", "Another client has that client_id.")
	ErrNoSecret       = fault.New(fault.Invalid, "client_without_secret", "The client has no secret: its token_endpoint_auth_method is none.")
	ErrSecretNotFound = fault.New(fault.NotFound, "client_secret_not_found", "The client has no such secret.")
	ErrOperators      = fault.New(fault.Forbidden, "operators_client", "The operator manages this client.")
)

// Clients finds the clients of the context's tenant.
type Clients interface {
	// ByClientID returns the client with its active secrets, or ErrClientNotFound.
	// Disabled clients are returned; callers refuse them. It may be answered from
	// memory, invalidated when any instance changes the client.
	ByClientID(ctx context.Context, clientID string) (*Client, error)
	// Current is ByClientID, never from memory: for who is about to change the client.
	Current(ctx context.Context, clientID string) (*Client, error)
	// List returns up to limit clients after the client_id, in order of client_id.
	List(ctx context.Context, after string, limit int) ([]Client, error)
	// WithApps returns up to limit clients in order of client_id that sign users in directly, are not disabled
	// and name apps.
	WithApps(ctx context.Context, limit int) ([]Client, error)
	// Names returns the client_id of each of the clients that there is.
	Names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error)
}

// ManagedClients are the clients of the context's tenant as they are stored, never from memory.
type ManagedClients interface {
	// Find returns a part of the list, by id: with clientID only the client of that client_id.
	Find(ctx context.Context, clientID string, w keyset.Window) ([]Client, error)
	// ByID returns one. ErrClientNotFound.
	ByID(ctx context.Context, id uuid.UUID) (*Client, error)
	// Many returns those of the clients that there are, by one statement.
	Many(ctx context.Context, ids []uuid.UUID) ([]Client, error)
}

// ClientWrites stores what a Registrar has decided. Each method writes what one kind
// of change owns and nothing else, so that changes of different kinds that are made at
// once undo nothing of each other. Each is ErrClientNotFound when there is no such row.
type ClientWrites interface {
	owner.Rows
	// Create stores c with its secrets. ErrClientIDTaken.
	Create(ctx context.Context, c Client) error
	// SetMetadata writes metadata and sector of c over those of c.Version.
	// fault.ErrChanged when the client has another version.
	SetMetadata(ctx context.Context, c Client) error
	// SetFirstParty and SetDisabled report whether they changed anything.
	SetFirstParty(ctx context.Context, id uuid.UUID, firstParty bool) (changed bool, err error)
	SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (changed bool, err error)
	// Mark moves the client's mark: every grant and token of it is dead.
	Mark(ctx context.Context, id uuid.UUID) error
	// AddSecret adds the first secret of c to what c.Version has, and lets all but the
	// previous one expire, and that one after overlap. fault.ErrChanged.
	AddSecret(ctx context.Context, c Client, overlap time.Duration) error
	// RemoveSecret deletes one secret of a client. ErrSecretNotFound.
	RemoveSecret(ctx context.Context, client, id uuid.UUID) error
	// ReplaceSecrets makes the secrets of c those that c.Version has. fault.ErrChanged.
	ReplaceSecrets(ctx context.Context, c Client) error
	// Delete removes the client and all that was granted to it. What it had spent of
	// its assertions stays spent for a client of the same client_id.
	Delete(ctx context.Context, id uuid.UUID) error
}
