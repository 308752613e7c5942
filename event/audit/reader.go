package audit

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// ErrNoRow reports an id of no row of the tenant's log.
var ErrNoRow = fault.New(fault.NotFound, "audit_row_unknown", "There is no such row in the audit log.")

// A Filter chooses rows of the log. Zero members choose all.
type Filter struct {
	ID      uuid.UUID
	Types   []string
	Subject string
	Actor   string // type or id
	Outcome string // "success" or "failure"
	Since   time.Time
	Until   time.Time // exclusive
	Before  uuid.UUID // only rows that follow the one of this id in the list
	Limit   int       // newest first; required
}

// A Listed row is one that fits a filter, with its seal as far as there is one.
type Listed struct {
	Row
	Seq     int64         // -1: not sealed yet
	Sealed  *SealedDetail // nil: none
	Pending []byte        // JSON of a Detail that is not encrypted yet; nil: none
	Clear   Detail        // of a row from before there was sealing
}

// A Record is a row for people and files: with its place in the tree and its detail.
type Record struct {
	Seq        *int64          `json:"seq,omitempty"` // none: not sealed yet
	ID         uuid.UUID       `json:"id"`
	Type       string          `json:"type"`
	OccurredAt time.Time       `json:"occurred_at"`
	ActorType  string          `json:"actor_type"`
	ActorID    string          `json:"actor_id,omitempty"`
	Subject    string          `json:"subject,omitempty"`
	Outcome    string          `json:"outcome"`
	Reason     string          `json:"reason,omitempty"`
	RequestID  string          `json:"request_id,omitempty"`
	Data       json.RawMessage `json:"data"`
	IP         string          `json:"ip,omitempty"`
	UserAgent  string          `json:"user_agent,omitempty"`
	FirstIP    string          `json:"first_ip,omitempty"`
	Erased     bool            `json:"erased,omitempty"` // there was personal detail
	// Unreadable is "detail" where there is personal detail that cannot be read, so that it is left out.
	Unreadable string `json:"unreadable,omitempty"`
}

func newRecord(r *Row, seq int64) Record {
	record := Record{
		ID: r.ID, Type: r.Type, OccurredAt: r.OccurredAt.UTC(), ActorType: r.ActorType, ActorID: r.ActorID, Subject: r.Subject,
		Outcome: r.Outcome, Reason: r.Reason, RequestID: r.RequestID, Data: json.RawMessage(r.Data),
	}
	if seq >= 0 {
		record.Seq = &seq
	}
	return record
}

// personal reports whether it says where a person was.
func (r Record) personal() bool { return r.IP != "" || r.UserAgent != "" || r.FirstIP != "" }

func (r *Record) add(d Detail) { r.IP, r.UserAgent, r.FirstIP = d.IP, d.UserAgent, d.FirstIP }

// A Reader shows rows of the log with their detail, and records that it did.
type Reader struct {
	Log    Log
	Rows   Rows
	Vault  *Vault
	Outbox event.Outbox
	Tx     transactor
}

// List returns rows that fit, newest first.
func (r *Reader) List(ctx context.Context, f Filter) ([]Record, error) {
	records, err := r.list(ctx, f)
	if err == nil {
		err = r.shown(ctx, records, event.AuditRead{
			Types: f.Types, Subject: f.Subject, Actor: f.Actor, Outcome: f.Outcome, Since: stamp(f.Since), Until: stamp(f.Until),
		})
	}
	if err != nil {
		return nil, err
	}
	return records, nil
}

// Count returns how many rows fit. That is no record of anybody.
func (r *Reader) Count(ctx context.Context, f Filter) (int64, error) { return r.Rows.Count(ctx, f) }

// Own returns rows about one user, newest first, to that user: that people look at what happened
// to their own account is not recorded. ErrNoRow of a filter without a Subject.
func (r *Reader) Own(ctx context.Context, filter Filter) ([]Record, error) {
	if filter.Subject == "" {
		return nil, ErrNoRow
	}
	return r.list(ctx, filter)
}

// shown records that somebody is shown records, if there is anything personal in them. What
// they asked for is in the log already: there are rows that fit it.
func (r *Reader) shown(ctx context.Context, records []Record, asked event.AuditRead) error {
	if !slices.ContainsFunc(records, Record.personal) {
		return nil
	}
	asked.Rows = len(records)
	return record(ctx, r.Tx, r.Outbox, asked)
}

