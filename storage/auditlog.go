package storage

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event/audit"
	"plinto/storage/internal/pg"
)

// AuditLog implements audit.Log.
type AuditLog struct{ *DB }

// State implements audit.Log.
func (s *AuditLog) State(ctx context.Context) (audit.State, error) {
	state, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (st audit.State, err error) {
		err = row.Scan(&st.Size, &st.Key.Verifier, &st.Key.Sealed, (*zeronull.Timestamptz)(&st.Begins), &st.Waiting)
		return st, err
	}, `SELECT coalesce((SELECT size FROM audit_trees), 0), coalesce((SELECT verifier FROM audit_keys), ''), (SELECT sealed FROM audit_keys),
			nullif(audit_log_begins(), '-infinity'), (SELECT count(*) FROM audit_pending)`)
	return state, pg.Wrap("read state of the audit log", err)
}

// Key implements audit.Log.
func (s *AuditLog) Key(ctx context.Context) (audit.StoredKey, error) {
	key, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (k audit.StoredKey, err error) {
		err = row.Scan(&k.Verifier, &k.Sealed)
		return k, err
	}, `SELECT verifier, sealed FROM audit_keys`)
	return key, pg.Wrap("read key of the audit log", pg.Absent(err, audit.ErrNoHead))
}

// Entries implements audit.Log.
func (s *AuditLog) Entries(ctx context.Context, from, to int64) ([]audit.Entry, error) {
	found, err := pg.Query(ctx, s.DB, toEntry, `
		SELECT l.seq, l.id, l.occurred_at, l.row_hash, l.detail_hash, a.id IS NOT NULL,
			a.type, a.actor_type, a.actor_id, a.subject, a.outcome, a.reason, a.request_id, a.data::text,
			d.person, d.sealed
		FROM audit_leaves l
		LEFT JOIN audit_log a ON a.tenant_id = l.tenant_id AND a.id = l.id AND a.occurred_at = l.occurred_at
		LEFT JOIN audit_details d ON d.tenant_id = l.tenant_id AND d.id = l.id
		WHERE l.seq >= $1 AND l.seq < $2 ORDER BY l.seq`, from, to)
	return found, pg.Wrap("read audit log", err)
}

func toEntry(row pgx.CollectableRow) (e audit.Entry, err error) {
	var leaf [2][]byte
	var texts [8]zeronull.Text
	var person *string
	var sealed []byte
	var stored bool
	err = row.Scan(&e.Seq, &e.ID, &e.OccurredAt, &leaf[0], &leaf[1], &stored, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7], &person, &sealed)
	if err != nil {
		return e, err
	}
	setHashes(&e.Leaf, leaf[0], leaf[1])
	e.OccurredAt = e.OccurredAt.UTC()
	if stored {
		e.Stored = &audit.Row{
			ID: e.ID, OccurredAt: e.OccurredAt, Type: string(texts[0]), ActorType: string(texts[1]), ActorID: string(texts[2]), Subject: string(texts[3]),
			Outcome: string(texts[4]), Reason: string(texts[5]), RequestID: string(texts[6]), Data: string(texts[7]),
		}
	}
	if person != nil {
		e.Sealed = &audit.SealedDetail{Person: *person, Sealed: sealed}
	}
	return e, nil
}

// setHashes sets the hashes of a leaf as they are stored.
func setHashes(l *audit.Leaf, row, detail []byte) {
	copy(l.Row[:], row)
	copy(l.Detail[:], detail)
	if len(row) != len(l.Row) || len(detail) != 0 && len(detail) != len(l.Detail) {
		l.Row = audit.Hash{0xff} // no hash of anything: the seal was changed
	}
}

// Tiles implements audit.Log.
func (s *AuditLog) Tiles(ctx context.Context, ids []audit.TileID) ([]audit.Tile, error) {
	levels, places := tileColumns(ids)
	found, err := pg.Query(ctx, s.DB, toTile, `
		SELECT t.level, t.n, t.hashes FROM unnest($1::smallint[], $2::bigint[]) AS w (level, n)
		JOIN audit_tiles t ON t.level = w.level AND t.n = w.n`, levels, places)
	return found, pg.Wrap("read hashes of the audit log", err)
}

// Heads implements audit.Log.
func (s *AuditLog) Heads(ctx context.Context, after int64, limit int) ([]audit.StoredHead, error) {
	found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (h audit.StoredHead, err error) {
		err = row.Scan(&h.Size, &h.SignedAt, &h.Note)
		return h, err
	}, `SELECT size, signed_at, note FROM audit_heads WHERE size > $1 ORDER BY size LIMIT $2`, after, limit)
	return found, pg.Wrap("read heads of the audit log", err)
}

