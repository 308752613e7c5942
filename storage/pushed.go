package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// PushedRequests implements provider.PushedRequests.
type PushedRequests struct{ *DB }

func newPushedRequests(db *DB) *PushedRequests { return &PushedRequests{db} }

// Push implements provider.PushedRequests.
func (s *PushedRequests) Push(ctx context.Context, hash []byte, p provider.PushedRequest, ttl time.Duration) error {
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO pushed_requests (hash, client_id, request, expires_at)
		VALUES (@hash, @client, @request, now() + @ttl::interval)`,
		pg.Named{"hash": hash, "client": p.ClientID, "request": p.Request, "ttl": ttl})
	return pg.Wrap("store pushed request", err)
}

// Find implements provider.PushedRequests.
func (s *PushedRequests) Find(ctx context.Context, hash []byte) (provider.PushedRequest, error) {
	found, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (p provider.PushedRequest, err error) {
		return p, row.Scan(&p.ClientID, &p.Request)
	}, `SELECT client_id, request FROM pushed_requests
		WHERE hash = $1 AND (expires_at > now()) IS TRUE AND spent_at IS NULL`, hash)
	return found, pg.Wrap("find pushed request", pg.Absent(err, provider.ErrPushedUnknown))
}

// Spend implements provider.PushedRequests. The key of the row is the gate, whether the
// request is still there or was cleaned up meanwhile. What stays is a row without the
// request, for as long as another flow of the same request can be open.
func (s *PushedRequests) Spend(ctx context.Context, clientID uuid.UUID, hash []byte) error {
	spent, err := pg.Exec(ctx, s.DB, `
		INSERT INTO pushed_requests AS p (hash, client_id, request, expires_at, spent_at)
		SELECT @hash, @client, '{}', now() + @flows::interval, now()
		WHERE EXISTS (SELECT FROM clients WHERE id = @client)
		ON CONFLICT (tenant_id, hash) DO UPDATE
		SET spent_at = excluded.spent_at, request = excluded.request, expires_at = excluded.expires_at
		WHERE p.spent_at IS NULL AND p.client_id = excluded.client_id`,
		pg.Named{"hash": hash, "client": clientID, "flows": provider.PushedTTL + provider.FlowTTL})
	if err == nil && spent == 0 {
		err = provider.ErrPushedUnknown
	}
	return pg.Wrap("spend pushed request", err)
}