// record appends an event of whoever acts.
func record(ctx context.Context, tx transactor, to event.Outbox, fact event.Fact) error {
	return tx.InTx(ctx, func(ctx context.Context) error {
		return to.Append(ctx, event.Event{Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "system"})})
	})
}

func (r *Reader) list(ctx context.Context, f Filter) ([]Record, error) {
	listed, err := r.Rows.List(ctx, f)
	if err != nil {
		return nil, err
	}
	open := r.opener(ctx)
	for i := range listed {
		if d := listed[i].Sealed; d != nil {
			open.want(d.Person)
		}
	}
	if err := open.load(); err != nil {
		return nil, err
	}
	records := make([]Record, len(listed))
	for i := range listed {
		l := &listed[i]
		records[i] = newRecord(&l.Row, l.Seq)
		records[i].add(l.Clear)
		switch {
		case l.Pending != nil:
			var d Detail
			if err := json.Unmarshal(l.Pending, &d); err != nil {
				records[i].Unreadable = unreadDetail
				continue
			}
			records[i].add(d)
		case l.Sealed != nil:
			open.detail(&records[i], &l.Row, *l.Sealed)
		}
	}
	return records, nil
}

// Show returns one row. ErrNoRow.
func (r *Reader) Show(ctx context.Context, id uuid.UUID) (Record, error) {
	found, err := r.list(ctx, Filter{ID: id, Limit: 1})
	if err == nil && len(found) == 0 {
		err = ErrNoRow
	}
	if err == nil {
		err = r.shown(ctx, found, event.AuditRead{Row: id.String()})
	}
	if err != nil {
		return Record{}, err
	}
	return found[0], nil
}

// records returns sealed rows from ≤ seq < to that retention has left.
func (r *Reader) records(ctx context.Context, from, to int64) ([]Record, error) {
	entries, err := r.Log.Entries(ctx, from, to)
	if err != nil {
		return nil, err
	}
	open := r.opener(ctx)
	for i := range entries {
		if d := entries[i].Sealed; d != nil {
			open.want(d.Person)
		}
	}
	if err := open.load(); err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Stored == nil {
			continue
		}
		record := newRecord(e.Stored, e.Seq)
		record.Erased = e.Sealed == nil && e.Detail != Hash{}
		if e.Sealed != nil {
			open.detail(&record, e.Stored, *e.Sealed)
		}
		records = append(records, record)
	}
	return records, nil
}

// An opener opens details with the keys of many people, which it reads at once.
type opener struct {
	*Reader
	ctx   context.Context //nolint:containedctx // lives as long as one call
	of    tenant.ID
	names map[string]bool
	keys  map[string]PersonKey
	boxes map[string]*secret.Box // nil: erased
}

func (r *Reader) opener(ctx context.Context) *opener {
	return &opener{Reader: r, ctx: ctx, of: tenant.Must(ctx).ID, names: map[string]bool{}, boxes: map[string]*secret.Box{}}
}

func (o *opener) want(person string) { o.names[person] = true }

func (o *opener) load() (err error) {
	names := make([]string, 0, len(o.names))
	for name := range o.names {
		names = append(names, name)
	}
	o.keys, err = o.Log.Persons(o.ctx, names)
	return err
}

// unreadDetail is Record.Unreadable.
const unreadDetail = "detail"

// detail adds the detail of a row, if its person was not erased. One that cannot be opened leaves the other rows to be.
func (o *opener) detail(to *Record, row *Row, sealed SealedDetail) {
	box, known := o.boxes[sealed.Person]
	if !known {
		var err error
		box, err = o.Vault.person(o.of, sealed.Person, o.keys[sealed.Person])
		if err != nil && !errors.Is(err, ErrErased) {
			to.Unreadable = unreadDetail
			return
		}
		o.boxes[sealed.Person] = box
	}
	if box == nil {
		to.Erased = true
		return
	}
	d, err := openDetail(box, o.of, row, sealed)
	if err != nil {
		to.Unreadable = unreadDetail
		return
	}
	to.add(d)
}