// HeadAt implements audit.Log.
func (s *AuditLog) HeadAt(ctx context.Context, at time.Time) (audit.StoredHead, error) {
	h, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (h audit.StoredHead, err error) {
		err = row.Scan(&h.Size, &h.SignedAt, &h.Note)
		return h, err
	}, `SELECT size, signed_at, note FROM audit_heads WHERE signed_at <= $1 ORDER BY size DESC LIMIT 1`, at)
	return h, pg.Wrap("read head of the audit log", pg.Absent(err, audit.ErrNoHead))
}

// Persons implements audit.Log.
func (s *AuditLog) Persons(ctx context.Context, names []string) (map[string]audit.PersonKey, error) {
	keys := make(map[string]audit.PersonKey, len(names))
	if len(names) == 0 {
		return keys, nil
	}
	_, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (name string, err error) {
		var key audit.PersonKey
		err = row.Scan(&name, &key.Sealed)
		keys[name] = key
		return name, err
	}, `SELECT person, sealed FROM audit_persons WHERE person = ANY($1)`, names)
	return keys, pg.Wrap("read keys of the audit log", err)
}

// Find implements audit.Log.
func (s *AuditLog) Find(ctx context.Context, id uuid.UUID) (audit.Leaf, error) {
	l, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (l audit.Leaf, err error) {
		err = row.Scan(&l.Seq, &l.ID, &l.OccurredAt)
		return l, err
	}, `SELECT seq, id, occurred_at FROM audit_leaves WHERE id = $1`, id)
	return l, pg.Wrap("find audit row", pg.Absent(err, audit.ErrNoRow))
}

// List implements audit.Log.
func (s *AuditLog) List(ctx context.Context, f audit.Filter) ([]audit.Listed, error) {
	found, err := pg.Query(ctx, s.DB, toListed, `
		SELECT a.id, a.occurred_at, a.type, a.actor_type, a.actor_id, a.subject, a.outcome, a.reason, a.request_id, a.data::text, a.ip, a.agent,
			l.seq, p.detail::text, d.person, d.sealed
		FROM (
			SELECT * FROM audit_log
			WHERE `+auditFilter+`
				AND (@before::uuid IS NULL OR (occurred_at, id) < (SELECT b.occurred_at, b.id FROM audit_log b WHERE b.id = @before LIMIT 1))
			ORDER BY occurred_at DESC, id DESC LIMIT @limit
		) a
		LEFT JOIN audit_leaves l ON l.tenant_id = a.tenant_id AND l.id = a.id
		LEFT JOIN audit_pending p ON p.tenant_id = a.tenant_id AND p.id = a.id
		LEFT JOIN audit_details d ON d.tenant_id = a.tenant_id AND d.id = a.id
		ORDER BY a.occurred_at DESC, a.id DESC`, auditFiltered(f, pg.Named{"limit": f.Limit, "before": zeronull.UUID(f.Before)}))
	return found, pg.Wrap("list audit log", err)
}

// auditFilter is audit.Filter without its place in a list.
const auditFilter = `(@id::uuid IS NULL OR id = @id) AND (cardinality(@types::text[]) = 0 OR type = ANY(@types))
				AND (@subject = '' OR subject = @subject) AND (@actor = '' OR actor_id = @actor OR actor_type = @actor)
				AND (@outcome = '' OR outcome = @outcome)
				AND (@since::timestamptz IS NULL OR occurred_at >= @since) AND (@until::timestamptz IS NULL OR occurred_at < @until)`

// auditFiltered adds the values of auditFilter to those of a statement.
func auditFiltered(f audit.Filter, named pg.Named) pg.Named {
	named["id"], named["types"], named["subject"], named["actor"] = zeronull.UUID(f.ID), append([]string{}, f.Types...), f.Subject, f.Actor
	named["outcome"], named["since"], named["until"] = f.Outcome, zeronull.Timestamptz(f.Since), zeronull.Timestamptz(f.Until)
	return named
}

// Count implements audit.Log.
func (s *AuditLog) Count(ctx context.Context, f audit.Filter) (int64, error) {
	n, err := pg.One(ctx, s.DB, pgx.RowTo[int64], `SELECT count(*) FROM audit_log WHERE `+auditFilter, auditFiltered(f, pg.Named{}))
	return n, pg.Wrap("count audit log", err)
}

func toListed(row pgx.CollectableRow) (l audit.Listed, err error) {
	var seq *int64
	var person *string
	var sealed []byte
	err = row.Scan(&l.ID, &l.OccurredAt, &l.Type, &l.ActorType, &l.ActorID, &l.Subject, &l.Outcome, &l.Reason, &l.RequestID, &l.Data,
		&l.Clear.IP, &l.Clear.UserAgent, &seq, &l.Pending, &person, &sealed)
	if l.Seq = -1; seq != nil {
		l.Seq = *seq
	}
	if person != nil {
		l.Sealed = &audit.SealedDetail{Person: *person, Sealed: sealed}
	}
	return l, err
}

// What package audit asks for.
var (
	_ audit.Log   = (*AuditLog)(nil)
	_ audit.Scan  = (*AuditLog)(nil)
	_ audit.Seals = (*AuditSeals)(nil)
)
