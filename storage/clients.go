package storage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/memory"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Clients implements provider.Clients, from memory where it can, and
// provider.ClientWrites.
type Clients struct {
	*DB
	owners
	cache *copies[*provider.Client]
	jobs  *Jobs // only needed to delete clients
}

func newClients(db *DB, on copyOptions) *Clients {
	s := &Clients{DB: db, owners: clientOwners(db), cache: newCopies[*provider.Client](on, "clients", memory.Limits{Announced: copyAnnounced, Unannounced: copyUnannounced})}
	s.cache.Share(on.shared, clientCodec())
	return s
}

// clientColumns are read by toClient, of a table named c. Secrets come along as
// one JSON array, newest first.
const clientColumns = `c.id, c.client_id, c.metadata, c.sector, c.first_party, nullif(c.not_before, '-infinity'), c.disabled_at, c.created_at, c.updated_at, c.version, c.managed_by,
	(SELECT r.initial_token_id IS NULL FROM client_registrations r WHERE r.tenant_id = c.tenant_id AND r.client_id = c.id),
	(SELECT coalesce(json_agg(json_build_object('ID', s.id, 'Hash', encode(s.hash, 'base64'), 'Sealed', encode(s.sealed, 'base64'), 'Weak', s.weak, 'CreatedAt', s.created_at, 'ExpiresAt', s.expires_at, 'UsedAt', s.used_at) ORDER BY s.created_at DESC, s.id DESC), '[]')
	 FROM client_secrets s WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now()))`

func toClient(row pgx.CollectableRow) (c provider.Client, err error) {
	var metadata []byte
	var secrets json.RawMessage
	var openly *bool // whether it registered without a token; nil: it did not register itself
	err = row.Scan(&c.ID, &c.ClientID, &metadata, &c.SectorIdentifier, &c.FirstParty, (*zeronull.Timestamptz)(&c.NotBefore),
		(*zeronull.Timestamptz)(&c.DisabledAt), &c.CreatedAt, &c.UpdatedAt, &c.Version, &c.ManagedBy, &openly, &secrets)
	if err != nil {
		return c, err
	}
	c.SelfRegistered, c.Unvouched = openly != nil, openly != nil && *openly
	readMetadata(&c, metadata)
	return c, json.Unmarshal(secrets, &c.Secrets)
}

// readMetadata reads the metadata of a client. They were validated when they were stored: where they cannot be read now, the client
// is disabled whatever its row says, as leaving out what cannot be read could leave out what it demands.
func readMetadata(c *provider.Client, stored []byte) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(stored, &members)
	var problems []provider.Problem
	if err == nil {
		c.Metadata, problems = provider.DecodeMetadata(members)
	}
	switch {
	case err != nil:
		c.Unreadable = err.Error()
	case len(problems) > 0:
		c.Unreadable = problems[0].Member + " " + problems[0].Message
	default:
		return
	}
	c.Metadata = provider.Metadata{ClientName: unreadableName}
	if c.DisabledAt.IsZero() {
		c.DisabledAt = c.UpdatedAt
	}
}

// ByClientID implements provider.Clients.
func (s *Clients) ByClientID(ctx context.Context, clientID string) (*provider.Client, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	key := copyKey{Scope: t.ID, Name: clientID}
	if c, ok := s.cache.Held(ctx, key); ok { // without the function below, which costs memory
		return c, nil
	}
	return s.cache.Get(ctx, key, func(ctx context.Context) (*provider.Client, error) {
		return s.Current(ctx, clientID)
	})
}

// Current implements provider.Clients.
func (s *Clients) Current(ctx context.Context, clientID string) (*provider.Client, error) {
	c, err := pg.One(ctx, s.DB, noting(ctx, toClient), `SELECT `+clientColumns+snapshotColumns+` FROM clients c WHERE c.client_id = $1`, clientID)
	return &c, pg.Wrap("find client", pg.Absent(err, provider.ErrClientNotFound))
}

// List implements provider.Clients.
func (s *Clients) List(ctx context.Context, after string, limit int) ([]provider.Client, error) {
	page, err := pg.Query(ctx, s.DB, toClient, `
		SELECT `+clientColumns+` FROM clients c WHERE c.client_id > $1 AND c.deleting_at IS NULL ORDER BY c.client_id LIMIT $2`, after, limit)
	return page, pg.Wrap("list clients", err)
}

