package storage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event/audit"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// AuditSeals implements audit.Seals.
type AuditSeals struct {
	*System
	tenants *Tenants
	found   sync.Map // tenant.ID → pg.Place, of those that Waiting returned; shared places are not in it
}

func newAuditSeals(s *System, tenants *Tenants) *AuditSeals {
	return &AuditSeals{System: s, tenants: tenants}
}

// at is where the rows of a tenant are: where Waiting found them, or where the tenant of ctx has them.
func (s *AuditSeals) at(ctx context.Context, of tenant.ID) *System {
	if t, err := tenant.From(ctx); err == nil && t.ID == of {
		return s.At(pg.PlaceOf(t))
	}
	if p, ok := s.found.Load(of); ok {
		return s.At(p.(pg.Place))
	}
	return s.System
}

// Discover implements audit.Seals. It steps from tenant to tenant, however many rows each has.
func (s *AuditSeals) Discover(ctx context.Context) error {
	_, err := s.Exec(ctx, `
		WITH RECURSIVE found AS (
			(SELECT tenant_id FROM audit_log ORDER BY tenant_id LIMIT 1)
			UNION ALL
			SELECT (SELECT a.tenant_id FROM audit_log a WHERE a.tenant_id > f.tenant_id ORDER BY a.tenant_id LIMIT 1)
			FROM found f WHERE f.tenant_id IS NOT NULL
		)
		INSERT INTO audit_trees (tenant_id) SELECT tenant_id FROM found WHERE tenant_id IS NOT NULL ON CONFLICT DO NOTHING`)
	return pg.Wrap("find tenants with audit rows", pg.Unavailable(err))
}

// Waiting implements audit.Seals.
func (s *AuditSeals) Waiting(ctx context.Context, headAfter time.Duration, seal func(context.Context, []tenant.ID) error) error {
	return s.tenants.everyPlace(ctx, "seal", func(ctx context.Context, at *System) error {
		ids, err := waitingAt(ctx, at, headAfter)
		for _, id := range ids {
			if at.Place() == (pg.Place{}) {
				s.found.Delete(id) // it may have been moved
			} else {
				s.found.Store(id, at.Place())
			}
		}
		if err != nil || len(ids) == 0 {
			return err
		}
		return seal(ctx, ids)
	})
}

func waitingAt(ctx context.Context, system *System, headAfter time.Duration) ([]tenant.ID, error) {
	found, err := pg.SystemQuery(ctx, system, pgx.RowTo[uuid.UUID], `
		WITH RECURSIVE waiting AS (
			(SELECT tenant_id FROM audit_pending ORDER BY tenant_id LIMIT 1)
			UNION ALL
			SELECT (SELECT p.tenant_id FROM audit_pending p WHERE p.tenant_id > w.tenant_id ORDER BY p.tenant_id LIMIT 1)
			FROM waiting w WHERE w.tenant_id IS NOT NULL
		)
		SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
		UNION
		SELECT tenant_id FROM audit_trees WHERE size > head_size AND head_at NOT BETWEEN now() - $1::interval AND now() + $1::interval
		UNION
		SELECT tenant_id FROM audit_trees WHERE NOT past_done`, headAfter)
	ids := make([]tenant.ID, len(found))
	for i, id := range found {
		ids[i] = tenant.ID(id)
	}
	return ids, pg.Wrap("find audit rows to seal", err)
}

// Seal implements audit.Seals.
func (s *AuditSeals) Seal(ctx context.Context, of tenant.ID, most int, make func(*audit.Batch) (*audit.Sealed, error)) (more bool, err error) {
	if err := s.tenants.know(ctx, of); err != nil {
		return false, err
	}
	more, err = s.seal(ctx, of, most, make, false)
	if pg.Constraint(err) == "audit_leaves_id_key" { // somebody inserted a row with the id of another
		more, err = s.seal(ctx, of, most, make, true)
	}
	if lockTimeout(err) {
		err = audit.ErrBusy.With(err)
	}
	return more && err == nil, pg.Wrap("seal", err)
}

