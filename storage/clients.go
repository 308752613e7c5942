package storage

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/provider"
	"plinto/tenant"
)

// clientEntries bounds the clients held in memory.
const clientEntries = 20_000

// Clients implements provider.Clients, from memory where it can.
type Clients struct {
	*DB
	outbox event.Outbox
	cache  *cache[*provider.Client]
}

func newClients(db *DB, outbox event.Outbox, h *hearing) *Clients {
	return &Clients{DB: db, outbox: outbox, cache: newCache[*provider.Client](clientEntries, h)}
}

// clientColumns are read by toClient, of a table named c. Secrets come along as
// one JSON array, newest first.
const clientColumns = `c.id, c.client_id, c.metadata, c.first_party, nullif(c.not_before, '-infinity'), c.disabled_at, c.created_at, c.updated_at,
	EXISTS (SELECT FROM client_registrations r WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id AND r.initial_token_id IS NULL),
	(SELECT coalesce(json_agg(json_build_object('ID', s.id, 'Hash', encode(s.hash, 'base64'), 'Sealed', encode(s.sealed, 'base64'), 'Weak', s.weak, 'CreatedAt', s.created_at, 'ExpiresAt', s.expires_at) ORDER BY s.created_at DESC, s.id DESC), '[]')
	 FROM client_secrets s WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now()))`

func toClient(row pgx.CollectableRow) (c provider.Client, err error) {
	var metadata map[string]json.RawMessage
	var secrets json.RawMessage
	err = row.Scan(&c.ID, &c.ClientID, &metadata, &c.FirstParty, (*zeronull.Timestamptz)(&c.NotBefore),
		(*zeronull.Timestamptz)(&c.DisabledAt), &c.CreatedAt, &c.UpdatedAt, &c.Unvouched, &secrets)
	if err != nil {
		return c, err
	}
	c.Metadata, _ = provider.DecodeMetadata(metadata) // it was validated when it was stored
	return c, json.Unmarshal(secrets, &c.Secrets)
}

// ByClientID implements provider.Clients.
func (s *Clients) ByClientID(ctx context.Context, clientID string) (*provider.Client, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	return s.cache.get(ctx, cacheKey{t.ID, clientID}, func(ctx context.Context) (*provider.Client, error) {
		c, err := one(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c WHERE c.client_id = $1`, clientID)
		return &c, wrap("find client", absent(err, provider.ErrClientNotFound))
	})
}

// List implements provider.Clients.
func (s *Clients) List(ctx context.Context) ([]provider.Client, error) {
	all, err := query(ctx, s.DB, toClient, `SELECT `+clientColumns+` FROM clients c ORDER BY c.client_id`)
	return all, wrap("list clients", err)
}

// Create implements provider.Clients.
func (s *Clients) Create(ctx context.Context, c provider.Client) error {
	return s.change(ctx, "create client", event.ClientCreated, c.ClientID, func(ctx context.Context) error { return s.insert(ctx, c) })
}

func (s *Clients) insert(ctx context.Context, c provider.Client) error {
	metadata, err := provider.EncodeMetadata(c.Metadata)
	if err != nil {
		return err
	}
	_, err = exec(ctx, s.DB, `
		INSERT INTO clients (id, client_id, metadata, first_party, disabled_at)
		VALUES (@id, @client_id, @metadata, @first_party, @disabled_at)`, named{
		"id": c.ID, "client_id": c.ClientID, "metadata": metadata, "first_party": c.FirstParty,
		"disabled_at": zeronull.Timestamptz(c.DisabledAt),
	})
	if err != nil {
		return err
	}
	return s.insertSecrets(ctx, c.ID, c.Secrets)
}

func (s *Clients) insertSecrets(ctx context.Context, id uuid.UUID, secrets []provider.ClientSecret) error {
	for _, secret := range secrets {
		_, err := exec(ctx, s.DB, `
			INSERT INTO client_secrets (id, client_id, hash, sealed, weak, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			secret.ID, id, secret.Hash, secret.Sealed, secret.Weak, zeronull.Timestamptz(secret.ExpiresAt))
		if err != nil {
			return err
		}
	}
	return nil
}

// Update implements provider.Clients.
func (s *Clients) Update(ctx context.Context, c provider.Client) error {
	return s.change(ctx, "update client", event.ClientUpdated, c.ClientID, func(ctx context.Context) error { return s.replace(ctx, c) })
}

func (s *Clients) replace(ctx context.Context, c provider.Client) error {
	metadata, err := provider.EncodeMetadata(c.Metadata)
	if err != nil {
		return err
	}
	changed, err := exec(ctx, s.DB, `
		UPDATE clients SET client_id = @client_id, metadata = @metadata, first_party = @first_party,
			disabled_at = @disabled_at, not_before = coalesce(@not_before::timestamptz, '-infinity'), updated_at = now()
		WHERE id = @id`, named{
		"id": c.ID, "client_id": c.ClientID, "metadata": metadata, "first_party": c.FirstParty,
		"disabled_at": zeronull.Timestamptz(c.DisabledAt), "not_before": zeronull.Timestamptz(c.NotBefore),
	})
	if err == nil && changed == 0 {
		return provider.ErrClientNotFound
	}
	return err
}

// rotationOverlap is how long the previous secret stays good.
const rotationOverlap = `7 days`

// AddSecret implements provider.Clients.
func (s *Clients) AddSecret(ctx context.Context, id uuid.UUID, secret provider.ClientSecret) error {
	return s.changeByID(ctx, "add client secret", event.ClientSecretAdded, id, func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `
			UPDATE client_secrets s SET expires_at = CASE WHEN s.id = (
					SELECT n.id FROM client_secrets n WHERE n.client_id = $1 AND (n.expires_at IS NULL OR n.expires_at > now())
					ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
				THEN least(s.expires_at, now() + $2::interval) ELSE now() END
			WHERE s.client_id = $1 AND (s.expires_at IS NULL OR s.expires_at > now())`, id, rotationOverlap)
		if err != nil {
			return err
		}
		return s.insertSecrets(ctx, id, []provider.ClientSecret{secret})
	})
}

