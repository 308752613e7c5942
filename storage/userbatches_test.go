package storage

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
)

// A tenant that grows by an import is another one than its statistics say: each name is looked up by its
// key all the same, and not among all rows of the tenant.
func TestCreateMany_readsNoMoreInATenantThatGrew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill := func(of, n int) {
		w.sql(`INSERT INTO users (tenant_id, id, external_id) SELECT $1::text::uuid, md5($1::text || n)::uuid, 'e' || n FROM generate_series(1, $2::int) n`, w.tenants[of].ID.String(), n)
		w.sql(`INSERT INTO user_identifiers (tenant_id, canonical, kind, user_id) SELECT $1::text::uuid, 'name' || n, 'username', md5($1::text || n)::uuid
			FROM generate_series(1, $2::int) n`, w.tenants[of].ID.String(), n)
	}
	fill(1, 20_000)
	w.sql(`ANALYZE`)
	fill(0, 5_000)
	var batch []identity.NewUser
	var external []string
	for i := range 100 {
		external = append(external, fmt.Sprintf("e%d", i+1))
		batch = append(batch, identity.NewUser{User: identity.User{
			ID: uuid.Must(uuid.NewV7()), Username: fmt.Sprintf("name%d", 4_951+i), CreatedAt: now(), Kept: &identity.Kept{ExternalID: fmt.Sprintf("new%d", i)},
		}})
	}
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
		held, err := w.users.Held(ctx, external)
		if must(t, err); len(held) != 100 {
			t.Errorf("found %d users by their external ids, want 100", len(held))
		}
		errs, err := w.users.CreateMany(ctx, batch)
		must(t, err)
		taken := 0
		for _, err := range errs {
			if err != nil {
				taken++
			}
		}
		if taken != 50 {
			t.Errorf("%d names are taken, want 50", taken)
		}
		read, err := pg.One(ctx, w.db, pgx.RowTo[int], `SELECT sum(seq_tup_read + idx_tup_fetch)::int FROM pg_stat_xact_user_tables WHERE relname IN ('users', 'user_identifiers')`)
		if must(t, err); read > 2_000 {
			t.Errorf("%d rows were read for 200 look-ups", read)
		}
		return nil
	})
	must(t, err)
}
