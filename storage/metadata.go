package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/federation"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

const (
	metadataEvery = 15 * time.Minute
	metadataBatch = 200 // connections of one place at a time
	// metadataTime bounds one run: a provider that hangs takes seconds. Those that were not come to are the first of the next.
	metadataTime = 4 * time.Minute
)

// connectionMetadata is what of a connection's metadata is stored.
func connectionMetadata(c *federation.Connection) (metadata, state []byte, err error) {
	if !c.ReadsMetadata() {
		return nil, nil, nil
	}
	if c.Metadata != nil {
		if metadata, err = json.Marshal(c.Metadata); err != nil {
			return nil, nil, fmt.Errorf("write metadata of connection: %w", err)
		}
	}
	if state, err = json.Marshal(c.MetadataState); err != nil {
		return nil, nil, fmt.Errorf("write state of metadata: %w", err)
	}
	return metadata, state, nil
}

func readConnectionMetadata(c *federation.Connection, metadata, state []byte) error {
	if metadata != nil {
		if err := json.Unmarshal(metadata, &c.Metadata); err != nil {
			return fmt.Errorf("read metadata of connection: %w", err)
		}
	}
	if state != nil {
		if err := json.Unmarshal(state, &c.MetadataState); err != nil {
			return fmt.Errorf("read state of metadata: %w", err)
		}
	}
	return nil
}

// ClaimMetadata implements federation.MetadataRows. The UPDATE is the gate.
func (s *Connections) ClaimMetadata(ctx context.Context, id uuid.UUID, due, until time.Time) (won bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE connections SET metadata_due_at = $3 WHERE id = $1 AND metadata_due_at IS NOT DISTINCT FROM $2`, id, zeronull.Timestamptz(due), until)
	return n == 1, pg.Wrap("claim metadata", err)
}

// SetMetadata implements federation.MetadataRows.
func (s *Connections) SetMetadata(ctx context.Context, c federation.Connection, changed bool) error { //nolint:gocritic // as the interface has it
	metadata, state, err := connectionMetadata(&c)
	if err != nil {
		return err
	}
	return s.versioned(ctx, "store metadata", c.ID, func(ctx context.Context) (int64, error) {
		if changed { // updated_at counts the version
			return pg.Exec(ctx, s.DB, `
				UPDATE connections SET metadata = $3, metadata_state = $4, metadata_due_at = $5, updated_at = now() WHERE id = $1 AND version = $2`,
				c.ID, c.Version, metadata, state, zeronull.Timestamptz(c.MetadataDue))
		}
		return pg.Exec(ctx, s.DB, `UPDATE connections SET metadata = $3, metadata_state = $4, metadata_due_at = $5 WHERE id = $1 AND version = $2`,
			c.ID, c.Version, metadata, state, zeronull.Timestamptz(c.MetadataDue))
	})
}

// A metadataRefresh has the metadata of providers of SAML read that are due.
type metadataRefresh struct {
	system   *System
	tenants  *Tenants
	provider func() *federation.Service // nil: nobody here can ask providers
}

func (m *metadataRefresh) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "metadata_refresh", Every: metadataEvery, Run: m.run}
}

func (s *Store) provider() *federation.Service { return s.Providers }

// run goes by tenants in turns, and by what of each has been due for longest: however many providers of one hang, others have their turn. Each
// that was looked at is due later.
func (m *metadataRefresh) run(ctx context.Context) error {
	service := m.provider()
	if service == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTime)
	defer cancel()
	return eachDue(ctx, m.tenants, func(ctx context.Context, without []uuid.UUID) ([]due, error) {
		found, err := pg.SystemQuery(ctx, m.system, pgx.RowToStructByPos[due], `
			SELECT tenant_id, id, tenant_id FROM (
				SELECT tenant_id, id, metadata_due_at, row_number() OVER (PARTITION BY tenant_id ORDER BY metadata_due_at, id) AS nth FROM connections
				WHERE metadata_due_at <= now() AND spec ->> 'kind' = 'saml' AND disabled_at IS NULL AND tenant_id <> ALL($2)) c
			ORDER BY nth, metadata_due_at, id LIMIT $1`, metadataBatch, without)
		return found, pg.Wrap("find metadata that are due", err)
	}, func(ctx context.Context, at due) error {
		if err := service.RefreshMetadata(ctx, at.ID); err != nil && ctx.Err() == nil {
			return fmt.Errorf("read metadata of connection %s: %w", at.ID, err)
		}
		return nil
	})
}
