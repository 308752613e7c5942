package storage

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"plinto/event/audit"
	"plinto/storage/internal/pg"
)

// A verification reads millions of rows, so these are read as they are sent, which takes a
// third of the time of Scan.

// postgresEpoch is 2000-01-01 in microseconds of Unix.
const postgresEpoch = 946_684_800_000_000

// raw returns the columns of a row, all of them binary or text.
func raw(row pgx.CollectableRow) ([][]byte, error) {
	for i, d := range row.FieldDescriptions() {
		if d.DataTypeOID != pgtype.TextOID && d.Format != pgx.BinaryFormatCode {
			return nil, fmt.Errorf("column %d of an audit row came as text", i)
		}
	}
	return row.RawValues(), nil
}

func rawTime(b []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b)) + postgresEpoch).UTC()
}

// Leaves implements audit.Scan.
func (s *AuditLog) Leaves(ctx context.Context, from, to int64) ([]audit.Leaf, error) {
	found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (l audit.Leaf, err error) {
		v, err := raw(row)
		if err != nil {
			return l, err
		}
		l = audit.Leaf{Seq: int64(binary.BigEndian.Uint64(v[0])), ID: uuid.UUID(v[1]), OccurredAt: rawTime(v[2])}
		setHashes(&l, v[3], v[4])
		return l, nil
	}, `SELECT seq, id, occurred_at, row_hash, detail_hash FROM audit_leaves WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, to)
	return found, pg.Wrap("read leaves of the audit log", err)
}

const scannedColumns = `id, occurred_at, type, actor_type, actor_id, subject, outcome, reason, request_id, data::text, ip <> '' OR agent <> ''`

// A scanner keeps one copy of the texts that most rows have.
type scanner map[string]string

func (s scanner) one(b []byte) string {
	if text, ok := s[string(b)]; ok {
		return text
	}
	text := string(b)
	if len(s) < 1000 {
		s[text] = text
	}
	return text
}

func (s scanner) read(row pgx.CollectableRow) (r audit.Scanned, err error) {
	v, err := raw(row)
	if err != nil {
		return r, err
	}
	r.Row = audit.Row{
		ID: uuid.UUID(v[0]), OccurredAt: rawTime(v[1]), Type: s.one(v[2]), ActorType: s.one(v[3]), ActorID: string(v[4]), Subject: string(v[5]),
		Outcome: s.one(v[6]), Reason: s.one(v[7]), RequestID: string(v[8]), Data: string(v[9]),
	}
	r.Clear = v[10][0] != 0
	return r, nil
}

// Window implements audit.Scan.
func (s *AuditLog) Window(ctx context.Context, after audit.Key, until time.Time, limit int) ([]audit.Scanned, error) {
	found, err := pg.Query(ctx, s.DB, scanner{}.read, `SELECT `+scannedColumns+` FROM audit_log
		WHERE (occurred_at, id) > ($1, $2) AND occurred_at <= $3 ORDER BY occurred_at, id LIMIT $4`, after.OccurredAt, after.ID, until, limit)
	return found, pg.Wrap("read audit log", err)
}

// Rows implements audit.Scan.
func (s *AuditLog) Rows(ctx context.Context, ids []uuid.UUID) ([]audit.Scanned, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := pg.Query(ctx, s.DB, scanner{}.read, `SELECT `+scannedColumns+` FROM audit_log WHERE id = ANY($1)`, ids)
	return found, pg.Wrap("read audit log", err)
}

// Details implements audit.Scan.
func (s *AuditLog) Details(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]audit.SealedDetail, error) {
	found := make(map[uuid.UUID]audit.SealedDetail, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	same := scanner{}
	_, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (none struct{}, err error) {
		v, err := raw(row)
		if err == nil {
			found[uuid.UUID(v[0])] = audit.SealedDetail{Person: same.one(v[1]), Sealed: append([]byte{}, v[2]...)}
		}
		return none, err
	}, `SELECT id, person, sealed FROM audit_details WHERE id = ANY($1)`, ids)
	return found, pg.Wrap("read details of the audit log", err)
}

// Strays implements audit.Scan.
func (s *AuditLog) Strays(ctx context.Context, rows []audit.Key) ([]audit.Key, error) {
	ids, times := make([]uuid.UUID, len(rows)), make([]time.Time, len(rows))
	for i, r := range rows {
		ids[i], times[i] = r.ID, r.OccurredAt
	}
	// One statement: a row that is sealed meanwhile is waiting or sealed for all of it.
	found, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (k audit.Key, err error) {
		err = row.Scan(&k.ID, &k.OccurredAt)
		return k, err
	}, `SELECT r.id, r.occurred_at FROM unnest($1::uuid[], $2::timestamptz[]) AS r (id, occurred_at)
		WHERE NOT EXISTS (SELECT FROM audit_leaves l WHERE l.id = r.id AND l.occurred_at = r.occurred_at)
			AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.id = r.id AND p.occurred_at = r.occurred_at)
		ORDER BY r.occurred_at, r.id`, ids, times)
	return found, pg.Wrap("look for rows that are not sealed", err)
}
