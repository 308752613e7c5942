package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
)

// A Session is one browser's sign-in of one user. The cookie holds a 256-bit
// token of which only a hash is kept.
type Session struct {
	ID        uuid.UUID
	TokenHash []byte // 32 bytes
	UserID    uuid.UUID
	// AuthTime is when the user last proved who they are; whole seconds.
	AuthTime time.Time
	AMR      []string // RFC 8176 values
	ACR      string
	IP       string
	Agent    string
	// Remembered sessions get the longer limits and a persistent cookie.
	Remembered bool
	IdleTTL    time.Duration
	ExpiresAt  time.Time // absolute
	CreatedAt  time.Time
	SeenAt     time.Time
	RotatedAt  time.Time // when the token was last replaced
	// Gap is the longest time without use since AuthTime, before SeenAt.
	Gap time.Duration
	// Mark is the user's NotBefore at the time of the proof that made the session. A
	// session is good while it is the user's present one.
	Mark time.Time
	// SecondFactor says that the user has a second factor, whether or not the session was
	// made with it.
	SecondFactor bool
	// WaivedBy is the remembered browser that stood in for the second factor, or uuid.Nil.
	WaivedBy uuid.UUID
	// PasswordState is that of the user.
	PasswordState string
	// DeleteAt is when the user's account is deleted unless they keep it; zero: never.
	DeleteAt time.Time
	// Upstream is the account at an identity provider that the session was begun with; zero: none.
	Upstream Upstream
}

// Alive reports whether the session is within its idle and absolute limits at now.
func (s *Session) Alive(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(s.IdleTTL))
}

// Unused returns the longest time that the session was not used since its user proved who they are, as
// exact as SeenAt is.
func (s *Session) Unused(now time.Time) time.Duration { return max(s.Gap, now.Sub(s.SeenAt)) }

// ErrNoSession reports a token that belongs to no live session of an active user.
var ErrNoSession = fault.New(fault.Unauthenticated, "no_session", "You are not signed in.")

// Sessions keeps browser sessions. Every read leaves out ended and expired
// sessions, sessions of users that are disabled or whose mark has moved, and those whose Upstream counts no more.
type Sessions interface {
	// Create stores s only while its user is enabled and s.Mark is the user's mark:
	// whoever proved themselves before an eviction gets no session after it.
	// ErrNoSession, perhaps only when the transaction of ctx commits.
	Create(ctx context.Context, s Session) error
	// ByToken returns the live session with that token hash, or ErrNoSession. It may
	// be answered from a copy up to a minute old, which does for showing a page. What
	// changes or issues something asks Current, or compares again in the statement
	// that does it, as issuing a code does.
	ByToken(ctx context.Context, tokenHash []byte) (Session, error)
	// Current is ByToken from the row itself.
	Current(ctx context.Context, tokenHash []byte) (Session, error)
	// Renew replaces token, auth time, amr and acr after the user proved
	// themselves again, or only the token on rotation. The old token is dead in
	// the same statement. ErrNoSession when the session ended meanwhile, or s.Mark
	// is not the session's any more.
	Renew(ctx context.Context, old []byte, s Session) error
	// Touch moves the idle limit. It writes at most once a minute per session.
	Touch(ctx context.Context, s Session) error
	// End ends one session and revokes the grants that hang on it, except those
	// with offline access. It returns the session, and nothing when it is over already.
	End(ctx context.Context, id uuid.UUID) ([]EndedSession, error)
	EvictedSessions
}

// EvictedSessions are sessions of a user whose mark has moved: those that were made under an
// earlier one are dead by that. What is left to do is to tell of their end.
type EvictedSessions interface {
	// Keep moves a live session of the user from the mark before to the mark after.
	Keep(ctx context.Context, id, userID uuid.UUID, before, after time.Time) error
	// EndEvicted is End of the sessions of a user that were made under an earlier mark, those
	// that were seen last first, most of them at most. It returns how many are left, counting
	// no further than MaxCounted.
	EndEvicted(ctx context.Context, userID uuid.UUID, most int) (ended []EndedSession, left int, err error)
	// EndLater has those that are left ended once the transaction of ctx is committed: the
	// queue has SessionEnder.EndRest called until none is left.
	EndLater(ctx context.Context, userID uuid.UUID, why event.SessionEnd) error
}

// SessionsOfUser are the sessions of one user, for who looks after their own account.
type SessionsOfUser interface {
	// Of returns up to limit live sessions of a user, that seen last first.
	Of(ctx context.Context, user uuid.UUID, limit int) ([]Session, error)
	// EndOf is Sessions.End of a session of that user.
	EndOf(ctx context.Context, user, id uuid.UUID) ([]EndedSession, error)
}

// An EndedSession is what the events of its end are made of.
type EndedSession struct {
	ID, UserID uuid.UUID
	// Clients are the client_ids of those that want to be told (OpenID Connect
	// Back-Channel Logout 1.0), in order.
	Clients []string
}

// How many sessions of a user whose mark has moved are ended in one transaction. Whoever knows a
// password can make any number of sessions, and must not make an eviction take longer than a
// statement may: the mark has ended them all, and a job tells of the others.
const (
	MaxEnded   = 100     // with the act that moved the mark
	EndedStep  = 200     // in a step of the job
	MaxCounted = 100_000 // that are left are counted; there may be more
)
