package web

import (
	"context"
	"errors"
	"net/http"

	"plinto/internal/fault"
	"plinto/internal/logs"
)

// A Trail is what was decided while a request was answered, so that it can be explained
// afterwards. It holds codes and ids, no secrets and nothing of a person.
type Trail struct {
	Status   int    // of the answer, when it was refused
	Code     string // the error that was answered, or ""
	Detail   string // the error's own code, where the protocol's is coarser
	Cause    string // as logged
	ClientID string // as it was sent, unless Known
	Known    bool   // there is such a client
	Proved   bool   // and it is who asks, or the user was sent by it
	Method   string // of client authentication that was refused
	Flow     string // id of the flow that the request belongs to
	Decided  []Decided
}

// A Decided is one decision.
type Decided struct {
	Step  string            `json:"step"`
	Why   string            `json:"why,omitempty"` // stable code
	Facts map[string]string `json:"facts,omitempty"`
}

// maxDecided bounds the decisions of one request.
const maxDecided = 16

// maxCause bounds a cause, in bytes.
const maxCause = 500

// TrailOf returns the trail of the request, which only the goroutine that serves it may
// use. Outside a request there is none, and what is noted is forgotten.
func TrailOf(ctx context.Context) *Trail {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &Trail{}
	}
	if c.trail == nil {
		c.trail = &Trail{}
	}
	return c.trail
}

// NoteClient notes the client_id of a client that has proved itself.
func NoteClient(ctx context.Context, clientID string) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.client = clientID
		c.scope.Note(logs.ClientID, clientID)
	}
}

// ClientOf returns the client_id of the client that has proved itself in a request, or "".
func ClientOf(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.client
	}
	return ""
}

// NotedTrail returns the trail of a request that decided or refused something, or nil.
func NotedTrail(ctx context.Context) *Trail {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok || c.trail == nil || c.trail.Code == "" && len(c.trail.Decided) == 0 {
		return nil
	}
	if c.client != "" {
		c.trail.ClientID, c.trail.Known, c.trail.Proved = c.client, true, true
	}
	return c.trail
}

// Decide notes a decision.
func (t *Trail) Decide(step, why string, facts map[string]string) {
	if len(t.Decided) < maxDecided {
		t.Decided = append(t.Decided, Decided{step, why, facts})
	}
}

// Refuse notes the error that is answered. The first one counts.
func (t *Trail) Refuse(status int, code, cause string) {
	if t.Code != "" {
		return
	}
	t.Status, t.Code, t.Cause = status, code, cause[:min(len(cause), maxCause)]
}

// refused notes an error that a handler returned.
func refused(r *http.Request, status int, code string, err error) {
	if status == http.StatusNotFound && Route(r) == "" {
		return // anybody can ask for anything
	}
	t := TrailOf(r.Context())
	t.Refuse(status, code, err.Error())
	var o *OAuthError
	if f, ok := fault.As(err); ok && errors.As(err, &o) && t.Detail == "" {
		t.Detail = f.Code
	}
}
