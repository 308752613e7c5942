package admin

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/tenant"
)

// ErrCursor reports a cursor that was not given out for this list.
var ErrCursor = fault.New(fault.Invalid, "invalid_cursor", "The cursor is not one of this list and its filters. Start without one.")

// Cursors are places in lists. A cursor is sealed for its tenant, list and filters: it shows nothing,
// cannot be made up, and is good for no other list.
type Cursors struct{ Box *secret.Box }

// A Listing is what is asked of a list that is ordered by ids.
type Listing struct {
	Name          string // operationId, and the id of what the list belongs to
	Filter        string // everything else that the items depend on
	Limit         int
	After, Before string
	Order         string // "asc" or "desc"
}

const defaultLimit = 20

// Window returns the window that the listing asks for. ErrCursor, ErrParameters.
func (c Cursors) Window(ctx context.Context, l Listing) (keyset.Window, error) {
	w := keyset.Window{Limit: l.Limit, Descending: l.Order != "asc"}
	if w.Limit == 0 {
		w.Limit = defaultLimit
	}
	if l.After != "" && l.Before != "" {
		return w, ErrParameters.At(fault.Field{Parameter: "before", Message: "cannot be used with after"})
	}
	var err error
	if l.After != "" {
		w.After, err = c.open(ctx, l, l.After)
	} else if l.Before != "" {
		w.Before, err = c.open(ctx, l, l.Before)
	}
	return w, err
}

// A Page says how to go on from a page.
type Page struct {
	HasMore        bool
	Next, Previous string // cursors; "" where there is nothing
}

// Page describes a page that begins and ends with those ids; uuid.Nil when it is empty.
func (c Cursors) Page(ctx context.Context, l Listing, w keyset.Window, first, last uuid.UUID, more bool) Page {
	p := Page{HasMore: more}
	if first == uuid.Nil {
		return p
	}
	if more || w.Before != uuid.Nil {
		p.Next = c.seal(ctx, l, last)
	}
	if w.After != uuid.Nil || w.Before != uuid.Nil && more {
		p.Previous = c.seal(ctx, l, first)
	}
	return p
}

func (c Cursors) seal(ctx context.Context, l Listing, id uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString(c.Box.Seal(id[:], l.context(ctx)...))
}

func (c Cursors) open(ctx context.Context, l Listing, cursor string) (id uuid.UUID, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return id, ErrCursor
	}
	plain, err := c.Box.Open(sealed, l.context(ctx)...)
	if err != nil {
		return id, ErrCursor
	}
	if id, err = uuid.FromBytes(plain); err != nil {
		return id, fmt.Errorf("read cursor: %w", err)
	}
	return id, nil
}

func (l Listing) context(ctx context.Context) []string {
	return []string{"cursor", tenant.Must(ctx).ID.String(), l.Name, l.Filter, l.Order}
}
