package storage

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/audit"
	"plinto/identity"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A sealing that dies at any of its writes leaves nothing of it, and the next one does it.
func TestSealer_diesBetweenAnyTwoWritesAndSealsOnce(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		"INSERT ON audit_trees", "INSERT ON audit_persons", "INSERT ON audit_keys", "INSERT ON audit_leaves", "DELETE ON audit_pending",
		"INSERT ON audit_details", "INSERT ON audit_tiles", "INSERT ON audit_heads", "UPDATE ON audit_trees",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			a := newAuditor(t)
			a.happen(a.ctx(), 5, "user_1")
			// The connection is cut, as by kill -9 of the server.
			a.sql(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
				CREATE TRIGGER die AFTER ` + step + ` FOR EACH STATEMENT EXECUTE FUNCTION die();
				ALTER FUNCTION die() SECURITY DEFINER`)
			if err := a.sealer.Seal(t.Context(), a.tenants[0].ID); err == nil {
				t.Fatal("it did not die")
			}
			if n := a.count(`SELECT (SELECT count(*) FROM audit_leaves) + (SELECT count(*) FROM audit_details) + (SELECT count(*) FROM audit_heads)`); n != 0 {
				t.Errorf("%d rows of a sealing that died", n)
			}
			table := step[strings.Index(step, "audit_"):]
			a.sql(`DROP TRIGGER die ON ` + table)
			if r := a.fits(a.ctx()); r.Rows != 5 {
				t.Errorf("got %+v, want 5 rows", r)
			}
		})
	}
}

// Any number of sealers at once, while events happen: each row is sealed once.
func TestSealer_isOneOfMany(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() { a.happen(a.ctx(), 40, "user_"+string(rune('1'+n))) })
		all.Go(func() {
			for range 15 {
				if err := a.sealer.Seal(t.Context(), a.tenants[0].ID); err != nil {
					t.Errorf("seal: %v", err)
				}
			}
		})
	}
	all.Wait()
	if r := a.fits(a.ctx()); r.Rows != 120 || r.Heads < 1 {
		t.Errorf("got %+v, want 120 rows", r)
	}
}

// While one seals, another waits for it instead of doing the same work for nothing.
func TestSealer_waitsForWhoSeals(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.happen(a.ctx(), 1, "user_1")
	must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID)) // makes the tree
	a.happen(a.ctx(), 4, "user_1")
	inside, free, early := make(chan struct{}), make(chan struct{}), make(chan struct{})
	first := &audit.Sealer{Seals: a.sealer.Seals, Vault: a.sealer.Vault, Log: a.sealer.Log}
	second := &audit.Sealer{Seals: a.sealer.Seals, Vault: a.sealer.Vault, Log: a.sealer.Log}
	var once, twice sync.Once
	first.Now = func() time.Time {
		once.Do(func() { close(inside); <-free })
		return time.Now()
	}
	second.Now = func() time.Time {
		select {
		case <-free:
		default:
			twice.Do(func() { close(early) })
		}
		return time.Now()
	}
	var all sync.WaitGroup
	seal := func(s *audit.Sealer) {
		if err := s.Seal(t.Context(), a.tenants[0].ID); err != nil {
			t.Errorf("seal: %v", err)
		}
	}
	all.Go(func() { seal(first) })
	<-inside
	all.Go(func() { seal(second) })
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for waited := false; !waited; {
		select {
		case <-early:
			t.Error("the second did not wait")
			waited = true
		case <-tick.C:
			waited = a.waiting() > 0
		}
	}
	close(free)
	all.Wait()
	if r := a.fits(a.ctx()); r.Rows != 5 {
		t.Errorf("got %+v, want 5 rows", r)
	}
}

// Rows become visible in another order than that of their ids.
func TestSealer_losesNoRowThatIsCommittedLate(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	begun, sealed := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := a.db.InTx(a.ctx(), func(ctx context.Context) error {
			err := a.outbox.Append(ctx, event.Event{Fact: event.UserCreated{}, Outcome: "success"})
			if err == nil {
				_, err = pg.Exec(ctx, a.db, `SELECT 1`) // sends it
			}
			close(begun)
			<-sealed
			return err
		})
		if err != nil {
			t.Errorf("late: %v", err)
		}
	})
	<-begun
	a.happen(a.ctx(), 3, "user_1")
	must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
	close(sealed)
	all.Wait()
	if r := a.fits(a.ctx()); r.Rows != 4 {
		t.Errorf("got %+v, want 4 rows", r)
	}
}

// Clocks that jump do not reorder what is sealed, nor keep heads from being signed.
func TestSealer_doesNotDependOnClocks(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	for _, at := range []time.Time{now(), now().Add(-40 * time.Hour), now().Add(48 * time.Hour), now()} {
		a.clock = at
		a.append(a.ctx(), event.Event{Fact: event.UserCreated{}, Outcome: "success", OccurredAt: at})
		must(t, a.sealer.Run(t.Context()))
	}
	a.clock = time.Time{}
	if n := a.count(`SELECT count(*) FROM audit_heads`); n != 4 {
		t.Errorf("%d heads, want 4", n)
	}
	if r := a.fits(a.ctx()); r.Rows != 4 {
		t.Errorf("got %+v, want 4 rows", r)
	}
}

// A head is signed once a minute while events happen, and a minute after the last of them.
func TestSealer_signsAHeadAMinute(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	began := now()
	for i, c := range []struct {
		at     time.Duration
		events int
		heads  int
	}{{0, 1, 1}, {30 * time.Second, 1, 1}, {59 * time.Second, 0, 1}, {61 * time.Second, 0, 2}, {time.Hour, 0, 2}, {time.Hour, 1, 3}} {
		a.clock = began.Add(c.at)
		a.happen(a.ctx(), c.events, "user_1")
		a.sql(`UPDATE audit_trees SET past_done = false`) // so that it is looked at
		must(t, a.sealer.Run(t.Context()))
		if n := a.count(`SELECT count(*) FROM audit_heads`); n != c.heads {
			t.Errorf("step %d: %d heads, want %d", i, n, c.heads)
		}
	}
	a.happen(a.ctx(), 1, "user_1")
	must(t, a.sealer.Run(t.Context()))
	for after, want := range map[string]int{"61 seconds": 1, "59 seconds": 0, "-61 seconds": 1} {
		a.sql(`UPDATE audit_trees SET head_at = now() - $1::interval`, after)
		var waiting []tenant.ID
		err := a.sealer.Seals.Waiting(t.Context(), audit.HeadAfter, func(_ context.Context, of []tenant.ID) error {
			waiting = of
			return nil
		})
		if err != nil || len(waiting) != want {
			t.Errorf("%s after the last head: %d tenants wait for one, %v, want %d", after, len(waiting), err, want)
		}
	}
}

// erasedUser is a user with three rows of their own, one of them not sealed.
func (a *auditor) erasedUser() (identity.User, []uuid.UUID) {
	a.t.Helper()
	u := a.user()
	ids := a.happen(a.ctx(), 2, u.PublicID())
	must(a.t, a.sealer.Seal(a.t.Context(), a.tenants[0].ID))
	return u, append(ids, a.happen(a.ctx(), 1, u.PublicID())...)
}

// What identifies a person is readable until the user is deleted, and then never again; the
// rows stay, and fit.
func TestErasure_leavesALogThatFits(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	u, ids := a.erasedUser()
	a.happen(a.ctx(), 1, "user_2")
	for _, id := range ids {
		r, err := a.reader.Show(a.ctx(), id)
		if err != nil || r.IP != "192.0.2.1" || r.UserAgent == "" || r.Erased {
			t.Errorf("before: %+v, %v", r, err)
		}
	}
	if n := a.count(`SELECT count(*) FROM audit_log WHERE ip <> '' OR agent <> ''`) + a.count(`SELECT count(*) FROM audit_details WHERE position('192.0.2.1' in encode(sealed, 'escape')) > 0`); n != 0 {
		t.Errorf("%d rows with an address in clear", n)
	}
	dir := &identity.Directory{Users: a.users, Writes: a.users, Deletions: a.users, Sessions: a.sessions, Outbox: a.outbox, Tx: a.db}
	must(t, dir.Delete(a.ctx(), event.Actor{Type: "user", ID: u.PublicID()}, u.ID))
	if n := a.count(`SELECT count(*) FROM audit_details WHERE person = $1`, u.PublicID()) + a.count(`SELECT count(*) FROM audit_persons WHERE person = $1 AND sealed <> ''`, u.PublicID()); n != 0 {
		t.Errorf("%d keys and details are left", n)
	}
	if r := a.fits(a.ctx()); r.Rows != 5 || r.Erased != 2 {
		t.Errorf("got %+v, want 5 rows, of which 2 had detail that was sealed", r)
	}
	for _, id := range ids {
		if r, err := a.reader.Show(a.ctx(), id); err != nil || r.IP != "" || r.UserAgent != "" || r.Subject != u.PublicID() {
			t.Errorf("after: %+v, %v", r, err)
		}
	}
	if n := a.count(`SELECT count(*) FROM audit_pending`) + a.count(`SELECT count(*) FROM audit_details WHERE person = $1`, u.PublicID()); n != 0 {
		t.Errorf("%d details came after the erasure", n)
	}
	if found, err := a.reader.List(a.ctx(), audit.Filter{Subject: "user_2", Limit: 10}); err != nil || len(found) != 1 || found[0].IP == "" {
		t.Errorf("of somebody else: %+v, %v", found, err)
	}
}

// A transaction that fails erases nothing.
func TestErasure_isPartOfTheDeletion(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	u, ids := a.erasedUser()
	failed := errors.New("failed")
	err := a.db.InTx(a.ctx(), func(ctx context.Context) error {
		if err := a.users.Delete(ctx, u.ID); err != nil {
			return err
		}
		return failed
	})
	if r, showErr := a.reader.Show(a.ctx(), ids[0]); !errors.Is(err, failed) || showErr != nil || r.IP == "" {
		t.Errorf("got %v, %v, %+v", err, showErr, r)
	}
}

// A sealer and a deletion at once: whoever comes second sees the other.
func TestErasure_whileASealerSealsLeavesNoDetail(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	for range 10 {
		u := a.user()
		a.happen(a.ctx(), 5, u.PublicID())
		var all sync.WaitGroup
		all.Go(func() { must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID)) })
		all.Go(func() { must(t, a.users.Delete(a.ctx(), u.ID)) })
		all.Wait()
		must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
		if n := a.count(`SELECT count(*) FROM audit_details WHERE person = $1`, u.PublicID()) + a.count(`SELECT count(*) FROM audit_persons WHERE person = $1 AND erased_at IS NULL`, u.PublicID()); n != 0 {
			t.Fatalf("%d details or keys are left", n)
		}
	}
	a.fits(a.ctx())
}

// The role that answers requests, taken over by SQL injection, can forge no seal, and read no
// other tenant's.
func TestSeals_areOutOfReachOfRequests(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.happen(a.ctx(), 3, "user_1")
	a.happen(a.other(), 3, "user_2")
	must(t, a.sealer.Run(t.Context()))
	for _, sql := range []string{
		`INSERT INTO audit_leaves (seq, id, occurred_at, row_hash, detail_hash) VALUES (9, gen_random_uuid(), now(), '', '')`,
		`UPDATE audit_leaves SET row_hash = ''`, `DELETE FROM audit_leaves`, `UPDATE audit_tiles SET hashes = ''`, `DELETE FROM audit_tiles`,
		`INSERT INTO audit_heads (size, signed_at, note) VALUES (9, now(), '')`, `DELETE FROM audit_heads`, `UPDATE audit_trees SET size = 0`,
		`UPDATE audit_keys SET sealed = ''`, `DELETE FROM audit_keys`, `DELETE FROM audit_pending`, `UPDATE audit_pending SET detail = NULL`,
		`UPDATE audit_details SET sealed = ''`, `DELETE FROM audit_persons`, `UPDATE audit_log SET ip = ''`, `TRUNCATE audit_leaves`,
		`INSERT INTO audit_persons (person, sealed) VALUES ('user_9', 'x')`, `UPDATE audit_persons SET sealed = 'x', erased_at = NULL`,
	} {
		if _, err := pg.Exec(a.ctx(), a.db, sql); refused(err) != "42501" {
			t.Errorf("%s by the app role: got %v, want it refused", sql, err)
		}
	}
	if n, err := pg.Exec(a.ctx(), a.db, `DELETE FROM audit_details`); err != nil || n != 0 {
		t.Errorf("details of people who were not erased: %d deleted, %v", n, err)
	}
	for _, sql := range []string{
		`UPDATE audit_log SET type = 'x'`, `UPDATE audit_log SET ip = 'x'`, `DELETE FROM audit_log`, `UPDATE audit_leaves SET row_hash = ''`,
		`DELETE FROM audit_leaves`, `DELETE FROM audit_heads`, `UPDATE audit_persons SET sealed = ''`, `DELETE FROM audit_tiles`,
	} {
		if _, err := a.platform.Exec(t.Context(), sql); refused(err) != "42501" {
			t.Errorf("%s by the platform role: got %v, want it refused", sql, err)
		}
	}
	for _, sql := range []string{`DELETE FROM audit_details`, `DELETE FROM audit_persons`} {
		if tag, err := a.platform.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("%s by the platform role: %d rows, %v", sql, tag.RowsAffected(), err)
		}
	}
	a.fits(a.ctx())
}

// An administrator of a tenant sees no log of another, whatever they ask.
func TestAudit_isReadByItsTenantOnly(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	above := a.happen(a.ctx(), 3, "user_1")
	a.happen(a.other(), 1, "user_2")
	must(t, a.sealer.Run(t.Context()))
	waiting := a.happen(a.ctx(), 1, "user_1")
	if found, err := a.reader.List(a.other(), audit.Filter{Limit: 100}); err != nil || len(found) != 1 || found[0].Subject != "user_2" {
		t.Errorf("list: %+v, %v", found, err)
	}
	for _, id := range append(above, waiting...) {
		if _, err := a.reader.Show(a.other(), id); !errors.Is(err, audit.ErrNoRow) {
			t.Errorf("show: got %v, want ErrNoRow", err)
		}
		if _, err := a.prover.Row(a.other(), id); !errors.Is(err, audit.ErrNoRow) {
			t.Errorf("prove: got %v, want ErrNoRow", err)
		}
	}
	if page, err := a.feed.Next(a.other(), -1, 100, 0); err != nil || len(page.Events) != 1 || page.More {
		t.Errorf("feed: %+v, %v", page, err)
	}
	if _, err := a.feed.Next(a.other(), 2, 100, 0); !errors.Is(err, audit.ErrCursor) {
		t.Errorf("a cursor of another tenant: got %v, want ErrCursor", err)
	}
	head, err := a.prover.Head(a.ctx())
	must(t, err)
	if _, err := a.verifier.Verify(a.other(), head); !errors.Is(err, audit.ErrHead) {
		t.Errorf("a head of another tenant: got %v, want ErrHead", err)
	}
	if keys, err := a.log.Persons(a.other(), []string{"user_1"}); err != nil || len(keys) != 0 {
		t.Errorf("keys of another tenant: %v, %v", keys, err)
	}
}
