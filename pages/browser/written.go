package browser

import (
	"context"
	"net/http"
	"time"

	"plinto/identity"
	"plinto/internal/freshness"
	"plinto/tenant"
)

const (
	writtenBase = our + "w"
	// writtenLife is how long it matters what a browser wrote: a replica that is behind by more is not
	// asked at all.
	writtenLife = time.Minute
)

// ReadOwnWrites has the browser see from now on what it has just changed, whichever database is asked. It comes before
// the answer is written.
func (b *Browser) ReadOwnWrites(w http.ResponseWriter, r *http.Request, s *identity.Session) {
	if at := b.Positions.Now(r.Context(), writtenBy(r, s)...); at != "" {
		b.scope(r).Set(w, writtenBase, at, writtenLife)
		b.fitSession(w, r)
	}
}

// Display returns the context for what is only shown to the user of a session: it may be a little old, but
// has everything that this browser changed by forms of the session. Of a session that is new, or was
// renewed, it may not be old at all: signing in changed what the page shows.
func (b *Browser) Display(ctx context.Context, r *http.Request, s *identity.Session) context.Context {
	since := s.CreatedAt
	for _, at := range []time.Time{s.AuthTime, s.RotatedAt} {
		if at.After(since) {
			since = at
		}
	}
	if b.Now().Sub(since) < writtenLife {
		return ctx
	}
	kept, _ := b.scope(r).Read(r, writtenBase)
	return freshness.Display(ctx, b.Positions.Open(kept, writtenBy(r, s)...))
}

func writtenBy(r *http.Request, s *identity.Session) []string {
	return []string{"written", tenant.Must(r.Context()).ID.String(), s.ID.String()}
}