// ReplaceSecrets implements provider.Clients.
func (s *Clients) ReplaceSecrets(ctx context.Context, id uuid.UUID, secrets []provider.ClientSecret) error {
	return s.changeByID(ctx, "replace client secrets", event.ClientSecretAdded, id, func(ctx context.Context) error {
		if _, err := exec(ctx, s.DB, `DELETE FROM client_secrets WHERE client_id = $1`, id); err != nil {
			return err
		}
		return s.insertSecrets(ctx, id, secrets)
	})
}

// Delete implements provider.Clients. Grants, tokens and consents go with the row.
func (s *Clients) Delete(ctx context.Context, id uuid.UUID) error {
	return s.changeByID(ctx, "delete client", event.ClientDeleted, id, func(ctx context.Context) error { return s.remove(ctx, id) })
}

func (s *Clients) remove(ctx context.Context, id uuid.UUID) error {
	deleted, err := exec(ctx, s.DB, `DELETE FROM clients WHERE id = $1`, id)
	if err == nil && deleted == 0 {
		return provider.ErrClientNotFound
	}
	return err
}

// change is tell of what an operator did.
func (s *Clients) change(ctx context.Context, what string, kind event.Type, subject string, do func(context.Context) error) error {
	return s.tell(ctx, what, &event.Event{Type: kind, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: subject}, do)
}

// changeByID is change for who only knows the row: the event names the client as
// every other event of it does, also after its end.
func (s *Clients) changeByID(ctx context.Context, what string, kind event.Type, id uuid.UUID, do func(context.Context) error) error {
	e := event.Event{Type: kind, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"})}
	return s.tell(ctx, what, &e, func(ctx context.Context) error {
		named, err := query(ctx, s.DB, pgx.RowTo[string], `SELECT client_id FROM clients WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if len(named) == 0 {
			return provider.ErrClientNotFound
		}
		e.Subject = named[0]
		return do(ctx)
	})
}

// tell makes one change with its event, which do may complete, and forgets what
// memory holds.
func (s *Clients) tell(ctx context.Context, what string, e *event.Event, do func(context.Context) error) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return s.outbox.Append(ctx, *e)
	})
	if t, terr := tenant.From(ctx); terr == nil {
		s.cache.drop(t.ID)
	}
	if constraint(err) == "clients_client_id_key" {
		return provider.ErrClientIDTaken
	}
	return wrap(what, err)
}
