package admin

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"

	"plinto/internal/freshness"
	"plinto/internal/secret"
	"plinto/tenant"
)

// readAfter is the header by which an answer to a change says how far the database was then, and a
// request that it has to see what was changed by then.
const readAfter = "Plinto-Read-After"

// Positions are how far the database is. They are sealed for their tenant: how much others write is
// nobody's business.
type Positions struct {
	Database Written
	Box      *secret.Box
}

// Written knows how far the database is.
type Written interface {
	// Written returns a position after everything that has been committed; zero where every read sees it.
	Written(ctx context.Context) (freshness.Position, error)
}

// note puts the position after what a request changed into the headers of its answer.
func (p *Positions) note(ctx context.Context, h http.Header) {
	at, err := p.Database.Written(ctx)
	if err != nil {
		at = freshness.Newest // the change is committed all the same
	}
	if at > 0 {
		h.Set(readAfter, base64.RawURLEncoding.EncodeToString(p.Box.Seal(binary.BigEndian.AppendUint64(nil, uint64(at)), sealedFor(ctx)...)))
	}
}

// after returns what a request has to see. What cannot be read, because it is of another installation
// or made up, is seen by nobody but who sees everything.
func (p *Positions) after(r *http.Request) freshness.Position {
	given := r.Header.Get(readAfter)
	if given == "" {
		return 0
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(given)
	if err != nil {
		return freshness.Newest
	}
	plain, err := p.Box.Open(sealed, sealedFor(r.Context())...)
	if err != nil || len(plain) != 8 {
		return freshness.Newest
	}
	return freshness.Position(binary.BigEndian.Uint64(plain))
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
