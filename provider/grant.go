package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/tid"
)

// A Grant is what a user (or nobody, for client credentials) allowed a client.
// Codes and tokens point to it; revoking it kills them all.
type Grant struct {
	ID        uuid.UUID
	ClientID  uuid.UUID // Client.ID
	UserID    uuid.UUID
	SessionID uuid.UUID // the browser session it came from
	SID       string    // "sid" claim: stable per session and client
	Scopes    []string
	Resources []string        // resource server identifiers
	Claims    json.RawMessage // the claims parameter, or nil
	AuthTime  time.Time
	ACR       string
	AMR       []string
	// Organization is the one that the grant is for, if any, with what the user is there.
	Organization Membership
	// Offline grants survive the end of the session.
	Offline   bool
	CreatedAt time.Time
	ExpiresAt time.Time // absolute end of every refresh
	// ClientMark is the client's NotBefore as the grant was made under it: one that
	// was made while the client was being disabled elsewhere is never good.
	ClientMark time.Time
}

// A Code is one authorization code, by hash (RFC 6749 §4.1.2).
type Code struct {
	Hash            []byte
	FlowID          uuid.UUID // one code per flow, ever
	RedirectURI     string
	RedirectURISent bool   // whether the request named it, so that the token request must too
	Challenge       string // S256 code_challenge; "" when none was sent
	Nonce           string
	TTL             time.Duration
	// Sole says that the answer held nothing but the code: the grant is good for nothing
	// unless the code is redeemed.
	Sole bool
	// SessionToken is the hash of the token that the session of the grant was found
	// by. Issue compares it with the row; it is not stored.
	SessionToken []byte
	// SessionACR is the acr of the session, which Issue compares too. That of the grant
	// may be a lower one that the client asked for.
	SessionACR string
}

// Redemption is a spent code with everything its tokens are made of.
type Redemption struct {
	Grant Grant
	Code  Code
	User  identity.User
}

// A RefreshToken is one link of a grant's chain of rotating refresh tokens.
type RefreshToken struct {
	Hash    []byte
	IdleTTL time.Duration
	Holder  Party // who is given it
}

// A Party is who presents a refresh token, as far as it shows.
type Party struct {
	Address string // for the audit log; phones change theirs, so it decides nothing
	Device  []byte // hash of the browser's device id; nil when none was sent
	Proof   []byte // thumbprint of the key whose possession was proved; nil when none was
}

// Contradicts reports whether p and q cannot be one party: both showed a device or a
// key, and another one. What only one of them showed says nothing: most applications
// send no cookies to the token endpoint.
func (p Party) Contradicts(q Party) bool {
	other := func(a, b []byte) bool { return a != nil && b != nil && !bytes.Equal(a, b) }
	return other(p.Device, q.Device) || other(p.Proof, q.Proof)
}

// A Rotation is a refresh token that was just exchanged.
type Rotation struct {
	Grant Grant
	User  identity.User
	// Successors are set when the token was exchanged before, within the grace time:
	// the sealed tokens that followed it since, the next one first. Each is opened with
	// the one before, the first with the presented one; the last is the answer.
	Successors [][]byte
}

// A PresentedToken is what there is to know of a refresh token that was not rotated.
type PresentedToken struct {
	Rotation
	Stands   bool // whether its grant does
	Used     bool
	Expired  bool
	Lost     string // why its user may not act for its organization any more: a reason of event.GrantRevoked, or ""
	Within   bool   // whether the scopes asked for are the grant's
	Recent   bool   // whether its first use was within the grace time
	Followed bool   // whether its successor is still there
	Repeats  int    // of its use, so far
	Holder   Party
	First    Party // who used it first
}

