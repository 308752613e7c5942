package storage

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/storage/internal/pg"
)

func TestOutbox_takesNoEventOutsideATransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.outbox.Append(w.ctx(), event.Event{Fact: event.UserCreated{}, Outcome: "success"}); !errors.Is(err, pg.ErrNoTransaction) {
		t.Errorf("got %v, want errNoTransaction", err)
	}
}

func TestOutbox_keepsEveryFactOfAnEventInOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.wants = event.GrantRevoked{}
	ctx := event.WithOrigin(w.ctx(), func() event.Origin {
		return event.Origin{IP: "192.0.2.1", UserAgent: "agent\x00\xff", RequestID: "req"}
	})
	full := event.Event{
		ID: uuid.New(), OccurredAt: now(), Actor: event.Actor{Type: "user", ID: "user_1"},
		Subject: "user_2", Outcome: "failure", Reason: "bad\x00", IP: "198.51.100.1",
		Fact: event.GrantRevoked{GrantID: uuid.New(), ClientID: "client_1", Reason: "a\\u0000\x00"},
	}
	n := w.counted.Count(func() {
		must(t, w.db.InTx(ctx, func(ctx context.Context) error {
			return w.outbox.Append(ctx, event.Event{Fact: event.UserCreated{}, Outcome: "success"}, event.Event{Fact: event.ClientCreated{}, Outcome: "success"})
		}))
	})
	if n != 1 {
		t.Errorf("got %d statements for two events, want 1", n)
	}
	if n := w.count(`SELECT count(*) FROM river_job`); n != 0 {
		t.Errorf("got %d jobs for events nobody wants", n)
	}
	must(t, w.db.InTx(ctx, func(ctx context.Context) error {
		return w.outbox.Append(ctx, full, event.Event{Fact: event.UserCreated{}, Outcome: "success"})
	}))
	loaded, err := w.Event(t.Context(), w.tenants[0].ID, full.ID)
	must(t, err)
	want := full
	want.OccurredAt, loaded.OccurredAt = loaded.OccurredAt.UTC(), loaded.OccurredAt.UTC()
	want.UserAgent, want.RequestID, want.Reason = "agent\ufffd\ufffd", "req", "bad\ufffd"
	fact := full.Fact.(event.GrantRevoked)
	fact.Reason = `a\ufffd` + "\ufffd"
	want.Fact = fact
	if want.Seq = loaded.Seq; want.Seq == 0 {
		t.Error("the event has no number")
	}
	if diff := cmp.Diff(want, loaded); diff != "" {
		t.Errorf("event differs (-want +got):\n%s", diff)
	}
	if !loaded.OccurredAt.Equal(full.OccurredAt) {
		t.Errorf("occurred at %v, want %v", loaded.OccurredAt, full.OccurredAt)
	}
	type row struct{ Type, ActorType, ActorID, Subject, Outcome, Reason, IP, Agent, RequestID, Data string }
	var got row
	must(t, w.owner.QueryRow(t.Context(), `
		SELECT type, actor_type, actor_id, subject, outcome, reason, p.detail ->> 'ip', p.detail ->> 'agent', request_id, data::text
		FROM audit_log a JOIN audit_pending p USING (tenant_id, id) WHERE id = $1 AND ip = '' AND agent = ''`, full.ID).
		Scan(&got.Type, &got.ActorType, &got.ActorID, &got.Subject, &got.Outcome, &got.Reason, &got.IP, &got.Agent, &got.RequestID, &got.Data))
	var audited event.GrantRevoked
	if err := json.Unmarshal([]byte(got.Data), &audited); err != nil || audited != fact {
		t.Errorf("data %q, %v, want %+v", got.Data, err, fact)
	}
	got.Data = ""
	wantRow := row{string(full.Type()), "user", "user_1", "user_2", "failure", want.Reason, want.IP, want.UserAgent, want.RequestID, ""}
	if diff := cmp.Diff(wantRow, got); diff != "" {
		t.Errorf("audit row differs (-want +got):\n%s", diff)
	}
	for kind, want := range map[event.Fact]int{event.GrantRevoked{}: 1, event.UserCreated{}: 2, event.ClientCreated{}: 1} {
		if n := w.events(kind); n != want {
			t.Errorf("got %d events of type %s, want %d", n, kind.Type(), want)
		}
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE args ->> 'event_id' = $1`, full.ID.String()); n != 1 || w.count(`SELECT count(*) FROM river_job`) != 1 {
		t.Errorf("got %d jobs for the event that is wanted, of %d", n, w.count(`SELECT count(*) FROM river_job`))
	}
}

func TestOutbox_forgetsEventsOfAFailedTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failed := errors.New("failed")
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
		must(t, w.outbox.Append(ctx, event.Event{Fact: w.told.wants, Outcome: "success"}))
		return failed
	})
	if !errors.Is(err, failed) || w.events(w.told.wants) != 0 || w.count(`SELECT count(*) FROM river_job`) != 0 {
		t.Errorf("got %v, %d events, %d jobs; want neither", err, w.events(w.told.wants), w.count(`SELECT count(*) FROM river_job`))
	}
}

func TestAuditLog_cannotBeChangedByTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, sql := range []string{`UPDATE audit_log SET outcome = 'success'`, `DELETE FROM audit_log`, `DELETE FROM events`, `UPDATE events SET body = '{}'`} {
		if _, err := pg.Exec(w.ctx(), w.db, sql); err == nil {
			t.Errorf("%s: allowed", sql)
		}
	}
}
