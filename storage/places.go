package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

// everywhere is an upkeep that is done in the shared tables and in each schema that a tenant has of its
// own, one after the other. One place that cannot be worked on leaves the others to be.
func everywhere(system *System, at func(*System) queue.Upkeep) queue.Upkeep {
	all := at(system)
	shared := all.Run
	all.Run = func(ctx context.Context) error {
		failed := shared(ctx)
		places, err := ownPlaces(ctx, system)
		failed = errors.Join(failed, err)
		for _, p := range places {
			if err := at(system.At(p)).Run(ctx); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", p, err))
			}
		}
		return failed
	}
	return all
}

// ownPlaces are the schemas of tenants, also of those that were deleted: their audit log stays.
func ownPlaces(ctx context.Context, system *System) ([]pg.Place, error) {
	names, err := pg.SystemQuery(ctx, system, pgx.RowTo[string], `
		SELECT nspname FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$' AND has_schema_privilege(oid, 'USAGE') ORDER BY nspname`)
	places := make([]pg.Place, len(names))
	for i, name := range names {
		places[i] = pg.InSchema(name)
	}
	return places, pg.Wrap("list schemas of tenants", err)
}
