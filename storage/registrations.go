package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/provider"
)

// Registrations implements provider.Registrations.
type Registrations struct{ *Clients }

func newRegistrations(c *Clients) *Registrations { return &Registrations{c} }

// Register implements provider.Registrations. Registrations of one tenant wait for
// each other, so that many at once cannot exceed the quota.
func (s *Registrations) Register(ctx context.Context, r *provider.Registration, initialHash []byte, quota int) error {
	e := registrationEvent(event.ClientCreated, r.Client.ClientID)
	return s.tell(ctx, "register client", &e, func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('registrations ' || current_tenant(), 0))`)
		if err != nil {
			return err
		}
		e.Data = map[string]any{"registration": "open"}
		if initialHash != nil {
			if r.InitialToken, err = s.spend(ctx, initialHash); err != nil {
				return err
			}
			e.Data = map[string]any{"registration": "token", "initial_token": r.InitialToken.String()}
		}
		count, err := one(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM client_registrations`)
		if err != nil {
			return err
		}
		if count >= quota {
			return provider.ErrTooManyClients
		}
		if err := s.insert(ctx, r.Client); err != nil {
			return err
		}
		_, err = exec(ctx, s.DB, `INSERT INTO client_registrations (client_id, token_hash, initial_token_id) VALUES ($1, $2, $3)`,
			r.Client.ID, r.TokenHash, zeronull.UUID(r.InitialToken))
		return err
	})
}

// spend takes one use of an initial token.
func (s *Registrations) spend(ctx context.Context, hash []byte) (uuid.UUID, error) {
	id, err := one(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		UPDATE initial_access_tokens SET uses_left = uses_left - 1
		WHERE hash = $1 AND uses_left > 0 AND expires_at > now() RETURNING id`, hash)
	return id, absent(err, provider.ErrInitialTokenUnknown)
}

func registrationEvent(kind event.Type, clientID string) event.Event {
	return event.Event{Type: kind, Outcome: "success", Actor: event.Actor{Type: "client", ID: clientID}, Subject: clientID}
}

// Find implements provider.Registrations.
func (s *Registrations) Find(ctx context.Context, clientID string, tokenHash []byte) (*provider.Registration, error) {
	r, err := one(ctx, s.DB, toRegistration, `
		SELECT r.token_hash, r.initial_token_id FROM client_registrations r
		JOIN clients c ON c.tenant_id = r.tenant_id AND c.id = r.client_id
		WHERE c.client_id = $1 AND c.disabled_at IS NULL`, clientID)
	if err != nil {
		return nil, wrap("find registration", absent(err, provider.ErrRegistrationTokenUnknown))
	}
	if !secret.Equal(r.TokenHash, tokenHash) {
		return nil, provider.ErrRegistrationTokenUnknown
	}
	r.Client, err = one(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c WHERE c.client_id = $1`, clientID)
	return &r, wrap("find registered client", absent(err, provider.ErrRegistrationTokenUnknown))
}

func toRegistration(row pgx.CollectableRow) (r provider.Registration, err error) {
	return r, row.Scan(&r.TokenHash, (*zeronull.UUID)(&r.InitialToken))
}

// VouchedNames implements provider.Registrations.
func (s *Registrations) VouchedNames(ctx context.Context) ([]string, error) {
	names, err := query(ctx, s.DB, pgx.RowTo[string], `
		SELECT c.metadata->>'client_name' FROM clients c
		WHERE coalesce(c.metadata->>'client_name', '') <> '' AND NOT EXISTS (
			SELECT FROM client_registrations r WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id AND r.initial_token_id IS NULL)`)
	return names, wrap("list names of clients", err)
}

// Update implements provider.Registrations.
func (s *Registrations) Update(ctx context.Context, c provider.Client) error {
	e := registrationEvent(event.ClientUpdated, c.ClientID)
	err := s.tell(ctx, "update registration", &e, func(ctx context.Context) error {
		if err := s.replace(ctx, c, &e); err != nil {
			return err
		}
		if _, err := exec(ctx, s.DB, `DELETE FROM client_secrets WHERE client_id = $1`, c.ID); err != nil {
			return err
		}
		return s.insertSecrets(ctx, c.ID, c.Secrets)
	})
	return gone(err)
}

// Delete implements provider.Registrations.
func (s *Registrations) Delete(ctx context.Context, c provider.Client) error {
	e := registrationEvent(event.ClientDeleted, c.ClientID)
	return gone(s.tell(ctx, "delete registration", &e, func(ctx context.Context) error { return s.remove(ctx, c.ID) }))
}

// gone says of a client that is not there what its token is then.
func gone(err error) error {
	if errors.Is(err, provider.ErrClientNotFound) {
		return provider.ErrRegistrationTokenUnknown
	}
	return err
}

// InitialTokens implements provider.InitialTokens.
type InitialTokens struct {
	*DB
	outbox event.Outbox
}

func newInitialTokens(db *DB, outbox event.Outbox) *InitialTokens { return &InitialTokens{db, outbox} }

// Issue implements provider.InitialTokens.
func (s *InitialTokens) Issue(ctx context.Context, t provider.InitialToken) error {
	return wrap("issue initial token", s.change(ctx, event.InitialTokenIssued, t.ID, func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `
			INSERT INTO initial_access_tokens (id, name, hash, uses_left, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			t.ID, t.Name, t.Hash, t.UsesLeft, t.ExpiresAt)
		return err
	}))
}

// Check implements provider.InitialTokens.
func (s *InitialTokens) Check(ctx context.Context, hash []byte) error {
	_, err := one(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT id FROM initial_access_tokens WHERE hash = $1 AND uses_left > 0 AND expires_at > now()`, hash)
	return wrap("check initial token", absent(err, provider.ErrInitialTokenUnknown))
}

// List implements provider.InitialTokens.
func (s *InitialTokens) List(ctx context.Context) ([]provider.InitialToken, error) {
	all, err := query(ctx, s.DB, func(row pgx.CollectableRow) (t provider.InitialToken, err error) {
		return t, row.Scan(&t.ID, &t.Name, &t.UsesLeft, &t.CreatedAt, &t.ExpiresAt)
	}, `SELECT id, name, uses_left, created_at, expires_at FROM initial_access_tokens ORDER BY created_at DESC, id DESC`)
	return all, wrap("list initial tokens", err)
}

// Revoke implements provider.InitialTokens.
func (s *InitialTokens) Revoke(ctx context.Context, id uuid.UUID) error {
	return wrap("revoke initial token", s.change(ctx, event.InitialTokenEnded, id, func(ctx context.Context) error {
		revoked, err := exec(ctx, s.DB, `DELETE FROM initial_access_tokens WHERE id = $1`, id)
		if err == nil && revoked == 0 {
			return provider.ErrInitialTokenUnknown
		}
		return err
	}))
}

// change makes one change with its event.
func (s *InitialTokens) change(ctx context.Context, kind event.Type, id uuid.UUID, do func(context.Context) error) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return s.outbox.Append(ctx, event.Event{
			Type: kind, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: id.String(),
		})
	})
}
