package pg

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/freshness"
	"plinto/tenant"
)

func replicas(t *testing.T, limit time.Duration) (*Replicas, *replica) {
	t.Helper()
	one := &replica{name: "r", db: NewDB(database(t))}
	one.out("it was not asked yet")
	return &Replicas{all: []*replica{one}, limit: limit, log: slog.New(slog.DiscardHandler)}, one
}

// How far a replica is behind is what the primary had when it was last where the replica is now, so
// one that is cut off grows old like one that is slow, and a primary that writes nothing makes nobody old.
func TestReplicas_areJudgedByWhatThePrimaryHad(t *testing.T) {
	t.Parallel()
	r, one := replicas(t, 5*time.Second)
	now := time.Now()
	r.samples = []sample{{now.Add(-20 * time.Second), 100}, {now.Add(-4 * time.Second), 200}, {now, 300}}
	for _, c := range []struct {
		name     string
		replayed uint64
		after    freshness.Position
		want     bool
	}{
		{"caught up", 300, 0, true},
		{"four seconds behind", 250, 0, true},
		{"twenty seconds behind", 199, 0, false},
		{"before everything known", 50, 0, false},
		{"what its reader wrote is there", 250, 250, true},
		{"what its reader wrote is not there", 250, 251, false},
		{"whoever sees everything", 300, freshness.Newest, false},
	} {
		one.replayed.Store(c.replayed)
		r.judge(t.Context(), one, c.replayed)
		if got := r.usable(one, c.after, now); got != c.want {
			t.Errorf("%s: usable is %v, want %v", c.name, got, c.want)
		}
	}
	r.judge(t.Context(), one, 300)
	one.replayed.Store(300)
	if r.usable(one, 0, now.Add(6*time.Second)) {
		t.Error("one of which nothing was heard for longer than the limit is asked")
	}
	if got := r.States()[0]; got.Out != "" || got.Lag < 0 {
		t.Errorf("state %+v", got)
	}
}

// Only statements that read and that are part of no transaction go to a replica; a statement that a
// replica does not take is the primary's.
func TestDB_asksReplicasOnlyToShowSomething(t *testing.T) {
	t.Parallel()
	r, one := replicas(t, time.Hour)
	db := NewDB(database(t))
	db.ReadFrom(r)
	one.fresh.Store(time.Now().UnixNano())
	ctx := tenant.With(t.Context(), someTenant())
	shown := freshness.Display(ctx, 0)
	must(t, add(shown, db)) // to the primary, which the replica here never follows
	if here, there := things(t, db, ctx), things(t, db, shown); here != 1 || there != 0 {
		t.Errorf("the primary shows %d things and the replica %d, want 1 and 0", here, there)
	}
	must(t, db.InTx(shown, func(ctx context.Context) error {
		if n := things(t, db, ctx); n != 1 {
			t.Errorf("in a transaction: %d things, want the primary's", n)
		}
		return nil
	}))
	for want, change := range map[error]func(*tenant.Tenant){
		tenant.ErrMoving:     func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Moving },
		tenant.ErrUnreadable: func(t *tenant.Tenant) { t.Unreadable = "its keys" },
	} {
		nowhere := *someTenant()
		change(&nowhere)
		if _, err := Query(freshness.Display(tenant.With(t.Context(), &nowhere), 0), db, pgx.RowTo[int], `SELECT 1`); !errors.Is(err, want) {
			t.Errorf("a replica is asked for a tenant that is nowhere: %v, want %v", err, want)
		}
	}
	if _, err := one.db.shared.Exec(ctx, `ALTER DATABASE `+nameOf(t, one.db)+` SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	one.db.shared.Reset()
	_, err := Query(shown, db, pgx.RowTo[string], `INSERT INTO things (id) VALUES ($1) RETURNING name`, uuid.New())
	if n := things(t, db, ctx); err != nil || n != 2 {
		t.Errorf("a write: %v, %d things, want it at the primary", err, n)
	}
	if got := r.States()[0]; got.Refused != 1 || got.Failed != 1 || got.Answered != 1 {
		t.Errorf("counted %+v", got)
	}
	_, err = Query(shown, db, pgx.RowTo[int], `SELECT 1 / (random() * 0)::int`)
	if err == nil || errors.Is(err, pgx.ErrNoRows) || !strings.Contains(err.Error(), "zero") {
		t.Errorf("a statement that is wrong anywhere: %v", err)
	}
	one.db.shared.Close()
	if n := things(t, db, shown); n != 2 {
		t.Errorf("without the replica: %d things, want the primary's", n)
	}
}

// REP-05: a replica that has not come to a move yet takes the tenant for one that was moved away from where it is now.
func TestReplicas_thatAreBehindAMoveLeaveItToThePrimary_REP_05(t *testing.T) {
	t.Parallel()
	r, one := replicas(t, time.Hour)
	db := NewDB(database(t))
	db.ReadFrom(r)
	one.fresh.Store(time.Now().UnixNano())
	here := someTenant()
	shown := freshness.Display(tenant.With(t.Context(), here), 0)
	_, err := one.db.shared.Exec(t.Context(), `INSERT INTO tenant_fences VALUES ($1)`, here.ID.String())
	must(t, err)
	must(t, add(shown, db))
	if n := things(t, db, shown); n != 1 {
		t.Errorf("%d things are shown, want the primary's", n)
	}
	if got := r.States()[0]; got.Failed != 1 || got.Answered != 0 || got.Out != "" {
		t.Errorf("counted %+v", got)
	}
	_, err = one.db.shared.Exec(t.Context(), `DELETE FROM tenant_fences`)
	must(t, err)
	if n := things(t, db, shown); n != 0 {
		t.Errorf("a replica that has come to the move shows %d things, want its own", n)
	}
	_, err = db.shared.Exec(t.Context(), `INSERT INTO tenant_fences VALUES ($1)`, here.ID.String())
	must(t, err)
	one.out("for this test")
	if _, err := Query(shown, db, pgx.RowTo[int], `SELECT 1`); !errors.Is(err, tenant.ErrMoving) {
		t.Errorf("a tenant that the primary says was moved: %v", err)
	}
}

func nameOf(t *testing.T, db *DB) (name string) {
	t.Helper()
	must(t, db.shared.QueryRow(t.Context(), `SELECT quote_ident(current_database())`).Scan(&name))
	return name
}