// seal is Seal. Only a careful one looks for each row whether its id is sealed already: it
// is slow, and nearly never needed.
func (s *AuditSeals) seal(ctx context.Context, of tenant.ID, most int, make func(*audit.Batch) (*audit.Sealed, error), careful bool) (more bool, err error) {
	err = s.at(ctx, of).InTx(ctx, func(ctx context.Context) error {
		tx, err := pg.SystemTx(ctx)
		if err != nil {
			return err
		}
		w := &sealing{tx: tx, of: uuid.UUID(of), batch: &audit.Batch{Tenant: of}, careful: careful}
		if err := w.load(ctx, most); err != nil {
			return err
		}
		more = len(w.batch.Rows) == most || len(w.batch.Rows) > 0 && w.batch.Rows[0].Past // others come after the past
		sealed, err := make(w.batch)
		if err != nil {
			return err
		}
		return w.store(ctx, sealed)
	})
	return more, err
}

// A sealing is one transaction that seals rows of a tenant.
type sealing struct {
	tx       pgx.Tx
	of       uuid.UUID
	batch    *audit.Batch
	pastDone bool
	careful  bool
	twice    []uuid.UUID // rows with the id of one that is sealed
}

// load locks the tree and reads what make needs. Its joins go by keys: without statistics
// Postgres would rather read whole tables.
func (w *sealing) load(ctx context.Context, most int) error {
	_, err := w.tx.Exec(ctx, `SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
		set_config('enable_seqscan', 'off', true)`)
	if err != nil {
		return err
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	if !w.pastDone {
		if err := w.past(ctx, most); err != nil {
			return err
		}
		w.pastDone = len(w.batch.Rows) < most
	}
	if len(w.batch.Rows) == 0 {
		if err := w.pending(ctx, most); err != nil {
			return err
		}
	}
	if w.batch.Edge, err = tiles(ctx, w.tx, w.of, audit.Edge(w.batch.Size)); err != nil {
		return err
	}
	return w.persons(ctx)
}

// lock waits for the tree and reads how far it is.
func (w *sealing) lock(ctx context.Context) error {
	b := w.batch
	var key audit.StoredKey
	for {
		err := w.tx.QueryRow(ctx, `
			SELECT t.size, t.past_done, t.head_size, nullif(t.head_at, '-infinity'), coalesce(k.verifier, ''), k.sealed
			FROM audit_trees t LEFT JOIN audit_keys k ON k.tenant_id = t.tenant_id WHERE t.tenant_id = $1 FOR UPDATE OF t`, w.of).
			Scan(&b.Size, &w.pastDone, &b.Newest.Size, (*zeronull.Timestamptz)(&b.Newest.SignedAt), &key.Verifier, &key.Sealed)
		if err == nil {
			break
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if _, err := w.tx.Exec(ctx, `INSERT INTO audit_trees (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING`, w.of); err != nil {
			return err
		}
	}
	if key.Sealed != nil {
		b.Key = &key
	}
	return nil
}

// past reads rows from before there was sealing, in the order of time. Later ones are
// pending, or sealed.
func (w *sealing) past(ctx context.Context, most int) error {
	rows, _ := w.tx.Query(ctx, `
		SELECT a.id, a.occurred_at, false, a.type, a.actor_type, a.actor_id, a.subject, a.outcome, a.reason, a.request_id, (a.data - 'first_ip')::text,
			nullif(jsonb_strip_nulls(jsonb_build_object('ip', nullif(a.ip, ''), 'agent', nullif(a.agent, ''), 'first_ip', a.data -> 'first_ip')), '{}')::text, false
		FROM audit_trees t JOIN audit_log a ON a.tenant_id = t.tenant_id AND (a.occurred_at, a.id) > (t.past_at, t.past_id)
		WHERE t.tenant_id = $1
			AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.tenant_id = a.tenant_id AND p.id = a.id)
			AND ($3 IS FALSE OR NOT EXISTS (SELECT FROM audit_leaves l WHERE l.tenant_id = a.tenant_id AND l.id = a.id))
		ORDER BY a.occurred_at, a.id LIMIT $2`, w.of, most, w.careful) // the error is also in rows
	if err := w.collect(rows); err != nil {
		return err
	}
	for i := range w.batch.Rows {
		w.batch.Rows[i].Past = true
	}
	return nil
}

// pending reads rows that are not sealed yet.
func (w *sealing) pending(ctx context.Context, most int) error {
	rows, _ := w.tx.Query(ctx, `
		SELECT p.id, p.occurred_at, a.id IS NULL, coalesce(a.type, ''), coalesce(a.actor_type, ''), coalesce(a.actor_id, ''), coalesce(a.subject, ''),
			coalesce(a.outcome, ''), coalesce(a.reason, ''), coalesce(a.request_id, ''), coalesce(a.data::text, ''), p.detail::text,
			CASE WHEN $3 THEN (SELECT true FROM audit_leaves l WHERE l.tenant_id = p.tenant_id AND l.id = p.id) END
		FROM (SELECT tenant_id, id, occurred_at, detail FROM audit_pending WHERE tenant_id = $1 ORDER BY id LIMIT $2) p
		LEFT JOIN audit_log a ON a.tenant_id = p.tenant_id AND a.id = p.id AND a.occurred_at = p.occurred_at
		ORDER BY p.id`, w.of, most, w.careful) // the error is also in rows
	return w.collect(rows)
}

func (w *sealing) collect(rows pgx.Rows) error {
	var p audit.Pending
	var twice *bool
	r := &p.Row
	_, err := pgx.ForEachRow(rows, []any{
		&r.ID, &r.OccurredAt, &p.Gone, &r.Type, &r.ActorType, &r.ActorID, &r.Subject, &r.Outcome, &r.Reason, &r.RequestID, &r.Data, &p.Detail, &twice,
	}, func() error {
		if twice != nil && *twice {
			w.twice = append(w.twice, r.ID)
		} else {
			w.batch.Rows = append(w.batch.Rows, p)
		}
		p.Detail = nil
		return nil
	})
	return err
}

// persons reads the keys of people, and locks them against being erased before their
// detail is stored.
func (w *sealing) persons(ctx context.Context) error {
	names := map[string]bool{}
	for i := range w.batch.Rows {
		if r := &w.batch.Rows[i]; r.Detail != nil {
			names[audit.PersonOf(&r.Row)] = true
		}
	}
	w.batch.Persons = map[string]audit.PersonKey{}
	if len(names) == 0 {
		return nil
	}
	rows, _ := w.tx.Query(ctx, `SELECT person, sealed FROM audit_persons WHERE tenant_id = $1 AND person = ANY($2) ORDER BY person FOR SHARE`,
		w.of, slices.Collect(maps.Keys(names))) // the error is also in rows
	var person string
	var sealed []byte
	_, err := pgx.ForEachRow(rows, []any{&person, &sealed}, func() error {
		w.batch.Persons[person] = audit.PersonKey{Sealed: slices.Clone(sealed)}
		return nil
	})
	return err
}

// tiles reads tiles of a tenant.
func tiles(ctx context.Context, tx pgx.Tx, of uuid.UUID, ids []audit.TileID) ([]audit.Tile, error) {
	levels, places := tileColumns(ids)
	rows, _ := tx.Query(ctx, `
		SELECT t.level, t.n, t.hashes FROM unnest($2::smallint[], $3::bigint[]) AS w (level, n)
		JOIN audit_tiles t ON t.tenant_id = $1 AND t.level = w.level AND t.n = w.n`, of, levels, places) // the error is also in rows
	return pgx.CollectRows(rows, toTile)
}

func tileColumns(ids []audit.TileID) (levels []int16, places []int64) {
	for _, id := range ids {
		levels, places = append(levels, int16(id.Level)), append(places, id.N) // eight levels hold 2⁶⁴ leaves
	}
	return levels, places
}

func toTile(row pgx.CollectableRow) (t audit.Tile, err error) {
	err = row.Scan(&t.Level, &t.N, &t.Hashes)
	return t, err
}
