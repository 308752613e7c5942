package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/storage/queue"
	"plinto/tenant"
)

// Upkeep is what a store of that configuration does again and again.
func (s *Store) Upkeep(cfg Config) ([]queue.Upkeep, error) { return s.upkeep(cfg) }

// Source is where jobs find what they name.
func (s *Store) Source() queue.Source { return &jobSource{System: s.system, tenants: s.Tenants} }

// Due is something that upkeep does in a tenant.
type Due = due

// EachDue does what is due.
func EachDue(ctx context.Context, s *Store, find func(context.Context, []uuid.UUID) ([]due, error), do func(context.Context, due) error) error {
	return eachDue(ctx, s.Tenants, find, do)
}

// TellFacts tells tenants what waits for them.
func TellFacts(ctx context.Context, s *Store, of ...tenant.ID) error {
	return s.Tenants.facts(s.system).tell(ctx, of...)
}

// QueueDeletion queues the upkeep that deletes tenants, in a transaction that is not over when it returns.
func QueueDeletion(ctx context.Context, s *Store, tx pgx.Tx) error {
	return s.Outbox.jobs.InsertUpkeep(ctx, tx, tenantDeletionName)
}

// SetRounds sets how upkeep comes to databases of tenants. Each is looked at for as long as it is worked on.
func SetRounds(s *Store, atOnce int, each, rest time.Duration) {
	r := s.Tenants.rounds
	r.atOnce, r.each, r.rest, r.look = atOnce, each, rest, each
}

// AddDatabase makes the row of a tenant with a database that nobody looks at.
func AddDatabase(ctx context.Context, s *Store, id tenant.ID, url string) error {
	sealed, err := s.Tenants.dbs.Seal(id, secret.NewString(url))
	if err != nil {
		return err
	}
	return s.system.Begin(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO tenants (id, slug, name, isolation) VALUES ($1, $2, '', 'database')`, uuid.UUID(id), id.String()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO tenant_databases (id, url) VALUES ($1, $2)`, uuid.UUID(id), sealed)
		return err
	})
}

// SealDatabase returns what is stored of the URL of a tenant's database, which is looked for again.
func SealDatabase(s *Store, id tenant.ID, url string) ([]byte, error) {
	s.Tenants.found.forget()
	return s.Tenants.dbs.Seal(id, secret.NewString(url))
}
