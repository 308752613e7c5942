package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/webhook"
)

func TestReplay_sendsTheSameEventAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{Sessions: 3}})
	w.drain(w.ctx, e)
	first := r.next(t)
	d, _ := w.only(w.ctx, e)
	for n := 1; n <= 2; n++ {
		done, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{Delivery: d.ID})
		if err != nil || done.Queued != 1 {
			t.Fatalf("got %+v, %v", done, err)
		}
		w.later(time.Second)
		w.drain(w.ctx, e)
		again := r.next(t)
		if again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") || string(again.body) != string(first.body) {
			t.Errorf("replay %d: got %s, want %s", n, again.body, first.body)
		}
		if all := w.deliveries(w.ctx, e); len(all) != n+1 || all[n].Replay != n {
			t.Errorf("replay %d: got %+v", n, all)
		}
	}
	if _, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{Delivery: uuid.New()}); !errors.Is(err, webhook.ErrNoDelivery) {
		t.Errorf("got %v", err)
	}
}

// A receiver that was down for long gets what it missed, ten a second.
func TestReplay_ofWhatFailedSinceItBroke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var down atomic.Bool
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			rw.WriteHeader(http.StatusBadGateway)
		}
	})
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.drain(w.ctx, e)
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	if _, err := stored.SinceFailing(); !errors.Is(err, webhook.ErrNeverFailed) {
		t.Errorf("got %v", err)
	}
	down.Store(true)
	for range 5 {
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	}
	for range 40 {
		w.drain(w.ctx, e)
		w.later(2 * time.Hour)
	}
	if n := w.count(`SELECT count(*) FROM webhook_deliveries WHERE state = 'failed'`); n != 5 {
		t.Fatalf("%d failed, want 5", n)
	}
	down.Store(false)
	must(t, w.service.Enable(w.ctx, e.ID))
	stored, err = w.service.ByID(w.ctx, e.ID)
	must(t, err)
	what, err := stored.SinceFailing()
	must(t, err)
	done, err := w.service.Replay(w.ctx, e.ID, what)
	if err != nil || done.Queued != 5 {
		t.Fatalf("got %+v, %v", done, err)
	}
	got := w.deliveries(w.ctx, e)[6:]
	for i := range got[1:] {
		if wait := got[i+1].DueAt.Sub(got[i].DueAt); wait != webhook.ReplayPause {
			t.Errorf("%d: due %s after the one before, want %s", i, wait, webhook.ReplayPause)
		}
	}
	// What is repeated already is not repeated twice.
	if again, err := w.service.Replay(w.ctx, e.ID, what); err != nil || again.Queued != 0 {
		t.Errorf("got %+v, %v", again, err)
	}
	before := len(r.got)
	w.later(time.Minute)
	w.drain(w.ctx, e)
	if n := len(r.got) - before; n != 5 {
		t.Errorf("%d sent again, want 5", n)
	}
}

func TestReplay_ofARangeOfTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	var times []time.Time
	for range 4 {
		w.later(time.Hour)
		times = append(times, w.clock())
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}, OccurredAt: w.clock()})
	}
	w.drain(w.ctx, e)
	done, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{From: times[1], To: times[3]})
	if err != nil || done.Queued != 2 {
		t.Errorf("got %+v, %v, want two", done, err)
	}
	// A second replay is due after the first, not with it.
	again, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{To: times[1]})
	if err != nil || again.Queued != 1 {
		t.Fatalf("got %+v, %v, want one", again, err)
	}
	if n := w.count(`SELECT count(DISTINCT due_at) FROM webhook_deliveries WHERE replay > 0`); n != 3 {
		t.Errorf("%d different times of three replays", n)
	}
}

