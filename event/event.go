package event

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// A Type is a stable, dotted, past-tense name. Types are API: webhooks and the
// audit log show them.
type Type string

// The event types.
const (
	SignInSucceeded           Type = "authentication.succeeded"
	SignInFailed              Type = "authentication.failed"
	SessionCreated            Type = "session.created"
	SessionEnded              Type = "session.ended"
	LogoutQueued              Type = "backchannel_logout.queued" // a client is to be told that a session ended
	LogoutFailed              Type = "backchannel_logout.failed" // and could not be
	TokenReuseDetected        Type = "token.reuse_detected"
	TokenRepeated             Type = "token.refresh_repeated" // a refresh token was used again, within its grace time
	CodeReuseDetected         Type = "code.reuse_detected"
	TokenRevoked              Type = "token.revoked" // one access token, by its client
	GrantRevoked              Type = "grant.revoked"
	ConsentGranted            Type = "consent.granted"
	ConsentDenied             Type = "consent.denied"
	ConsentRevoked            Type = "consent.revoked"
	ClientCreated             Type = "client.created"
	ClientUpdated             Type = "client.updated"
	ClientDeleted             Type = "client.deleted"
	ClientDisabled            Type = "client.disabled"
	ClientEnabled             Type = "client.enabled"
	ClientSecretAdded         Type = "client.secret_added"
	InitialTokenIssued        Type = "initial_token.issued"
	InitialTokenEnded         Type = "initial_token.revoked"
	KeyCreated                Type = "key.created"
	KeyActivated              Type = "key.activated"
	KeyRetired                Type = "key.retired"
	KeyRevoked                Type = "key.revoked"
	SignUpRequested           Type = "sign_up.requested" // somebody wants an account for an address; there is a letter to send
	UserCreated               Type = "user.created"
	UserUpdated               Type = "user.updated"
	UserDisabled              Type = "user.disabled"
	UserEnabled               Type = "user.enabled"
	UserDeleted               Type = "user.deleted"
	UserSignedOut             Type = "user.signed_out" // everywhere; a browser's own sign-out is session.ended
	PasswordChanged           Type = "password.changed"
	TenantCreated             Type = "tenant.created"
	TenantUpdated             Type = "tenant.updated"
	TenantDeleted             Type = "tenant.deleted"
	TenantDisabled            Type = "tenant.disabled"
	TenantEnabled             Type = "tenant.enabled"
	ResourceServerSet         Type = "resource_server.updated"
	ResourceServerDeleted     Type = "resource_server.deleted"
	OrganizationCreated       Type = "organization.created"
	OrganizationUpdated       Type = "organization.updated"
	OrganizationDeleted       Type = "organization.deleted"
	OrganizationMemberSet     Type = "organization.member_set" // a new member, or other roles of one
	OrganizationMemberRemoved Type = "organization.member_removed"
)

// An Actor is who did it.
type Actor struct {
	Type string `json:"type"`         // "user", "client", "operator" (command line), "system"
	ID   string `json:"id,omitempty"` // public id
}

// An Event is one fact. Data holds ids and reasons, never secrets or personal data.
type Event struct {
	ID         uuid.UUID
	Type       Type
	OccurredAt time.Time // zero: the database's now()
	Actor      Actor
	Subject    string // public id of what it happened to
	Outcome    string // "success" or "failure"
	Reason     string // stable code, for failures
	IP         string
	UserAgent  string // as sent, cut to 256 bytes
	RequestID  string
	Data       map[string]any
}

// An Outbox records events with the fact they tell of.
type Outbox interface {
	// Append writes each event with its audit row, and a queue job when anyone
	// subscribes to its type, in the transaction of ctx. It fails outside one:
	// an event without its fact, or a fact without its event, cannot be written.
	Append(ctx context.Context, events ...Event) error
}

// A Subscriber is told of events after they are committed, at least once.
// It must be idempotent by event id.
type Subscriber interface {
	// Handles reports whether the subscriber wants to be told of e. It is asked
	// when e is written, and again when its job runs.
	Handles(e Event) bool
	// Handle acts on one event; ctx acts for the event's tenant. A returned
	// error is retried by the queue.
	Handle(ctx context.Context, e Event) error
}

// Context facts that every event of a request shares.
type contextKey struct{}

// Origin says where a request came from.
type Origin struct {
	IP, UserAgent, RequestID string
}

type actorKey struct{}

// WithActor notes who acts in ctx, for events of repositories that cannot know.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor noted in ctx, or else fallback.
func ActorFrom(ctx context.Context, fallback Actor) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return fallback
}

// WithOrigin notes the origin of the request in ctx, for every event of it. It is
// asked when it is needed: most requests cause no event.
func WithOrigin(ctx context.Context, origin func() Origin) context.Context {
	return context.WithValue(ctx, contextKey{}, origin)
}

// OriginFrom returns the origin noted in ctx, or the zero Origin.
func OriginFrom(ctx context.Context) Origin {
	ask, ok := ctx.Value(contextKey{}).(func() Origin)
	if !ok {
		return Origin{}
	}
	o := ask()
	if len(o.UserAgent) > 256 {
		o.UserAgent = o.UserAgent[:256]
	}
	return o
}