// WithApps implements provider.Clients.
func (s *Clients) WithApps(ctx context.Context, limit int) ([]provider.Client, error) {
	found, err := pg.Query(ctx, s.DB, toClient, `
		SELECT `+clientColumns+` FROM clients c
		WHERE c.first_party AND c.disabled_at IS NULL AND c.metadata @> '{"direct_sign_in": true}' AND (c.metadata ? 'android_apps' OR c.metadata ? 'apple_apps')
		ORDER BY c.client_id LIMIT $1`, limit)
	return found, pg.Wrap("find apps", err)
}

// Names implements provider.Clients.
func (s *Clients) Names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	type name struct {
		ID       uuid.UUID
		ClientID string
	}
	found, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[name], `SELECT id, client_id FROM clients WHERE id = ANY($1) AND deleting_at IS NULL`, ids)
	names := make(map[uuid.UUID]string, len(found))
	for _, c := range found {
		names[c.ID] = c.ClientID
	}
	return names, pg.Wrap("name clients", err)
}

// Create implements provider.ClientWrites.
func (s *Clients) Create(ctx context.Context, c provider.Client) error {
	err := s.change(ctx, func(ctx context.Context) error { return s.insert(ctx, c) })
	if pg.Constraint(err) == "clients_client_id_key" {
		return provider.ErrClientIDTaken
	}
	return pg.Wrap("create client", err)
}

func (s *Clients) insert(ctx context.Context, c provider.Client) error {
	metadata, err := provider.EncodeMetadata(c.Metadata)
	if err != nil {
		return err
	}
	sector, _ := provider.SectorChange(&provider.Client{ClientID: c.ClientID}, &c.Metadata)
	_, err = pg.Exec(ctx, s.DB, `
		INSERT INTO clients (id, client_id, metadata, sector, first_party, disabled_at)
		VALUES (@id, @client_id, @metadata, @sector, @first_party, @disabled_at)`, pg.Named{
		"id": c.ID, "client_id": c.ClientID, "metadata": metadata, "sector": sector, "first_party": c.FirstParty,
		"disabled_at": zeronull.Timestamptz(c.DisabledAt),
	})
	if err != nil {
		return err
	}
	return s.insertSecrets(ctx, c.ID, c.Secrets)
}

func (s *Clients) insertSecrets(ctx context.Context, id uuid.UUID, secrets []provider.ClientSecret) error {
	for _, secret := range secrets {
		_, err := pg.Exec(ctx, s.DB, `
			INSERT INTO client_secrets (id, client_id, hash, sealed, weak, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			secret.ID, id, secret.Hash, secret.Sealed, secret.Weak, zeronull.Timestamptz(secret.ExpiresAt))
		if err != nil {
			return err
		}
	}
	return nil
}

// SetMetadata implements provider.ClientWrites. The version is compared in the
// statement that writes: of two who read the same row one writes.
func (s *Clients) SetMetadata(ctx context.Context, c provider.Client) error {
	metadata, err := provider.EncodeMetadata(c.Metadata)
	if err != nil {
		return err
	}
	return s.versioned(ctx, "set client metadata", c.ID, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE clients SET metadata = $3, sector = $4, updated_at = now()
			WHERE id = $1 AND version = $2`, c.ID, c.Version, metadata, c.SectorIdentifier)
	})
}

// SetFirstParty implements provider.ClientWrites.
func (s *Clients) SetFirstParty(ctx context.Context, id uuid.UUID, firstParty bool) (bool, error) {
	return switched(ctx, s.versioned, "set first-party", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE clients SET first_party = $2, updated_at = now() WHERE id = $1 AND first_party <> $2`, id, firstParty)
	})
}

// SetDisabled implements provider.ClientWrites.
func (s *Clients) SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (bool, error) {
	return switched(ctx, s.versioned, "disable or enable client", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE clients SET disabled_at = CASE WHEN $2 THEN now() END, updated_at = now()
			WHERE id = $1 AND (disabled_at IS NULL) = $2`, id, disabled)
	})
}

// Mark implements provider.ClientWrites. The mark always moves forward, also when the
// clock does not.
func (s *Clients) Mark(ctx context.Context, id uuid.UUID) error {
	return s.versioned(ctx, "mark client", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `
			UPDATE clients SET not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now()
			WHERE id = $1`, id)
	})
}

