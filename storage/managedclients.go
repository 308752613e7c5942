package storage

import (
	"context"

	"github.com/google/uuid"

	"plinto/internal/keyset"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Find implements provider.ManagedClients.
func (s *Clients) Find(ctx context.Context, clientID string, w keyset.Window) ([]provider.Client, error) {
	from, descending, limit := w.Scan()
	var sql string
	switch {
	case clientID != "":
		found, err := pg.Query(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c WHERE c.client_id = $1`, clientID)
		if err != nil || len(found) == 0 || !inside(found[0].ID, from, descending) {
			return nil, pg.Wrap("find client", err)
		}
		return found, nil
	case descending:
		sql = `SELECT ` + clientColumns + ` FROM clients c WHERE c.id < $1 AND c.deleting_at IS NULL ORDER BY c.id DESC LIMIT $2`
	default:
		sql = `SELECT ` + clientColumns + ` FROM clients c WHERE c.id > $1 AND c.deleting_at IS NULL ORDER BY c.id LIMIT $2`
	}
	found, err := pg.Query(ctx, s.DB, toClient, sql, from, limit)
	return found, pg.Wrap("list clients", err)
}

// ByID implements provider.ManagedClients.
func (s *Clients) ByID(ctx context.Context, id uuid.UUID) (*provider.Client, error) {
	c, err := pg.One(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c WHERE c.id = $1 AND c.deleting_at IS NULL`, id)
	return &c, pg.Wrap("find client", pg.Absent(err, provider.ErrClientNotFound))
}

// RemoveSecret implements provider.ClientWrites.
func (s *Clients) RemoveSecret(ctx context.Context, client, id uuid.UUID) error {
	return s.versioned(ctx, "remove client secret", client, func(ctx context.Context) (int64, error) {
		n, err := pg.Exec(ctx, s.DB, `UPDATE clients SET updated_at = now() WHERE id = $1`, client)
		if err != nil || n == 0 {
			return n, err
		}
		removed, err := pg.Exec(ctx, s.DB, `
			DELETE FROM client_secrets WHERE client_id = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())`, client, id)
		if err == nil && removed == 0 {
			err = provider.ErrSecretNotFound
		}
		return n, err
	})
}

// Many implements provider.ManagedClients.
func (s *Clients) Many(ctx context.Context, ids []uuid.UUID) ([]provider.Client, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := pg.Query(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c WHERE c.id = ANY($1) AND c.deleting_at IS NULL`, ids)
	return found, pg.Wrap("find clients", err)
}
