package logs

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"plinto/internal/tid"
)

// A Field is something that lines are about. Its text is the name in a line.
type Field int

// The fields.
const (
	RequestID Field = iota // of the request, or of the one that queued the job
	Tenant                 // slug
	ClientID               // of a client that is known
	UserID                 // public id of who is signed in, or whose token it is
	fields
)

// names are how lines call the fields.
var names = [fields]string{RequestID: "request_id", Tenant: "tenant", ClientID: "client_id", UserID: "user_id"}

// String returns the name in a line.
func (f Field) String() string { return names[f] }

// A Scope is what a request or a job is about, as far as it is known yet. The zero Scope knows nothing. It is
// safe for concurrent use.
type Scope struct {
	mu    sync.Mutex
	known [fields]value
}

// A value is a text, or the parts of a public id, which is written only when a line needs it.
type value struct {
	text string // or the prefix of id
	id   uuid.UUID
}

func (v value) String() string {
	if v.id == uuid.Nil {
		return v.text
	}
	return tid.Format(v.text, v.id)
}

// Note says what the scope is about.
func (s *Scope) Note(f Field, text string) { s.note(f, value{text: text}) }

func (s *Scope) note(f Field, v value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[f] = v
}

// Known returns a field, or "".
func (s *Scope) Known(f Field) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[f].String()
}

// ScopeKey is the key of contexts under which the *Scope is.
type ScopeKey struct{}

// With returns a context with a scope.
func With(ctx context.Context, s *Scope) context.Context {
	return context.WithValue(ctx, ScopeKey{}, s)
}

// Of returns the scope of a context, or nil.
func Of(ctx context.Context) *Scope {
	s, _ := ctx.Value(ScopeKey{}).(*Scope)
	return s
}

// Note says what the scope of ctx is about, if it has one.
func Note(ctx context.Context, f Field, text string) {
	if s := Of(ctx); s != nil {
		s.Note(f, text)
	}
}

// NoteID is Note of a public id, by its prefix and what is underneath.
func NoteID(ctx context.Context, f Field, prefix string, id uuid.UUID) {
	if s := Of(ctx); s != nil {
		s.note(f, value{prefix, id})
	}
}
