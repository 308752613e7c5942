package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gorilla/mux"

	"plinto/internal/idempotency"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// errTakenBack ends the transaction of a request that was only to be checked.
var errTakenBack = errors.New("only checked")

// An answer is what a handler wrote, held back until what it did is committed.
type answer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// recorder implements http.ResponseWriter.
type recorder struct{ answer answer }

func newRecorder() *recorder { return &recorder{answer{Header: http.Header{}}} }

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.answer.Header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.answer.Status == 0 {
		r.answer.Status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.answer.Body = append(r.answer.Body, p...)
	return len(p), nil
}

func (a *answer) send(w http.ResponseWriter) error {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}

// handle calls a handler with a checked body.
func handle(h http.Handler, w http.ResponseWriter, r *http.Request, body []byte) error {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	w.Header().Set("Cache-Control", "no-store")
	h.ServeHTTP(w, r)
	return callOf(r.Context()).err
}

// write serves a request that changes something: as one transaction, and once for all requests of
// the same name.
func (s *Server) write(w http.ResponseWriter, r *http.Request, match mux.RouteMatch, body []byte) (err error) {
	dry := dry(r)
	if c := callOf(r.Context()); c.op.streamed() {
		c.upload, err = s.receive(w, r, dry)
		defer s.drop(r.Context(), c.upload)
		if err != nil {
			return err
		}
		body = c.upload.Sum
	}
	named := s.named(r, body, dry)
	if named != nil {
		stored, refused := s.Idempotency.Begin(r.Context(), named)
		if refused != nil {
			return refused
		}
		if stored != nil {
			s.note(r.Context(), w.Header())
			return replay(w, stored)
		}
		defer s.release(context.WithoutCancel(r.Context()), named, &err)
	}
	r = s.readSector(r, match.Vars, body)
	r = s.readMetadata(r, match.Vars, body)
	rec := newRecorder()
	if callOf(r.Context()).op.Outside {
		if err := s.outside(rec, r, match, body, named); err != nil {
			return err
		}
		s.note(r.Context(), w.Header())
		return rec.answer.send(w)
	}
	tx, log := registry.Transactor(s.Tx), s.Outbox
	if callOf(r.Context()).op.Platform {
		tx, log = s.Services.Registry.Tx, s.Services.Registry.Outbox
	}
	err = tx.InTx(r.Context(), func(ctx context.Context) error {
		if err := s.outranks(ctx, match.Vars); err != nil {
			return err
		}
		if c := callOf(ctx); c.told {
			if err := tell(ctx, log, c.op, tenant.Must(ctx), callerOf(ctx).Actor); err != nil {
				return err
			}
		}
		if err := handle(match.Handler, rec, r.WithContext(ctx), body); err != nil {
			return err
		}
		if dry {
			return errTakenBack
		}
		return s.finish(ctx, rec, named)
	})
	if err != nil && !errors.Is(err, errTakenBack) {
		return err
	}
	s.note(r.Context(), w.Header())
	return rec.answer.send(w)
}

// outside serves a request whose handler makes its own transactions: what it asks others in between would
// keep a connection waiting. Sent again after a crash it is served again.
func (s *Server) outside(rec *recorder, r *http.Request, match mux.RouteMatch, body []byte, named *idempotency.Request) error {
	if c := callOf(r.Context()); c.told && !dry(r) {
		err := s.Tx.InTx(r.Context(), func(ctx context.Context) error {
			return tell(ctx, s.Outbox, c.op, tenant.Must(ctx), callerOf(ctx).Actor)
		})
		if err != nil {
			return err
		}
	}
	if err := handle(match.Handler, rec, r, body); err != nil {
		return err
	}
	return s.Tx.InTx(r.Context(), func(ctx context.Context) error { return s.finish(ctx, rec, named) })
}

// finish keeps the answer under the name of its request, if it has one.
func (s *Server) finish(ctx context.Context, rec *recorder, named *idempotency.Request) error {
	if named == nil {
		return nil
	}
	text, err := json.Marshal(rec.answer)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return s.Idempotency.Finish(ctx, named, text)
}

// dry reports whether a request is only to be checked.
func dry(r *http.Request) bool { return r.URL.Query().Get("validate_only") == "true" }

// outranks refuses a caller to change a user, by whichever operation, who has rights that the caller
// has not: a helpdesk that sets an administrator's password is an administrator.
func (s *Server) outranks(ctx context.Context, vars map[string]string) error {
	public, ok := vars["user_id"]
	if !ok || callOf(ctx).op.Organization {
		return nil // of a member: the roles in the organization count, which its service compares
	}
	id, err := userID(public)
	if err != nil {
		return err
	}
	return s.Services.Roles.ActOnUser(ctx, id)
}

// release gives a name up when its request failed: nothing was changed. When even this fails, the claim
// ends by itself.
func (s *Server) release(ctx context.Context, named *idempotency.Request, failed *error) {
	if *failed != nil {
		_ = s.Idempotency.Release(ctx, named)
	}
}

// named returns the request by its Idempotency-Key, or nil when it has none.
func (s *Server) named(r *http.Request, body []byte, dry bool) *idempotency.Request {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || dry || r.Method != http.MethodPost {
		return nil
	}
	return idempotency.Named(tenant.Must(r.Context()).ID.String(), callerOf(r.Context()).Name, key,
		[]byte(r.Method), []byte(r.URL.Path), []byte(r.URL.RawQuery), body)
}

func replay(w http.ResponseWriter, stored []byte) error {
	var a answer
	if err := json.Unmarshal(stored, &a); err != nil {
		return fmt.Errorf("read stored answer: %w", err)
	}
	a.Header.Set("Idempotent-Replayed", "true")
	return a.send(w)
}
