package audit

import (
	"context"
	"slices"
	"time"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

// ErrCursor reports a cursor beyond the end of the log: of another tenant, or of a log that
// was restored to an earlier state.
var ErrCursor = fault.New(fault.Invalid, "cursor_unknown", "The cursor is beyond the last event.")

// MaxPage is how many events a page has at most.
const MaxPage = 1000

// maxSteps bounds how many pages of dropped events one call skips.
const maxSteps = 50

// feedLook is how often a waiting feed looks for events.
const feedLook = 2 * time.Second

// A Gap is a range of cursors whose events retention has dropped.
type Gap struct {
	From int64 `json:"from"` // first
	To   int64 `json:"to"`   // last
}

// A Page is what a feed has after a cursor.
type Page struct {
	Events []Record `json:"events"`
	Gaps   []Gap    `json:"gaps,omitempty"` // before and between the events
	Next   int64    `json:"next"`           // cursor of the last event or gap; ask for what is after it
	More   bool     `json:"more"`           // there is more already
}

// A Feed hands out the events of the context's tenant in the order of their leaves. A cursor
// is the seq of the last event that was read, -1 for none. Nothing comes later before a
// cursor: leaves are only added at the end, when their rows are committed.
type Feed struct {
	Reader *Reader
	Sealer *Sealer
}

// Next returns at most limit events after a cursor. Without any it waits for the first one,
// as long as wait says. ErrCursor.
func (f *Feed) Next(ctx context.Context, after int64, limit int, wait time.Duration) (Page, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		page, err := f.page(ctx, after, min(max(limit, 1), MaxPage))
		if err != nil || page.Next > after {
			return page, err
		}
		look := time.NewTimer(feedLook)
		select {
		case <-look.C:
		case <-deadline.C:
			look.Stop()
			return page, nil
		case <-ctx.Done():
			look.Stop()
			return page, ctx.Err()
		}
		look.Stop()
	}
}

// Shown records that somebody is shown a page, if there is anything personal in it, and
// reports whether there was. A caller that follows the feed calls it before showing a page, until it
// returns true: recording is itself an event, so a caller that recorded each page would never end.
func (f *Feed) Shown(ctx context.Context, page *Page) (recorded bool, err error) {
	if !slices.ContainsFunc(page.Events, Record.personal) {
		return false, nil
	}
	return true, f.Reader.shown(ctx, page.Events, event.AuditRead{Feed: true, From: int(*page.Events[0].Seq)})
}

// page returns what there is after a cursor.
func (f *Feed) page(ctx context.Context, after int64, limit int) (Page, error) {
	page := Page{Events: []Record{}, Next: after}
	state, err := f.Reader.Log.State(ctx)
	if err != nil {
		return page, err
	}
	if state.Waiting > 0 && after+int64(limit) >= state.Size {
		if _, err := f.Sealer.batch(ctx, tenant.Must(ctx).ID, false); err != nil {
			return page, err
		}
		if state, err = f.Reader.Log.State(ctx); err != nil {
			return page, err
		}
	}
	if after < -1 || after >= state.Size && after >= 0 {
		return page, ErrCursor
	}
	for range maxSteps { // over what was dropped
		to := min(page.Next+1+int64(limit), state.Size)
		records, err := f.Reader.records(ctx, page.Next+1, to)
		if err != nil {
			return page, err
		}
		page.add(records, to)
		if page.More = to < state.Size; !page.More || len(records) > 0 {
			break
		}
	}
	return page, nil
}

// add adds the events after the cursor of the page and up to the one before to.
func (p *Page) add(records []Record, to int64) {
	next := p.Next + 1
	for i := range records {
		p.gap(next, *records[i].Seq)
		next = *records[i].Seq + 1
	}
	p.gap(next, to)
	p.Events, p.Next = append(p.Events, records...), to-1
}

// gap notes that from ≤ seq < to are missing.
func (p *Page) gap(from, to int64) {
	switch last := len(p.Gaps) - 1; {
	case from >= to:
	case last >= 0 && len(p.Events) == 0 && p.Gaps[last].To == from-1:
		p.Gaps[last].To = to - 1
	default:
		p.Gaps = append(p.Gaps, Gap{from, to - 1})
	}
}
