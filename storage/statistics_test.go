package storage

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/event"
	"plinto/event/audit"
	"plinto/event/stats"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/storage/internal/pg"
)

// statistics returns what counts in the world, and what seals everything before.
func (w *world) statistics() (s *Statistics, seal func()) {
	w.t.Helper()
	system := pg.NewSystem(w.platform)
	root, _ := secret.NewRoot()
	vault, err := audit.NewVault(root)
	must(w.t, err)
	sealer := &audit.Sealer{Seals: newAuditSeals(system, newTenants(system, nil, copyOptions{heard: always})), Vault: vault, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	seal = func() { must(w.t, sealer.Run(w.t.Context())) }
	seal()
	return &Statistics{DB: w.db, system: system, tenants: newTenants(system, nil, copyOptions{heard: always})}, seal
}

func (w *world) happened(ctx context.Context, events ...event.Event) {
	w.t.Helper()
	must(w.t, w.db.InTx(ctx, func(ctx context.Context) error { return w.outbox.Append(ctx, events...) }))
}

func TestStatistics_countEachEventOnceInItsTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := time.Now().UTC()
	signedIn := func(user string) event.Event {
		return event.Event{Fact: event.SignInSucceeded{AMR: []string{"pwd"}, ClientID: "web"}, Outcome: "success", Subject: user, Actor: event.Actor{Type: "user", ID: user}, OccurredAt: at}
	}
	w.happened(w.ctx(), signedIn("user_a"), signedIn("user_b"), signedIn("user_a"))
	w.happened(w.other(), signedIn("user_a"))
	s, seal := w.statistics()
	// Two at once, and one that fails in the middle.
	down := errors.New("down")
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
		_, err := s.Count(ctx, 2, func(events []event.Event) *stats.Rollup {
			r := stats.NewRollup()
			for i := range events {
				r.Add(&events[i])
			}
			return r
		})
		must(t, err)
		return down
	})
	if !errors.Is(err, down) {
		t.Fatal(err)
	}
	for _, err := range testworld.AtOnce(4, func(int) error { return (&stats.Counter{Source: s}).Run(t.Context()) }) {
		must(t, err)
	}
	w.happened(w.ctx(), signedIn("user_b"), signedIn("user_c"))
	seal()
	must(t, (&stats.Counter{Source: s}).Run(t.Context()))
	rows, err := s.Report(w.ctx(), at, at)
	must(t, err)
	got := map[string]int64{}
	for _, r := range rows {
		got[string(r.Metric)+" "+r.Client+" "+r.Kind] += r.Count
	}
	want := map[string]int64{"sign_ins web pwd": 5, "active_users_by_day  ": 3, "active_users_by_month  ": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rows, err = s.Report(w.other(), at, at); err != nil || len(rows) != 3 {
		t.Errorf("another tenant: %v, %v", rows, err)
	}
	if behind, err := s.Behind(t.Context()); err != nil || len(behind) != 0 {
		t.Errorf("still behind: %v, %v", behind, err)
	}
}

// Events of a version that is not known, and rows that retention dropped, are passed over.
func TestStatistics_passOverWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.happened(w.ctx(), event.Event{Fact: event.UserCreated{}, Outcome: "success", Actor: event.Actor{Type: "user"}},
		event.Event{Fact: event.UserCreated{}, Outcome: "success", Actor: event.Actor{Type: "user"}})
	w.sql(`INSERT INTO audit_log (tenant_id, id, type, actor_type, outcome) VALUES ($1, gen_random_uuid(), 'user.teleported', 'user', 'success')`, w.tenants[0].ID.String())
	s, _ := w.statistics()
	w.sql(`DELETE FROM audit_log WHERE id = (SELECT id FROM audit_log WHERE type = 'user.created' LIMIT 1)`)
	must(t, (&stats.Counter{Source: s}).Run(t.Context()))
	if n := w.count(`SELECT coalesce(sum(count), 0) FROM statistics WHERE metric = 'sign_ups'`); n != 1 {
		t.Errorf("%d sign-ups, want 1", n)
	}
	if behind, err := s.Behind(t.Context()); err != nil || len(behind) != 0 {
		t.Errorf("still behind: %v, %v", behind, err)
	}
}
