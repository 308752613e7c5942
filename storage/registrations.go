package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/secret"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Registrations implements provider.Registrations.
type Registrations struct{ *Clients }

func newRegistrations(c *Clients) *Registrations { return &Registrations{c} }

// Admit implements provider.Registrations. Registrations of one tenant wait for each
// other, so that many at once cannot exceed the quota.
func (s *Registrations) Admit(ctx context.Context, initialHash []byte, quota int) (initial uuid.UUID, err error) {
	_, err = pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('registrations ' || current_tenant(), 0))`)
	if err != nil {
		return uuid.Nil, pg.Wrap("admit client", err)
	}
	if initialHash != nil {
		if initial, err = s.spend(ctx, initialHash); err != nil {
			return uuid.Nil, pg.Wrap("spend initial token", err)
		}
	}
	count, err := pg.One(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM client_registrations`)
	if err == nil && count >= quota {
		err = provider.ErrTooManyClients
	}
	return initial, pg.Wrap("admit client", err)
}

// spend takes one use of an initial token.
func (s *Registrations) spend(ctx context.Context, hash []byte) (uuid.UUID, error) {
	id, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		UPDATE initial_access_tokens SET uses_left = uses_left - 1
		WHERE hash = $1 AND uses_left > 0 AND expires_at > now() RETURNING id`, hash)
	return id, pg.Absent(err, provider.ErrInitialTokenUnknown)
}

// Add implements provider.Registrations.
func (s *Registrations) Add(ctx context.Context, r provider.Registration) error {
	_, err := pg.Exec(ctx, s.DB, `INSERT INTO client_registrations (client_id, token_hash, initial_token_id) VALUES ($1, $2, $3)`,
		r.Client.ID, r.TokenHash, zeronull.UUID(r.InitialToken))
	return pg.Wrap("add registration", err)
}

// Find implements provider.Registrations.
func (s *Registrations) Find(ctx context.Context, clientID string, tokenHash []byte) (*provider.Registration, error) {
	r, err := pg.One(ctx, s.DB, toRegistration, `
		SELECT r.token_hash, r.initial_token_id FROM client_registrations r
		JOIN clients c ON c.tenant_id = r.tenant_id AND c.id = r.client_id
		WHERE c.client_id = $1 AND c.disabled_at IS NULL`, clientID)
	return s.found(ctx, clientID, tokenHash, r, err)
}

// Lock implements provider.Registrations.
func (s *Registrations) Lock(ctx context.Context, clientID string, tokenHash []byte) (*provider.Registration, error) {
	r, err := pg.One(ctx, s.DB, toRegistration, `
		SELECT r.token_hash, r.initial_token_id FROM client_registrations r
		JOIN clients c ON c.tenant_id = r.tenant_id AND c.id = r.client_id
		WHERE c.client_id = $1 AND c.disabled_at IS NULL FOR UPDATE OF c`, clientID)
	return s.found(ctx, clientID, tokenHash, r, err)
}

func (s *Registrations) found(ctx context.Context, clientID string, tokenHash []byte, r provider.Registration, err error) (*provider.Registration, error) {
	if err != nil {
		return nil, pg.Wrap("find registration", pg.Absent(err, provider.ErrRegistrationTokenUnknown))
	}
	if !secret.Equal(r.TokenHash, tokenHash) {
		return nil, provider.ErrRegistrationTokenUnknown
	}
	c, err := s.Current(ctx, clientID)
	if errors.Is(err, provider.ErrClientNotFound) || err == nil && !c.DisabledAt.IsZero() {
		return nil, provider.ErrRegistrationTokenUnknown
	}
	if err != nil {
		return nil, err
	}
	r.Client = *c
	return &r, nil
}

func toRegistration(row pgx.CollectableRow) (r provider.Registration, err error) {
	return r, row.Scan(&r.TokenHash, (*zeronull.UUID)(&r.InitialToken))
}

// VouchedNames implements provider.Registrations.
func (s *Registrations) VouchedNames(ctx context.Context) ([]string, error) {
	names, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `
		SELECT c.metadata->>'client_name' FROM clients c
		WHERE coalesce(c.metadata->>'client_name', '') <> '' AND NOT EXISTS (
			SELECT FROM client_registrations r WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id AND r.initial_token_id IS NULL)`)
	return names, pg.Wrap("list names of clients", err)
}

// SetMetadata implements provider.Registrations. Besides the version it names what a
// client may not overrule, so that none of it hangs on how versions are counted.
func (s *Registrations) SetMetadata(ctx context.Context, c provider.Client) error {
	metadata, err := provider.EncodeMetadata(c.Metadata)
	if err != nil {
		return err
	}
	err = s.versioned(ctx, "set metadata of registration", c.ID, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE clients SET metadata = $3, sector = $4, updated_at = now()
			WHERE id = $1 AND version = $2 AND disabled_at IS NULL AND NOT first_party`, c.ID, c.Version, metadata, c.SectorIdentifier)
	})
	if errors.Is(err, provider.ErrClientNotFound) {
		return provider.ErrRegistrationTokenUnknown
	}
	return err
}

// InitialTokens implements provider.InitialTokens.
type InitialTokens struct{ *DB }

func newInitialTokens(db *DB) *InitialTokens { return &InitialTokens{db} }

// Issue implements provider.InitialTokens.
func (s *InitialTokens) Issue(ctx context.Context, t provider.InitialToken) error {
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO initial_access_tokens (id, name, hash, uses_left, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		t.ID, t.Name, t.Hash, t.UsesLeft, t.ExpiresAt)
	return pg.Wrap("issue initial token", err)
}

// Check implements provider.InitialTokens.
func (s *InitialTokens) Check(ctx context.Context, hash []byte) error {
	_, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT id FROM initial_access_tokens WHERE hash = $1 AND uses_left > 0 AND expires_at > now()`, hash)
	return pg.Wrap("check initial token", pg.Absent(err, provider.ErrInitialTokenUnknown))
}

// List implements provider.InitialTokens.
func (s *InitialTokens) List(ctx context.Context) ([]provider.InitialToken, error) {
	all, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (t provider.InitialToken, err error) {
		return t, row.Scan(&t.ID, &t.Name, &t.UsesLeft, &t.CreatedAt, &t.ExpiresAt)
	}, `SELECT id, name, uses_left, created_at, expires_at FROM initial_access_tokens ORDER BY created_at DESC, id DESC`)
	return all, pg.Wrap("list initial tokens", err)
}

// Revoke implements provider.InitialTokens.
func (s *InitialTokens) Revoke(ctx context.Context, id uuid.UUID) error {
	revoked, err := pg.Exec(ctx, s.DB, `DELETE FROM initial_access_tokens WHERE id = $1`, id)
	if err == nil && revoked == 0 {
		err = provider.ErrInitialTokenUnknown
	}
	return pg.Wrap("revoke initial token", err)
}