// An AccessToken is an opaque access token, by hash.
type AccessToken struct {
	Hash      []byte
	JTI       string
	GrantID   uuid.UUID // uuid.Nil for client credentials
	ClientID  uuid.UUID
	Client    string // the OAuth client_id; filled by Inspect
	Subject   string
	Scopes    []string
	Audience  []string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Errors of codes and tokens. All are invalid_grant to a client; the code tells logs why.
var (
	ErrCodeUnknown    = fault.New(fault.Invalid, "code_unknown", "The authorization code is unknown, expired, or was issued to another client.")
	ErrCodeSpent      = fault.New(fault.Invalid, "code_spent", "The authorization code was used before.")
	ErrFlowSpent      = fault.New(fault.Conflict, "flow_spent", "This sign-in is already complete.")
	ErrRefreshUnknown = fault.New(fault.Invalid, "refresh_token_unknown", "The refresh token is unknown, expired, or was issued to another client.")
	ErrRefreshReused  = fault.New(fault.Invalid, "refresh_token_reused", "The refresh token was used before.")
	ErrGrantRevoked   = fault.New(fault.Invalid, "grant_revoked", "The grant was revoked, or its user or client may no longer use it.")
	ErrScopeExceeds   = fault.New(fault.Invalid, "scope_exceeds_grant", "The requested scope exceeds the scope granted.")
	ErrClientMismatch = fault.New(fault.Forbidden, "client_mismatch", "The token belongs to another client.")
	ErrTokenUnknown   = fault.New(fault.NotFound, "token_unknown", "The token is unknown or no longer valid.")
)

// Codes keeps grants and their authorization codes.
type Codes interface {
	// Issue stores g and c, one statement, only while the session named by g is
	// alive, still has the token c.SessionToken and the acr c.SessionACR, and says of
	// user, time and methods of the proof what g says, and its user is active:
	// identity.ErrNoSession otherwise; ErrFlowSpent when the flow already has a code. Either
	// fails the transaction of ctx. It is sent with what comes next, at the latest with the
	// commit: to gets the user then, and the error is InTx's. A flow whose answer holds no
	// code has a row too, of a code that nobody is told.
	Issue(ctx context.Context, g Grant, c Code, to func(identity.User)) error
	// IssueLast is Issue as the last of the transaction that starts the session. It is
	// sent with the commit: ErrNoSession is what InTx returns. A user may sign
	// in twice in one flow: a flow that has a code already gets another one, under the
	// id again.
	IssueLast(ctx context.Context, g Grant, c Code, again uuid.UUID) error
	// Spend marks the code used if it is unused, unexpired and the client's, in
	// one conditional UPDATE, the first of the transaction that mints, if any.
	// ErrCodeUnknown; ErrCodeSpent when the right client presents a used code, with
	// the id of its grant in what is returned; ErrGrantRevoked when user, client or
	// session no longer stand.
	// Spending commits even when the caller then refuses (PKCE): a failed
	// redemption by the right client burns the code.
	//
	// first, unless it has no hash, is stored with it as the first refresh token
	// of a grant with offline access.
	Spend(ctx context.Context, clientID uuid.UUID, hash []byte, first RefreshToken) (Redemption, error)
}

// RefreshTokens keeps rotating refresh tokens.
type RefreshTokens interface {
	// Forget deletes a token that was stored and told to nobody.
	Forget(ctx context.Context, hash []byte) error
	// Rotate exchanges an unused token with hash old of that client for next, with the
	// sealed text of next, in one statement. want, when not nil, must be a subset of the
	// grant's scopes. rotated is false, and nothing changed, where anything does not
	// fit: Presented tells what.
	Rotate(ctx context.Context, clientID uuid.UUID, old []byte, next RefreshToken, sealed []byte, want []string) (r Rotation, rotated bool, err error)
	// Presented returns what there is to know of a token of that client, and locks it
	// for the transaction. grace is how far its first use may be away to be recent.
	// ErrRefreshUnknown.
	Presented(ctx context.Context, clientID uuid.UUID, hash []byte, want []string, grace time.Duration) (PresentedToken, error)
	// CountRepeat counts a repeated use.
	CountRepeat(ctx context.Context, hash []byte) error
	// Inspect returns the grant and user of a usable refresh token of any client,
	// with its idle expiry, for introspection. ErrTokenUnknown.
	Inspect(ctx context.Context, hash []byte) (Grant, time.Time, error)
	// GrantOf returns the grant that a token of any client was given for, and the client's id, also of a token that was used, or has
	// expired. ErrTokenUnknown.
	GrantOf(ctx context.Context, hash []byte) (grant, client uuid.UUID, err error)
}

// AccessTokens keeps opaque access tokens and the marks of revoked JWTs.
type AccessTokens interface {
	// Create stores an opaque token.
	Create(ctx context.Context, t AccessToken) error
	// Inspect returns a live opaque token whose grant, user and client stand, with
	// the user (zero without one) and the grant (zero without one). ErrTokenUnknown. One statement.
	Inspect(ctx context.Context, hash []byte) (AccessToken, Grant, identity.User, error)
	// InspectJWT is Inspect for a verified JWT: it checks that its jti was not
	// revoked, that its grant (uuid.Nil for none) stands, and returns grant and user.
	InspectJWT(ctx context.Context, jti string, grantID uuid.UUID) (Grant, identity.User, error)
	// Delete ends one opaque token and reports whether there was one.
	Delete(ctx context.Context, hash []byte) (deleted bool, err error)
	// RevokeJWT marks the jti until its expiry and reports whether it was not marked.
	RevokeJWT(ctx context.Context, jti string, expires time.Time) (revoked bool, err error)
}

// Grants ends grants.
type Grants interface {
	// Revoke ends a grant and all that hangs on it, and returns whose it was. revoked is
	// false when it is over already or unknown.
	Revoke(ctx context.Context, id uuid.UUID) (of GrantParties, revoked bool, err error)
}

// GrantsOfUsers lists what users granted.
type GrantsOfUsers interface {
	// PageOfUser returns a part of the list of grants of a user that stand, by id.
	PageOfUser(ctx context.Context, user uuid.UUID, w keyset.Window) ([]Grant, error)
}

// GrantPrefix begins the public id of a grant.
const GrantPrefix = "grant"

// PublicID is how the grant's id is shown.
func (g *Grant) PublicID() string { return tid.Format(GrantPrefix, g.ID) }

// ErrGrantNotFound reports a grant that a user does not have, or that is over.
var ErrGrantNotFound = fault.New(fault.NotFound, "grant_not_found", "The user has no such grant.")

// GrantParties are who granted something, and to whom.
type GrantParties struct{ ClientID, UserID uuid.UUID }
