package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/audit"
	"plinto/event/webhook"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// Outbox implements event.Outbox.
type Outbox struct {
	*DB
	subscribers *queue.Subscribers
	jobs        *queue.Queue
	endpoints   webhook.Endpoints // of tenants with tables of their own; nil: nothing is sent to them
	committed   func(context.Context, []event.Event)
}

// OnCommitted has f called with what was appended, after it was committed. It must come before anything is written.
func (o *Outbox) OnCommitted(f func(context.Context, []event.Event)) { o.committed = f }

func newOutbox(db *DB, subscribers *queue.Subscribers, jobs *queue.Queue) *Outbox {
	return &Outbox{DB: db, subscribers: subscribers, jobs: jobs}
}

// An eventBody is what the events table, which holds what is to be told, keeps beside
// id, type and time.
type eventBody struct {
	Actor     event.Actor     `json:"actor"`
	Subject   string          `json:"subject,omitempty"`
	Outcome   string          `json:"outcome"`
	Reason    string          `json:"reason,omitempty"`
	IP        string          `json:"ip,omitempty"`
	UserAgent string          `json:"user_agent,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
}

// Append implements event.Outbox: one statement for the audit row of every event and
// for the events that a subscriber wants, and one more for the jobs of these.
func (o *Outbox) Append(ctx context.Context, events ...event.Event) error {
	return o.write(ctx, events)
}

func (o *Outbox) write(ctx context.Context, events []event.Event) error {
	joined, err := pg.Joined(ctx)
	if err != nil {
		return err
	}
	if !joined {
		return pg.ErrNoTransaction
	}
	if len(events) == 0 {
		return nil
	}
	if slices.ContainsFunc(events, func(e event.Event) bool { return event.EndsTokens(e.Fact) }) {
		pg.EndsTokens(ctx, o.DB)
	}
	if o.committed != nil {
		pg.Committed(ctx, func() { o.committed(ctx, events) })
	}
	t, rows, deliveries, err := o.rows(ctx, events)
	if err != nil {
		return err
	}
	err = pg.ExecLater(ctx, o.DB, pg.AnyNumber, appendEvents, rows.named(t))
	if err != nil || len(deliveries) == 0 {
		return pg.Wrap("append events", err)
	}
	tx, err := pg.Tx(ctx)
	if err != nil {
		return pg.Wrap("append events", pg.Unavailable(err))
	}
	return pg.Wrap("queue events", pg.WithTimeout(ctx, func(ctx context.Context) error {
		return pg.Unavailable(o.jobs.Insert(ctx, tx, t.ID, deliveries))
	}))
}

// appendSystem is Append in the transaction of System.InTx, for facts about the tenant of ctx.
func (o *Outbox) appendSystem(ctx context.Context, events ...event.Event) error {
	t, rows, deliveries, err := o.rows(ctx, events)
	if err != nil {
		return err
	}
	tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(t))
	if err != nil {
		return err
	}
	if _, err = tx.Exec(ctx, appendEvents, rows.named(t)); err != nil || len(deliveries) == 0 {
		return pg.Wrap("append events", err)
	}
	return pg.Wrap("queue events", o.jobs.Insert(ctx, tx, t.ID, deliveries))
}

// appendEvents is the only statement that writes events and audit rows.
const appendEvents = `
	WITH facts AS (
		SELECT f.id, f.type, coalesce(f.at, now()) AS at, f.body::jsonb AS body, f.wanted, f.traced, f.person
		FROM unnest(@ids::uuid[], @types::text[], @times::timestamptz[], @bodies::text[], @wanted::bool[], @traced::bool[], @persons::text[])
			AS f (id, type, at, body, wanted, traced, person)
	), stored AS (
		INSERT INTO events (tenant_id, id, type, occurred_at, body, person)
		SELECT @tenant::uuid, id, type, at, CASE WHEN traced THEN body ELSE body - 'ip' - 'user_agent' END,
			CASE WHEN traced OR body -> 'data' ? 'first_ip' THEN nullif(person, '') END
		FROM facts WHERE wanted
	)
	INSERT INTO audit_log (tenant_id, id, type, occurred_at, actor_type, actor_id, subject, outcome, reason, ip, agent, request_id, data)
	SELECT @tenant::uuid, id, type, at, body #>> '{actor,type}', coalesce(body #>> '{actor,id}', ''), coalesce(body ->> 'subject', ''),
		body ->> 'outcome', coalesce(body ->> 'reason', ''), coalesce(body ->> 'ip', ''),
		coalesce(body ->> 'user_agent', ''), coalesce(body ->> 'request_id', ''), coalesce(body -> 'data', '{}')
	FROM facts`

// rows returns the rows of events of the tenant of ctx, and the jobs of those that a
// subscriber wants.
func (o *Outbox) rows(ctx context.Context, events []event.Event) (t *tenant.Tenant, rows eventRows, deliveries []queue.Delivery, err error) {
	if t, err = tenant.From(ctx); err != nil {
		return nil, rows, nil, err
	}
	if rows, err = newEventRows(ctx, events); err != nil {
		return nil, rows, nil, err
	}
	for i := range events {
		e := &events[i]
		for _, s := range o.subscribers.Wanting(e) {
			if s.Chosen {
				if wanted, err := o.chosen(ctx, t, e.Type()); err != nil {
					return nil, rows, nil, err
				} else if !wanted {
					continue
				}
			}
			rows.wanted[i] = true
			rows.traced[i] = rows.traced[i] || s.Origin
			deliveries = append(deliveries, queue.Delivery{Event: rows.ids[i], To: s})
		}
	}
	return t, rows, deliveries, nil
}

// chosen reports whether an endpoint of the tenant is sent events of a type. Tests are of an
// endpoint whatever it wants. What endpoints of a schema want is not read with the tenant.
func (o *Outbox) chosen(ctx context.Context, t *tenant.Tenant, of event.Type) (bool, error) {
	if of == (event.WebhookEndpointTested{}).Type() {
		return true, nil
	}
	if pg.PlaceOf(t) == (pg.Place{}) || o.endpoints == nil {
		return event.Wanted(t.Webhooks, of), nil
	}
	all, err := o.endpoints.Collecting(ctx)
	return slices.ContainsFunc(all, func(e webhook.Endpoint) bool { return event.Wanted(e.Events, of) }), err
}

// eventRows are the columns of the rows to insert.
type eventRows struct {
	ids     []uuid.UUID
	types   []string
	times   []*time.Time
	bodies  []string
	wanted  []bool   // by a subscriber
	traced  []bool   // by one that tells where they came from
	persons []string // whose address and browser they have; "" for nobody known
}

func (r *eventRows) named(t *tenant.Tenant) pg.Named {
	return pg.Named{
		"tenant": uuid.UUID(t.ID), "ids": r.ids, "types": r.types, "times": r.times, "bodies": r.bodies, "wanted": r.wanted,
		"traced": r.traced, "persons": r.persons,
	}
}

// newEventRows fills in what events of one request share.
func newEventRows(ctx context.Context, events []event.Event) (rows eventRows, err error) {
	origin := event.OriginFrom(ctx)
	rows.wanted, rows.traced = make([]bool, len(events)), make([]bool, len(events))
	for _, e := range events {
		if e.ID == uuid.Nil {
			e.ID = uuid.Must(uuid.NewV7())
		}
		data, err := event.Encode(e.Fact)
		if err != nil {
			return rows, err
		}
		body, err := json.Marshal(eventBody{
			Actor: e.Actor, Subject: e.Subject, Outcome: e.Outcome, Reason: e.Reason, Data: data,
			IP: printable(cmp.Or(e.IP, origin.IP)), UserAgent: printable(cmp.Or(e.UserAgent, origin.UserAgent)),
			RequestID: printable(cmp.Or(e.RequestID, origin.RequestID)),
		})
		if err != nil {
			return rows, fmt.Errorf("encode event %s: %w", e.Type(), err)
		}
		var at *time.Time
		if !e.OccurredAt.IsZero() {
			at = &e.OccurredAt
		}
		rows.ids, rows.types = append(rows.ids, e.ID), append(rows.types, string(e.Type()))
		rows.times, rows.bodies = append(rows.times, at), append(rows.bodies, storable(body))
		rows.persons = append(rows.persons, audit.UserOf(e.Actor.Type, e.Actor.ID, e.Subject))
	}
	return rows, nil
}

// storable is JSON that Postgres takes: it may spell NUL, which Postgres keeps in no text.
func storable(body []byte) string { return strings.ReplaceAll(string(body), `\u0000`, `\ufffd`) }

// maxPrintable bounds what a visitor can make us keep of a header, in bytes.
const maxPrintable = 256

// printable makes what a visitor sent fit for a column that people read: valid
// UTF-8 without NUL and other controls, of bounded length. Postgres refuses the
// former, and a log viewer obeys the latter.
func printable(s string) string { return legible(s, maxPrintable) }

// legible is printable with a limit of its own, in bytes.
func legible(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
