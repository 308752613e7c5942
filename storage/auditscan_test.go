package storage

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event/audit"
)

// A verification reads rows and details on in their own order, which is another one than that
// of the leaves when clocks were wrong. It finds each all the same, and what is wrong with it.
func TestVerify_findsRowsInWhateverOrderTheyWereSealed(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	const rows = 10_000 // more than are read at once, twice
	a.sql(`INSERT INTO audit_log (tenant_id, id, type, occurred_at, actor_type, actor_id, subject, outcome, ip)
		SELECT $1, gen_random_uuid(), 'user.updated', date_trunc('month', now()) + random() * interval '1 day', 'user', 'user_1', 'user_1', 'success',
			CASE WHEN n % 3 = 0 THEN '' ELSE '192.0.2.1' END
		FROM generate_series(1, $2) n`, a.tenants[0].ID.String(), rows)
	if r := a.fits(a.ctx()); r.Rows != rows {
		t.Fatalf("got %+v, want %d rows", r, rows)
	}
	at := func(seq int64, detailed bool) (id uuid.UUID) {
		must(t, a.owner.QueryRow(t.Context(), `SELECT id FROM audit_leaves WHERE tenant_id = $1 AND seq >= $2 AND (detail_hash <> '') = $3 ORDER BY seq LIMIT 1`,
			a.tenants[0].ID.String(), seq, detailed).Scan(&id))
		return id
	}
	for _, c := range []struct {
		sql  string
		id   uuid.UUID
		says string
	}{ // from the last one to the first one: the first one is named
		{`DELETE FROM audit_log WHERE id = $1`, at(9000, true), "the row was deleted"},
		{`DELETE FROM audit_details WHERE id = $1`, at(6000, true), "detail was deleted"},
		{`UPDATE audit_details SET sealed = sealed || '\x00' WHERE id = $1`, at(5000, true), "detail was edited"},
		{`INSERT INTO audit_details SELECT tenant_id, id, occurred_at, 'user_1', 'x' FROM audit_leaves WHERE id = $1`, at(4500, false), "put in from another row"},
		{`UPDATE audit_log SET reason = 'x' WHERE id = $1`, at(4200, true), "the row was edited"},
		{`INSERT INTO audit_details SELECT tenant_id, id, occurred_at, 'user_1', 'x' FROM audit_leaves WHERE id = $1`, at(100, false), "put in from another row"},
	} {
		a.sql(c.sql, c.id)
		_, err := a.verifier.Verify(a.ctx(), "")
		var damage *audit.Damage
		if !errors.As(err, &damage) || damage.ID != c.id || !strings.Contains(damage.What, c.says) {
			t.Errorf("%s: got %v, want row %s: %q", c.sql, err, c.id, c.says)
		}
	}
}

// Ids of an older server's clock are sealed later: rows and details were read past by then.
func TestVerify_findsDetailsThatWereReadPast(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	const batch = 4500 // more than are read at once
	for n, first := range []int{0x30000000, 0x20000000, 0x10000000} {
		a.sql(`INSERT INTO audit_log (tenant_id, id, type, occurred_at, actor_type, actor_id, subject, outcome, ip)
			SELECT $1, (to_hex($2::int + n) || '-0000-7000-8000-000000000000')::uuid, 'user.updated',
				date_trunc('month', now()) + (3 - $4::int) * interval '1 hour' + n * interval '1 ms', 'user', 'user_1', 'user_1', 'success', '192.0.2.1'
			FROM generate_series(1, $3::int) n`, a.tenants[0].ID.String(), first, batch, n)
		if r := a.fits(a.ctx()); r.Rows != int64(n+1)*batch {
			t.Fatalf("got %+v, want %d rows", r, (n+1)*batch)
		}
	}
	id := uuid.MustParse("10000005-0000-7000-8000-000000000000")
	a.sql(`UPDATE audit_details SET sealed = sealed || '\x00' WHERE id = $1`, id)
	_, err := a.verifier.Verify(a.ctx(), "")
	var damage *audit.Damage
	if !errors.As(err, &damage) || damage.ID != id || !strings.Contains(damage.What, "detail was edited") {
		t.Errorf("got %v, want row %s: its detail was edited", err, id)
	}
}
