package storage

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/storage/internal/pg"
)

// surveyOf is a survey of one part, which answers when it is told to.
func surveyOf(every time.Duration) (s *survey, asked chan context.Context, answer chan error, clock *time.Time) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	asked, answer, clock = make(chan context.Context, 10), make(chan error), &now
	s = &survey{log: slog.New(slog.DiscardHandler), now: func() time.Time { return *clock }}
	s.parts = []*surveyPart{{name: "work", every: every, look: func(ctx context.Context) (surveyed, error) {
		asked <- ctx
		if err := <-answer; err != nil {
			return nil, err
		}
		return surveyed{{Kind: "mails"}: {N: 3, Seconds: 60}}, nil
	}}}
	return s, asked, answer, clock
}

// settled waits until nobody asks any more.
func settled(t *testing.T, s *survey) {
	t.Helper()
	for range 10_000 {
		s.parts[0].mu.Lock()
		running := s.parts[0].running
		s.parts[0].mu.Unlock()
		if !running {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatal("somebody asks for ever")
}

// OBS-04: scraping waits for no answer of the database, and however often somebody scrapes, the database is asked once in a while.
func TestSurvey_isAskedForOnceInAWhileAndWaitedForByNobody_OBS_04(t *testing.T) {
	t.Parallel()
	s, asked, answer, clock := surveyOf(time.Minute)
	for range 5 { // while the database does not answer
		if found, at, told := s.latest(); len(found)+len(at)+len(told) != 0 {
			t.Errorf("it knows %v before anybody answered", found)
		}
	}
	if ctx := <-asked; ctx.Err() != nil || len(asked) != 0 {
		t.Fatalf("asked %d times more, %v", len(asked), ctx.Err())
	} else if _, bounded := ctx.Deadline(); !bounded {
		t.Error("it would ask for ever")
	}
	answer <- nil
	settled(t, s)
	if found, _, told := s.latest(); found[surveyKey{Kind: "mails"}] != (measure{3, 60}) || !told["work"] {
		t.Errorf("it knows %v, %v", found, told)
	}
	*clock = clock.Add(59 * time.Second)
	if s.latest(); len(asked) != 0 {
		t.Error("it asks again within the minute")
	}
	*clock = clock.Add(time.Second)
	s.latest()
	<-asked
	answer <- errors.New("the database is away")
	settled(t, s)
	if found, _, told := s.latest(); len(found) != 1 || !told["work"] {
		t.Errorf("what is a minute old is forgotten: %v", found)
	}
	*clock = clock.Add(2 * time.Minute)
	found, at, told := s.latest()
	<-asked
	if len(found) != 0 || told["work"] || at["work"].IsZero() {
		t.Errorf("what is old is still told: %v, %v; known since %v", found, told, at)
	}
	close(answer)
	settled(t, s)
}

// What a survey says of a database with a bit of everything.
func TestSurvey_countsWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.ctx()
	for _, sql := range []string{
		`INSERT INTO signing_keys (tenant_id, id, kid, alg, state, public, sealed, retires_at) SELECT id, gen_random_uuid(), 'k', 'ES256', 'active', '', 'x', now() - interval '2 days' FROM tenants`,
		`INSERT INTO river_job (args, kind, max_attempts, queue, state, created_at) VALUES ('{"subscriber": "mail.letters"}', 'event_delivery', 5, 'default', 'retryable', now() - interval '10 minutes')`,
		`INSERT INTO river_job (args, kind, max_attempts, queue, state, created_at) VALUES ('{}', 'event_delivery', 5, 'logout', 'available', now() - interval '1 minute')`,
		`INSERT INTO river_job (args, kind, max_attempts, queue, state, finalized_at) VALUES ('{}', 'event_delivery', 5, 'logout', 'completed', now())`,
	} {
		if _, err := w.owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var tenants int64
	must(t, w.owner.QueryRow(ctx, `SELECT count(*) FROM tenants`).Scan(&tenants))
	s := newSurvey(newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always}), slog.New(slog.DiscardHandler), time.Now)
	all := surveyed{}
	for _, p := range s.parts {
		found, err := p.look(ctx)
		must(t, err)
		for key, m := range found {
			all[key] = m
		}
	}
	for key, want := range map[surveyKey]int64{
		{"jobs", "default", "retryable"}: 1, {"jobs", "logout", "available"}: 1, {Kind: "mails"}: 1, {Kind: "webhooks"}: 0,
		{"keys", "active", ""}: tenants, {Kind: "keys overdue"}: tenants, {"tenants", "shared", ""}: tenants,
	} {
		if m, known := all[key]; m.N != want || !known {
			t.Errorf("%v: %d, want %d", key, m.N, want)
		}
	}
	if _, known := all[surveyKey{"jobs", "logout", "completed"}]; known {
		t.Error("jobs that are done count")
	}
	if age := all[surveyKey{Kind: "mails"}].Seconds; age < 599 || age > 900 {
		t.Errorf("the oldest mail is %v seconds old, want 600", age)
	}
	for _, table := range []string{"users", "audit_log", "river_job"} {
		if all[surveyKey{"table", table, ""}].N < 8192 {
			t.Errorf("the table %s has %d bytes", table, all[surveyKey{"table", table, ""}].N)
		}
	}
	for key := range all {
		if key.Kind == "table" && len(key.A) > len("audit_log_") && key.A[:len("audit_log_")] == "audit_log_" {
			t.Errorf("the partition %s is a table of its own", key.A)
		}
	}
}

// Everything that is described is of the store, so that the page of metrics knows it.
func TestStoreMetrics_areAllDescribed(t *testing.T) {
	t.Parallel()
	descs := make(chan *prometheus.Desc, 100)
	(&storeMetrics{}).Describe(descs)
	close(descs)
	seen := map[*prometheus.Desc]bool{}
	for d := range descs {
		seen[d] = true
	}
	for _, kinds := range []map[string]*prometheus.Desc{surveyCounts, surveyAges, surveyGroups} {
		for kind, d := range kinds {
			if !seen[d] {
				t.Errorf("what is said of %q is not described", kind)
			}
		}
	}
}
