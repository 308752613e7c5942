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

// scanned runs a statement and has read take each row as it is sent: binary, or text. What
// read is given is only valid until it returns.
func scanned(ctx context.Context, db *DB, read func([][]byte), sql string, args ...any) error {
	checked := false
	_, err := pg.Query(ctx, db, func(row pgx.CollectableRow) (none struct{}, err error) {
		for i, d := range row.FieldDescriptions() {
			if checked {
				break
			}
			if d.DataTypeOID != pgtype.TextOID && d.Format != pgx.BinaryFormatCode {
				return none, fmt.Errorf("column %d of an audit row came as text", i)
			}
		}
		checked = true
		read(row.RawValues())
		return none, nil
	}, sql, args...)
	return err
}

func rawTime(b []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b)) + postgresEpoch).UTC()
}

// Leaves implements audit.Scan.
func (s *AuditLog) Leaves(ctx context.Context, from, to int64) ([]audit.Leaf, error) {
	found := make([]audit.Leaf, 0, to-from)
	err := scanned(ctx, s.DB, func(v [][]byte) {
		l := audit.Leaf{Seq: int64(binary.BigEndian.Uint64(v[0])), ID: uuid.UUID(v[1]), OccurredAt: rawTime(v[2])}
		setHashes(&l, v[3], v[4])
		found = append(found, l)
	}, `SELECT seq, id, occurred_at, row_hash, detail_hash FROM audit_leaves WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, to)
	return found, pg.Wrap("read leaves of the audit log", err)
}

const scannedColumns = `id, occurred_at, type, actor_type, actor_id, subject, outcome, reason, request_id, data::text, ip <> '' OR agent <> ''`

// A rowScanner hashes rows, and keeps one copy of the names that many of them have.
type rowScanner struct {
	found []audit.Scanned
	names map[string]string
	buf   []byte
}

func newRowScanner(size int) *rowScanner {
	return &rowScanner{found: make([]audit.Scanned, 0, size), names: map[string]string{}}
}

func (s *rowScanner) name(b []byte) string {
	if name, ok := s.names[string(b)]; ok {
		return name
	}
	name := string(b)
	if len(s.names) < 1000 {
		s.names[name] = name
	}
	return name
}

func (s *rowScanner) read(v [][]byte) {
	r := audit.Scanned{
		Key:       audit.Key{ID: uuid.UUID(v[0]), OccurredAt: rawTime(v[1])},
		ActorType: s.name(v[3]), ActorID: s.name(v[4]), Subject: s.name(v[5]), Clear: v[10][0] != 0,
	}
	r.Hash, s.buf = audit.HashTexts(s.buf, [audit.RowTexts][]byte(v[2:10]))
	s.found = append(s.found, r)
}

// Window implements audit.Scan.
func (s *AuditLog) Window(ctx context.Context, after audit.Key, until time.Time, limit int) ([]audit.Scanned, error) {
	rows := newRowScanner(limit / 2)
	err := scanned(ctx, s.DB, rows.read, `SELECT `+scannedColumns+` FROM audit_log
		WHERE (occurred_at, id) > ($1, $2) AND occurred_at <= $3 ORDER BY occurred_at, id LIMIT $4`, after.OccurredAt, after.ID, until, limit)
	return rows.found, pg.Wrap("read audit log", err)
}

// Rows implements audit.Scan.
func (s *AuditLog) Rows(ctx context.Context, ids []uuid.UUID) ([]audit.Scanned, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows := newRowScanner(len(ids))
	err := scanned(ctx, s.DB, rows.read, `SELECT `+scannedColumns+` FROM audit_log WHERE id = ANY($1)`, ids)
	return rows.found, pg.Wrap("read audit log", err)
}

// A detailScanner hashes details.
type detailScanner struct {
	found []audit.ScannedDetail
	buf   []byte
}

func (s *detailScanner) read(v [][]byte) {
	d := audit.ScannedDetail{ID: uuid.UUID(v[0])}
	d.Hash, s.buf = audit.HashDetail(s.buf, v[1], v[2])
	s.found = append(s.found, d)
}

// DetailWindow implements audit.Scan.
func (s *AuditLog) DetailWindow(ctx context.Context, after, until uuid.UUID, limit int) ([]audit.ScannedDetail, error) {
	details := detailScanner{found: make([]audit.ScannedDetail, 0, limit/2)}
	err := scanned(ctx, s.DB, details.read, `SELECT id, person, sealed FROM audit_details WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`, after, until, limit)
	return details.found, pg.Wrap("read details of the audit log", err)
}

// Details implements audit.Scan.
func (s *AuditLog) Details(ctx context.Context, ids []uuid.UUID) ([]audit.ScannedDetail, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	details := detailScanner{found: make([]audit.ScannedDetail, 0, len(ids))}
	err := scanned(ctx, s.DB, details.read, `SELECT id, person, sealed FROM audit_details WHERE id = ANY($1)`, ids)
	return details.found, pg.Wrap("read details of the audit log", err)
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
