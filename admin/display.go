package admin

import (
	"context"
	"net/http"
	"slices"

	"plinto/internal/freshness"
	"plinto/tenant"
)

// readAfter is the header by which an answer to a change says how far the database was then, and a
// request that it has to see what was changed by then.
const readAfter = "Plinto-Read-After"

// note puts the position after what a request changed into the headers of its answer.
func (s *Server) note(ctx context.Context, h http.Header) {
	if at := s.Positions.Now(ctx, sealedFor(ctx)...); at != "" {
		h.Set(readAfter, at)
	}
}

// after returns what a request has to see.
func (s *Server) after(r *http.Request) freshness.Position {
	return s.Positions.Open(r.Header.Get(readAfter), sealedFor(r.Context())...)
}

func sealedFor(ctx context.Context) []string {
	return []string{"position", tenant.Must(ctx).ID.String()}
}

// exact are operations that only read, and whose answer others decide by: which keys sign, what a proof
// of the audit log is made of, what a feed of events has shown.
var exact = []string{"listKeys", "checkClient", "getAuditRow", "listEvents"}

// Displays reports whether what the operation answers may be a little old.
func (op *Operation) Displays() bool {
	return !op.Writes() && !op.System && !slices.Contains(exact, op.ID)
}
