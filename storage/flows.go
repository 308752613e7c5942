package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Flows implements provider.Flows. What it holds may be lost in a crash: users click
// once more.
type Flows struct {
	*DB
	ofNetwork, ofTenant int // quotas
}

func newFlows(db *DB) *Flows {
	return &Flows{DB: db, ofNetwork: provider.MaxFlowsOfNetwork, ofTenant: provider.MaxFlowsOfTenant}
}

// Keep implements provider.Flows.
func (s *Flows) Keep(ctx context.Context, f provider.StoredFlow, ttl time.Duration) error {
	kept, err := pg.Exec(pg.Lazily(ctx), s.DB, `
		WITH surplus AS (
			(SELECT id FROM flows WHERE browser = @browser ORDER BY id DESC OFFSET @of_browser)
			UNION
			(SELECT id FROM flows WHERE network = @network ORDER BY id DESC OFFSET @of_network)
		), dropped AS (
			DELETE FROM flows WHERE id IN (SELECT id FROM surplus)
		)
		INSERT INTO flows (id, browser, network, sealed, expires_at)
		SELECT @id, @browser, @network, @sealed, now() + @ttl::interval
		WHERE (SELECT count(*) FROM (SELECT FROM flows LIMIT @of_tenant) f) - (SELECT count(*) FROM surplus) < @of_tenant`,
		pg.Named{
			"id": f.ID, "browser": f.Browser, "network": f.Network, "sealed": f.Sealed, "ttl": ttl,
			"of_browser": provider.MaxFlows - 1, "of_network": s.ofNetwork - 1, "of_tenant": s.ofTenant,
		})
	if err == nil && kept == 0 {
		err = provider.ErrFlowsFull
	}
	return pg.Wrap("keep flow", err)
}

// Find implements provider.Flows.
func (s *Flows) Find(ctx context.Context, id uuid.UUID, browser []byte) (provider.StoredFlow, error) {
	f, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (f provider.StoredFlow, err error) {
		return f, row.Scan(&f.ID, &f.Browser, &f.Network, &f.Sealed, &f.Version)
	}, `SELECT id, browser, network, sealed, version FROM flows
		WHERE id = $1 AND (browser = $2) IS TRUE AND (expires_at > now()) IS TRUE`, id, browser)
	return f, pg.Wrap("find flow", pg.Absent(err, provider.ErrFlowGone))
}

// Change implements provider.Flows.
func (s *Flows) Change(ctx context.Context, f provider.StoredFlow) error {
	changed, err := pg.Exec(pg.Lazily(ctx), s.DB, `
		UPDATE flows SET sealed = $1, version = version + 1
		WHERE id = $2 AND (browser = $3) IS TRUE AND version = $4 AND (expires_at > now()) IS TRUE`, f.Sealed, f.ID, f.Browser, f.Version)
	if err == nil && changed == 0 {
		err = provider.ErrFlowGone
	}
	return pg.Wrap("change flow", err)
}

// Drop implements provider.Flows.
func (s *Flows) Drop(ctx context.Context, id uuid.UUID, browser []byte) error {
	_, err := pg.Exec(pg.Lazily(ctx), s.DB, `DELETE FROM flows WHERE id = $1 AND (browser = $2) IS TRUE`, id, browser)
	return pg.Wrap("drop flow", err)
}
