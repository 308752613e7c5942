package storage

import (
	"context"
	"encoding/binary"
	"fmt"
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

// Entries implements audit.Log.
func (s *AuditLog) Entries(ctx context.Context, from, to int64) ([]audit.Entry, error) {
	found, err := pg.Query(ctx, s.DB, toEntry, `
		SELECT l.seq, l.id, l.occurred_at, l.row_hash, l.detail_hash, a.id IS NOT NULL,
			a.type, a.actor_type, a.actor_id, a.subject, a.outcome, a.reason, a.request_id, a.data::text, a.ip <> '' OR a.agent <> '',
			d.person, d.sealed
		FROM audit_leaves l
		LEFT JOIN audit_log a ON a.tenant_id = l.tenant_id AND a.id = l.id AND a.occurred_at = l.occurred_at
		LEFT JOIN audit_details d ON d.tenant_id = l.tenant_id AND d.id = l.id
		WHERE l.seq >= $1 AND l.seq < $2 ORDER BY l.seq`, from, to)
	return found, pg.Wrap("read audit log", err)
}

// postgresEpoch is 2000-01-01 in microseconds of Unix.
const postgresEpoch = 946_684_800_000_000

// toEntry reads columns as they are sent, which takes a third of the time of Scan: a
// verification reads millions.
func toEntry(row pgx.CollectableRow) (e audit.Entry, err error) {
	v := row.RawValues()
	for i, d := range row.FieldDescriptions() {
		if isText := d.DataTypeOID == 25; !isText && d.Format != pgx.BinaryFormatCode {
			return e, fmt.Errorf("column %d of an audit row came as text", i)
		}
	}
	e.Seq = int64(binary.BigEndian.Uint64(v[0])) //nolint:gosec // a bigint
	e.ID = uuid.UUID(v[1])
	e.OccurredAt = time.UnixMicro(int64(binary.BigEndian.Uint64(v[2])) + postgresEpoch).UTC() //nolint:gosec // a timestamptz
	copy(e.Row[:], v[3])
	copy(e.Detail[:], v[4])
	if len(v[3]) != len(e.Row) || len(v[4]) != 0 && len(v[4]) != len(e.Detail) {
		e.Row = audit.Hash{0xff} // no hash of anything: the seal was changed
	}
	if v[5][0] != 0 {
		e.Stored = &audit.Row{
			ID: e.ID, OccurredAt: e.OccurredAt, Type: string(v[6]), ActorType: string(v[7]), ActorID: string(v[8]), Subject: string(v[9]),
			Outcome: string(v[10]), Reason: string(v[11]), RequestID: string(v[12]), Data: string(v[13]),
		}
		e.Clear = v[14][0] != 0
	}
	if v[15] != nil {
		e.Sealed = &audit.SealedDetail{Person: string(v[15]), Sealed: append([]byte{}, v[16]...)}
	}
	return e, nil
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

// strayRows is how many rows Strays looks at.
const strayRows = 5000

// Strays implements audit.Log.
func (s *AuditLog) Strays(ctx context.Context, after audit.Stray) (found []audit.Stray, last *audit.Stray, err error) {
	type seen struct {
		audit.Stray
		known bool
		n     int
	}
	// One statement: what is sealed meanwhile is either waiting or sealed for all of it.
	rows, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (r seen, err error) {
		err = row.Scan(&r.ID, &r.OccurredAt, &r.known, &r.n)
		return r, err
	}, `WITH looked AS MATERIALIZED (
			SELECT id, occurred_at, row_number() OVER (ORDER BY occurred_at, id) AS n FROM (
				SELECT id, occurred_at FROM audit_log WHERE (occurred_at, id) > ($1, $2) ORDER BY occurred_at, id LIMIT $3) f
		), judged AS (
			SELECT s.id, s.occurred_at, s.n, l.id IS NOT NULL OR p.id IS NOT NULL AS known FROM looked s
			LEFT JOIN audit_leaves l ON l.id = s.id AND l.occurred_at = s.occurred_at
			LEFT JOIN audit_pending p ON p.id = s.id AND p.occurred_at = s.occurred_at
		)
		SELECT id, occurred_at, known, n FROM judged WHERE NOT known OR n = (SELECT count(*) FROM looked) ORDER BY n`,
		after.OccurredAt, after.ID, strayRows)
	if err != nil {
		return nil, nil, pg.Wrap("look for rows that are not sealed", err)
	}
	for i := range rows {
		if !rows[i].known {
			found = append(found, rows[i].Stray)
		}
		last = &rows[i].Stray
	}
	return found, last, nil
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
			WHERE (@id::uuid IS NULL OR id = @id) AND (cardinality(@types::text[]) = 0 OR type = ANY(@types))
				AND (@subject = '' OR subject = @subject) AND (@actor = '' OR actor_id = @actor OR actor_type = @actor)
				AND (@outcome = '' OR outcome = @outcome)
				AND (@since::timestamptz IS NULL OR occurred_at >= @since) AND (@until::timestamptz IS NULL OR occurred_at < @until)
			ORDER BY occurred_at DESC, id DESC LIMIT @limit
		) a
		LEFT JOIN audit_leaves l ON l.tenant_id = a.tenant_id AND l.id = a.id
		LEFT JOIN audit_pending p ON p.tenant_id = a.tenant_id AND p.id = a.id
		LEFT JOIN audit_details d ON d.tenant_id = a.tenant_id AND d.id = a.id
		ORDER BY a.occurred_at DESC, a.id DESC`, pg.Named{
		"id": zeronull.UUID(f.ID), "types": append([]string{}, f.Types...), "subject": f.Subject, "actor": f.Actor, "outcome": f.Outcome,
		"since": zeronull.Timestamptz(f.Since), "until": zeronull.Timestamptz(f.Until), "limit": f.Limit,
	})
	return found, pg.Wrap("list audit log", err)
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
	_ audit.Seals = (*AuditSeals)(nil)
)