// AddSecret implements provider.ClientWrites.
func (s *Clients) AddSecret(ctx context.Context, c provider.Client, overlap time.Duration) error {
	return s.versioned(ctx, "add client secret", c.ID, func(ctx context.Context) (int64, error) {
		n, err := s.lockSecrets(ctx, c)
		if err != nil || n == 0 {
			return n, err
		}
		_, err = pg.Exec(ctx, s.DB, `
			WITH ended AS (DELETE FROM client_secrets WHERE client_id = $1 AND expires_at <= now())
			UPDATE client_secrets s SET expires_at = CASE WHEN s.id = (
					SELECT n.id FROM client_secrets n WHERE n.client_id = $1 AND (n.expires_at IS NULL OR n.expires_at > now())
					ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
				THEN least(s.expires_at, now() + $2::interval) ELSE now() END
			WHERE s.client_id = $1 AND (s.expires_at IS NULL OR s.expires_at > now())`, c.ID, overlap)
		if err != nil {
			return 0, err
		}
		return n, s.insertSecrets(ctx, c.ID, c.Secrets[:1])
	})
}

// ReplaceSecrets implements provider.ClientWrites.
func (s *Clients) ReplaceSecrets(ctx context.Context, c provider.Client) error {
	return s.versioned(ctx, "replace client secrets", c.ID, func(ctx context.Context) (int64, error) {
		n, err := s.lockSecrets(ctx, c)
		if err != nil || n == 0 {
			return n, err
		}
		if _, err := pg.Exec(ctx, s.DB, `DELETE FROM client_secrets WHERE client_id = $1`, c.ID); err != nil {
			return 0, err
		}
		return n, s.insertSecrets(ctx, c.ID, c.Secrets)
	})
}

// lockSecrets counts a change of secrets as one of the client, whose version guards
// both: who decided about one by what the other was finds out.
func (s *Clients) lockSecrets(ctx context.Context, c provider.Client) (int64, error) {
	return pg.Exec(ctx, s.DB, `UPDATE clients SET updated_at = now() WHERE id = $1 AND version = $2`, c.ID, c.Version)
}

func (s *Clients) deleter() deleter { return deleter{DB: s.DB, jobs: s.jobs, of: &clientSteps} }

// GoOnDeleting works on the job that deletes a client: see deleter.goOn.
func (s *Clients) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	return s.deleter().goOn(ctx, job)
}

// Delete implements provider.ClientWrites. Grants, tokens and consents go with the
// row, or where there are many before it, by a job. The row is locked first: an assertion that is being spent is found.
func (s *Clients) Delete(ctx context.Context, id uuid.UUID) error {
	return s.versioned(ctx, "delete client", id, func(ctx context.Context) (int64, error) {
		locked, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `SELECT client_id FROM clients WHERE id = $1 AND deleting_at IS NULL FOR UPDATE`, id)
		if err != nil || len(locked) == 0 {
			return 0, err
		}
		if begun, err := s.deleter().begin(ctx, id); err != nil || begun {
			return 1, err
		}
		_, err = pg.Exec(ctx, s.DB, `
			INSERT INTO retired_assertions AS r (client_id, jti_hash, expires_at)
			SELECT $2, jti_hash, expires_at FROM spent_assertions WHERE client_id = $1`+retireOver, id, locked[0])
		if err != nil {
			return 0, err
		}
		return pg.Exec(ctx, s.DB, `DELETE FROM clients WHERE id = $1`, id)
	})
}

// retireOver ends a statement that retires spent assertions: clients of one client_id may be deleted one after the other.
const retireOver = `
	ON CONFLICT (tenant_id, client_id, jti_hash) DO UPDATE SET expires_at = greatest(r.expires_at, excluded.expires_at)`

// versioned makes a change that one row has to have. When none has, the client is gone
// or is not any more what it was read as.
func (s *Clients) versioned(ctx context.Context, what string, id uuid.UUID, do func(context.Context) (int64, error)) error {
	return pg.Wrap(what, s.change(ctx, func(ctx context.Context) error {
		n, err := do(ctx)
		if pg.Constraint(err) == "clients_deleting_check" {
			return provider.ErrClientNotFound // who read it before it was deleted enables it
		}
		if err != nil || n > 0 {
			return err
		}
		return s.missing(ctx, id)
	}))
}

// missing says why a row was not found as it was read.
func (s *Clients) missing(ctx context.Context, id uuid.UUID) error {
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM clients WHERE id = $1 AND deleting_at IS NULL)`, id)
	return changedOr(provider.ErrClientNotFound, there, err)
}

// change makes one change, and has memory forget the tenant's clients, and what hangs
// on them, when it shows.
func (s *Clients) change(ctx context.Context, do func(context.Context) error) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		pg.EndsTokens(ctx, s.DB)
		pg.Afterwards(ctx, func() { s.cache.Invalidate(t.ID) })
		return do(ctx)
	})
}
