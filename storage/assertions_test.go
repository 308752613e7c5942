package storage

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// What a client had spent is spent for another one of its client_id from the moment at which it is deleted, also where
// a job takes it away in steps: the deletion of one with very many is not their copy.
func TestAssertions_outliveTheirClient_DEL_22(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spent  int  // besides one
		copied bool // by the version before, which then begins the same job
	}{"with one statement": {spent: 3}, "in steps": {spent: 2*deletedAtOnce + 10}, "in steps that the version before began": {2*deletedAtOnce + 10, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			clients, assertions := newClients(w.db, copyOptions{heard: always}), newAssertions(w.db)
			clients.jobs = &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
			first := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: "machine", Metadata: testworld.Web("https://rp.example/cb")}
			must(t, clients.Create(w.ctx(), first))
			jti, until := random(), time.Now().Add(time.Hour)
			must(t, assertions.Spend(w.ctx(), first.ID, jti, until))
			w.sql(`INSERT INTO spent_assertions (tenant_id, client_id, jti_hash, expires_at)
				SELECT $1, $2, sha256(n::text::bytea), now() + interval '1 hour' FROM generate_series(1, $3::int) n`, w.tenants[0].ID.String(), first.ID, c.spent)
			steps := c.spent > deletedAtOnce
			must(t, clients.Delete(w.ctx(), first.ID))
			if n := w.count(`SELECT count(*) FROM retired_assertions`); steps && n != 0 || !steps && n != c.spent+1 {
				t.Errorf("%d are copied with its deletion", n)
			}
			if c.copied {
				w.sql(`INSERT INTO retired_assertions SELECT s.tenant_id, c.deleted_client_id, s.jti_hash, s.expires_at FROM spent_assertions s JOIN clients c ON c.id = s.client_id`)
				w.sql(`UPDATE clients SET deleted_client_id = NULL`)
			}
			again := first
			again.ID = uuid.Must(uuid.NewV7())
			must(t, clients.Create(w.ctx(), again))
			replayed := func(when string) {
				t.Helper()
				if err := assertions.Spend(w.ctx(), again.ID, jti, until); !errors.Is(err, provider.ErrAssertionSpent) {
					t.Errorf("%s another client of its client_id spends it again: %v", when, err)
				}
			}
			replayed("at once")
			if steps {
				var job uuid.UUID
				must(t, w.owner.QueryRow(t.Context(), `SELECT id FROM jobs WHERE kind = 'client_deletion'`).Scan(&job))
				for _, err := clients.deleter().step(w.ctx(), job, first.ID); w.count(`SELECT count(*) FROM spent_assertions WHERE client_id = $1`, first.ID) > 0; _, err = clients.deleter().step(w.ctx(), job, first.ID) {
					must(t, err)
					replayed("between two steps")
				}
				must(t, clients.GoOnDeleting(w.ctx(), job))
			}
			replayed("at last")
			if n := w.count(`SELECT count(*) FROM retired_assertions WHERE client_id = $1`, first.ClientID); n != c.spent+1 {
				t.Errorf("%d are kept, want %d", n, c.spent+1)
			}
			if n := w.count(`SELECT count(*) FROM clients WHERE deleting_at IS NOT NULL`); n != 0 {
				t.Error("its row is left")
			}
			must(t, assertions.Spend(w.ctx(), again.ID, random(), until))
		})
	}
}
