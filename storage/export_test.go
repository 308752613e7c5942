package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
