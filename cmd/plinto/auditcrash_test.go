package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/cmd/plinto/app"
	"plinto/event"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// signedIn has a user sign in some times, each from an address and with a new browser.
func (x *terminal) signedIn(s *storage.Store, user uuid.UUID, times int) {
	x.t.Helper()
	found, err := s.Tenants.BySlug(x.t.Context(), "acme")
	if err != nil {
		x.t.Fatal(err)
	}
	ctx := event.WithOrigin(tenant.With(x.t.Context(), found), func() event.Origin { return event.Origin{IP: "192.0.2.1", UserAgent: "browser"} })
	id := tid.Format("user", user)
	for range times {
		err := s.DB.InTx(ctx, func(ctx context.Context) error {
			return s.Outbox.Append(ctx, event.Event{
				Fact: event.SignInSucceeded{NewDevice: true}, Outcome: "success", Actor: event.Actor{Type: "user", ID: id}, Subject: id,
			})
		})
		if err != nil {
			x.t.Fatal(err)
		}
	}
}

// Whenever a process that seals, erases, counts or reads the log is killed, the log fits, every
// row is in it once, every sign-in is counted once, and each user is there or wholly erased.
func TestAudit_losesNothingWhenItIsKilled(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	store, err := storage.Open(t.Context(), storage.Config{URL: secret.NewString(database), Subscriptions: app.Subscriptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	conn := storagetest.Owner(t, owner)
	const each = 20
	killed, ended := 0, 0
	usual := 100 * time.Millisecond // how long a command takes that is not killed
	for i := range 2 * *crashes {
		name := fmt.Sprintf("u%d@example.com", i)
		s.ok("user", "create", name)
		var id uuid.UUID
		if err := conn.QueryRow(t.Context(), `SELECT id FROM users WHERE email = $1`, name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		s.signedIn(store, id, each)
		began := time.Now()
		p := start(t, s.env, [][]string{{"audit", "head"}, {"user", "delete", name, "--yes"}, {"stats"}, {"events"}}[i/2%4]...)
		if i%2 == 0 { // every second one is let live, and says how long the next one takes
			p.exit(waitLimit)
			usual = time.Since(began)
			continue
		}
		select {
		case <-p.exited:
		case <-time.After(rand.N(usual)): // the moment is any
			p.signal(syscall.SIGKILL)
		}
		if p.exit(waitLimit) == -1 {
			killed++
		} else {
			ended++
		}
	}
	s.ok("audit", "verify")
	s.everyEventOnce(conn)
	s.everySignInOnce(conn, each*2**crashes)
	s.wholeOrErased(conn, each)
	t.Logf("%d commands killed, %d were quicker", killed, ended)
	if killed == 0 {
		t.Error("no command was killed")
	}
}

// everyEventOnce reads the feed and compares it with the log.
func (x *terminal) everyEventOnce(conn *pgx.Conn) {
	x.t.Helper()
	next := int64(0)
	for line := range strings.Lines(x.ok("events")) {
		var e struct{ Seq *int64 }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq == nil || *e.Seq != next {
			x.t.Fatalf("want event %d, got %s", next, line)
		}
		next++
	}
	x.none(conn, "rows that are no leaf, or two", `SELECT count(*) FROM audit_log a WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'acme')
		AND (SELECT count(*) FROM audit_leaves l WHERE l.tenant_id = a.tenant_id AND l.id = a.id) <> 1
		AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.tenant_id = a.tenant_id AND p.id = a.id)`)
}

// everySignInOnce compares what was counted with what happened.
func (x *terminal) everySignInOnce(conn *pgx.Conn, want int) {
	x.t.Helper()
	x.ok("stats")
	var counted int
	if err := conn.QueryRow(x.t.Context(), `SELECT coalesce(sum(count), 0) FROM statistics WHERE metric = 'sign_ins'`).Scan(&counted); err != nil || counted != want {
		x.t.Errorf("%d sign-ins were counted, want %d (%v)", counted, want, err)
	}
}

// wholeOrErased wants everything that identifies a user while there is one, and nothing after.
func (x *terminal) wholeOrErased(conn *pgx.Conn, each int) {
	x.t.Helper()
	rows, _ := conn.Query(x.t.Context(), `SELECT a.subject, EXISTS (SELECT FROM audit_log d WHERE d.type = 'user.deleted' AND d.subject = a.subject),
			count(d.id), (SELECT count(*) FROM events e WHERE e.body ->> 'subject' = a.subject AND e.body ? 'ip')
		FROM audit_log a LEFT JOIN audit_details d ON d.tenant_id = a.tenant_id AND d.id = a.id
		WHERE a.type = 'authentication.succeeded' GROUP BY a.subject`) // the error is also in rows
	var user string
	var deleted bool
	var details, origins, erased int
	_, err := pgx.ForEachRow(rows, []any{&user, &deleted, &details, &origins}, func() error {
		want := each
		if deleted {
			erased++
			want = 0
		}
		if details != want || origins != want {
			x.t.Errorf("%s, deleted %v: %d details and %d events with an address, want %d", user, deleted, details, origins, want)
		}
		return nil
	})
	if err != nil || erased == 0 {
		x.t.Errorf("%v, %d users deleted", err, erased)
	}
}

func (x *terminal) none(conn *pgx.Conn, of, sql string) {
	x.t.Helper()
	var n int
	if err := conn.QueryRow(x.t.Context(), sql).Scan(&n); err != nil || n > 0 {
		x.t.Errorf("%d %s (%v)", n, of, err)
	}
}