// A user who is gone is gone: nothing about them is sent, nor kept, but that they are.
func TestErased_usersAreNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var answer atomic.Value
	answer.Store("thanks for user canary")
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(answer.Load().(string))) })
	e, _ := w.endpoint(w.ctx, r.URL, "*")
	user := uuid.New()
	create := `INSERT INTO users (tenant_id, id) SELECT id, $1 FROM tenants WHERE slug = 'acme'`
	_, err := w.owner.Exec(t.Context(), create, user)
	must(t, err)
	about := []event.Event{
		{Fact: event.UserEnabled{}, Subject: userID(user)},
		{Fact: event.OrganizationMemberSet{User: userID(user)}, Subject: "org_1"},
		{Fact: event.ClientUpdated{}, Subject: "client_1", Actor: event.Actor{Type: "user", ID: userID(user)}},
	}
	for _, a := range about {
		w.told(w.ctx, a)
	}
	w.drain(w.ctx, e)
	if len(r.got) != len(about) {
		t.Fatalf("%d sent, want %d", len(r.got), len(about))
	}
	sent := w.deliveries(w.ctx, e)
	w.told(w.ctx, about[0]) // is pending when the user goes
	_, err = w.owner.Exec(t.Context(), `DELETE FROM users WHERE id = $1`, user)
	must(t, err)
	deleted := w.told(w.ctx, event.Event{Fact: event.UserDeleted{}, Subject: userID(user)})

	// At once, before anything was tidied up.
	for _, d := range sent {
		if _, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{Delivery: d.ID}); !errors.Is(err, webhook.ErrErased) {
			t.Errorf("replay of %s: got %v, want ErrErased", d.Type, err)
		}
	}
	if done, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{}); err != nil || done.Queued != 0 || done.Erased != len(about) {
		t.Errorf("replay of all: got %+v, %v", done, err)
	}
	w.later(time.Minute)
	w.drain(w.ctx, e)
	if n := len(r.got) - len(about); n != 1 {
		t.Errorf("%d sent, want only that the user was deleted", n)
	}
	if n := w.count(`SELECT count(*) FROM webhook_deliveries WHERE state = 'dropped' AND reason = 'erased'`); n != 1 {
		t.Errorf("%d dropped, want the pending one", n)
	}

	eraser := &webhook.Eraser{Erase: w.store.Webhooks.Erase}
	must(t, eraser.Handle(w.ctx, deleted))
	if n := w.count(`SELECT count(*) FROM events WHERE body::text LIKE '%' || $1 || '%' AND type <> 'user.deleted'`, userID(user)); n != 0 {
		t.Errorf("%d events about the user are kept", n)
	}
	if n := w.count(`SELECT count(*) FROM webhook_attempts a JOIN webhook_deliveries v ON v.id = a.delivery_id WHERE v.user_id = $1`, user); n != 0 {
		t.Errorf("%d answers about the user are kept", n)
	}
	if _, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{Delivery: sent[0].ID}); !errors.Is(err, webhook.ErrErased) {
		t.Errorf("got %v, want ErrErased", err)
	}
}

// Events are kept for thirty days.
func TestReplay_saysWhenAnEventIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.drain(w.ctx, e)
	d, _ := w.only(w.ctx, e)
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	_, err := w.owner.Exec(t.Context(), `DELETE FROM events`)
	must(t, err)
	if _, err := w.service.Replay(w.ctx, e.ID, webhook.Selection{Delivery: d.ID}); !errors.Is(err, webhook.ErrEventGone) {
		t.Errorf("got %v", err)
	}
	w.drain(w.ctx, e)
	if all := w.deliveries(w.ctx, e); all[1].State != webhook.Dropped || all[1].Reason != webhook.EventGone || len(r.got) != 1 {
		t.Errorf("got %+v", all[1])
	}
}

// What an endpoint missed while it was disabled for failing waits for it; what it missed by
// an operator's decision does not.
func TestDisabled_endpointsThatFailedCollect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	for reason, want := range map[string]int{webhook.Failing: 1, webhook.Gone: 0, webhook.ByOperator: 0} {
		e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
		must(t, w.service.Disable(w.ctx, e.ID, reason))
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
		if w.drain(w.ctx, e); len(r.got) != 0 {
			t.Errorf("%s: a disabled endpoint is sent to", reason)
		}
		must(t, w.service.Enable(w.ctx, e.ID))
		w.drain(w.ctx, e)
		got := 0
		for len(r.got) > 0 {
			if strings.Contains(string((<-r.got).body), "user.enabled") {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d waited, want %d", reason, got, want)
		}
		must(t, w.service.Delete(w.ctx, e.ID))
	}
}
