package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/storage/internal/pg"
)

// origins are addresses and browsers that events of somebody are kept with.
const origins = `SELECT count(*) FROM events WHERE body::text ~ '192\.0\.2\.' OR body::text ~ 'agent of '`

// came appends events of users, each from an address and a browser.
func (a *auditor) came(events ...event.Event) {
	a.t.Helper()
	for i := range events {
		events[i].IP, events[i].UserAgent, events[i].Outcome = "192.0.2.1", "agent of "+events[i].Subject, "success"
		a.append(a.ctx(), events[i])
	}
}

// A deleted user's address and browser go from the events that are kept for mails and
// webhooks too, in the same transaction. Those of others stay.
func TestErasure_emptiesEventsThatAreKept(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.outbox = a.outboxOf(event.Subscription{Name: "mail", Types: []event.Fact{event.TokenReuseDetected{}, event.PasswordChanged{}}, Origin: true},
		event.Subscription{Name: "webhooks", Types: []event.Fact{event.TokenRepeated{}, event.UserDeleted{}, event.UserUpdated{}}})
	u, other := a.user(), a.user()
	self, of := event.Actor{Type: "user", ID: u.PublicID()}, u.PublicID()
	a.came(
		event.Event{Fact: event.PasswordChanged{}, Actor: self, Subject: of},
		event.Event{Fact: event.PasswordChanged{}, Actor: event.Actor{Type: "anonymous"}, Subject: of},
		event.Event{Fact: event.PasswordChanged{}, Actor: self, Subject: other.PublicID()},
		event.Event{Fact: event.TokenReuseDetected{GrantID: uuid.New(), FirstIP: "192.0.2.9"}, Actor: event.Actor{Type: "client", ID: "c"}, Subject: of},
		event.Event{Fact: event.TokenRepeated{GrantID: uuid.New(), FirstIP: "192.0.2.9"}, Actor: event.Actor{Type: "client", ID: "c"}, Subject: of},
		event.Event{Fact: event.UserUpdated{Fields: []string{"name"}}, Actor: self, Subject: of}, // nobody is told from where
		event.Event{Fact: event.PasswordChanged{}, Actor: event.Actor{Type: "user", ID: other.PublicID()}, Subject: of},
	)
	if n := a.count(origins); n != 6 {
		t.Fatalf("%d events have an address or a browser, want all but the one that nobody tells of", n)
	}
	dir := &identity.Directory{Users: a.users, Writes: a.users, Deletions: a.users, Sessions: a.sessions, Outbox: a.outbox, Tx: a.db}
	ctx := event.WithOrigin(a.ctx(), func() event.Origin { return event.Origin{IP: "192.0.2.1", UserAgent: "agent of " + of} })
	failed := errors.New("failed")
	err := a.db.InTx(ctx, func(ctx context.Context) error {
		return errors.Join(dir.Delete(ctx, self, u.ID), failed)
	})
	if n := a.count(origins); !errors.Is(err, failed) || n != 6 {
		t.Errorf("a deletion that failed left %d, want 6 (%v)", n, err)
	}
	must(t, dir.Delete(ctx, self, u.ID))
	if n := a.count(origins); n != 1 {
		t.Errorf("%d events have an address or a browser, want that of somebody else", n)
	}
	if n := a.count(`SELECT count(*) FROM events WHERE body #>> '{actor,id}' <> '' AND body ->> 'outcome' = 'success'`); n != 8-1 {
		t.Errorf("%d events are whole but for that, want 7", n)
	}
}

// The role that answers requests can take addresses out of events of somebody who was deleted,
// and do nothing else to any event.
func TestErasure_isAllThatRequestsCanDoToEvents(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.outbox = a.outboxOf(event.Subscription{Name: "mail", Types: []event.Fact{event.PasswordChanged{}}, Origin: true})
	a.came(event.Event{Fact: event.PasswordChanged{}, Actor: event.Actor{Type: "user", ID: "user_1"}, Subject: "user_1"})
	if _, err := pg.Exec(a.ctx(), a.db, `UPDATE events SET body = '{}'`); err == nil {
		t.Error("a body was written")
	}
	for _, sql := range []string{`UPDATE events SET person = NULL`, `UPDATE events SET person = 'user_2'`} {
		if n, err := pg.Exec(a.ctx(), a.db, sql); n != 0 || a.count(origins) != 1 {
			t.Errorf("%s: %d rows, %v: somebody was made anonymous who was not erased", sql, n, err)
		}
	}
	a.sql(`INSERT INTO audit_persons (tenant_id, person, sealed, erased_at) VALUES ($1, 'user_1', '', now())`, a.tenants[0].ID.String())
	if n, err := pg.Exec(a.other(), a.db, `UPDATE events SET person = NULL`); n != 0 {
		t.Errorf("by another tenant: %d rows, %v", n, err)
	}
	before := a.count(`SELECT count(*) FROM events WHERE type = 'password.changed' AND body ->> 'subject' = 'user_1'`)
	if n, err := pg.Exec(a.ctx(), a.db, `UPDATE events SET person = 'user_2'`); n != 1 || err != nil || a.count(origins) != 0 || before != 1 ||
		a.count(`SELECT count(*) FROM events WHERE type = 'password.changed' AND body ->> 'subject' = 'user_1' AND person IS NULL`) != 1 {
		t.Errorf("%d rows, %v: want the address gone and nothing else changed", n, err)
	}
}
