package storage

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/event/audit"
)

// lockTimeout reports whether somebody else held a lock for too long, or was locked by us.
func lockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "55P03" || pg.Code == "40P01")
}

// store writes what became of the batch, in one round trip.
func (w *sealing) store(ctx context.Context, sealed *audit.Sealed) error {
	if err := w.newKeys(ctx, sealed); err != nil {
		return err
	}
	var b pgx.Batch
	if len(sealed.Leaves) > 0 {
		w.leaves(&b, sealed)
		w.details(&b, sealed)
		for _, t := range sealed.Tiles {
			b.Queue(`INSERT INTO audit_tiles (tenant_id, level, n, hashes) VALUES ($1, $2, $3, $4)
				ON CONFLICT (tenant_id, level, n) DO UPDATE SET hashes = EXCLUDED.hashes`, w.of, t.Level, t.N, t.Hashes)
		}
	}
	if len(w.twice) > 0 { // Verifier finds the second row: no leaf is its own
		b.Queue(`DELETE FROM audit_pending WHERE tenant_id = $1 AND id = ANY($2)`, w.of, w.twice)
	}
	if h := sealed.Head; h != nil {
		b.Queue(`INSERT INTO audit_heads (tenant_id, size, signed_at, note) VALUES ($1, $2, $3, $4)`, w.of, h.Size, h.SignedAt, sealed.Note)
		b.Queue(`UPDATE audit_trees SET head_size = $2, head_at = $3 WHERE tenant_id = $1`, w.of, h.Size, h.SignedAt)
	}
	b.Queue(`UPDATE audit_trees SET size = $2, past_done = $3 WHERE tenant_id = $1 AND (size, past_done) <> ($2, $3)`,
		w.of, w.batch.Size+int64(len(sealed.Leaves)), w.pastDone)
	return w.tx.SendBatch(ctx, &b).Close()
}

// newKeys stores the keys that were made for the batch. Somebody may have been quicker:
// who deleted the user, or another process.
func (w *sealing) newKeys(ctx context.Context, sealed *audit.Sealed) error {
	if len(sealed.Persons) > 0 {
		var names []string
		var keys [][]byte
		for name, key := range sealed.Persons {
			names, keys = append(names, name), append(keys, key.Sealed)
		}
		tag, err := w.tx.Exec(ctx, `INSERT INTO audit_persons (tenant_id, person, sealed)
			SELECT $1, person, sealed FROM unnest($2::text[], $3::bytea[]) AS n (person, sealed) ORDER BY person ON CONFLICT DO NOTHING`, w.of, names, keys)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(len(names)) {
			return audit.ErrBusy
		}
	}
	if sealed.Key == nil {
		return nil
	}
	tag, err := w.tx.Exec(ctx, `INSERT INTO audit_keys (tenant_id, verifier, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		w.of, sealed.Key.Verifier, sealed.Key.Sealed)
	if err == nil && tag.RowsAffected() == 0 {
		err = audit.ErrBusy
	}
	return err
}

// leaves adds the leaves, and takes their rows off the list of what waits.
func (w *sealing) leaves(b *pgx.Batch, sealed *audit.Sealed) {
	n := len(sealed.Leaves)
	seqs, ids, times := make([]int64, n), make([]uuid.UUID, n), make([]time.Time, n)
	rows, details := make([][]byte, n), make([][]byte, n)
	for i := range sealed.Leaves {
		l := &sealed.Leaves[i]
		seqs[i], ids[i], times[i], rows[i] = l.Seq, l.ID, l.OccurredAt, l.Row[:]
		if details[i] = []byte{}; l.Detail != (audit.Hash{}) {
			details[i] = l.Detail[:]
		}
	}
	b.Queue(`INSERT INTO audit_leaves (tenant_id, seq, id, occurred_at, row_hash, detail_hash)
		SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::bytea[], $6::bytea[])`, w.of, seqs, ids, times, rows, details)
	if !w.batch.Rows[0].Past {
		b.Queue(`DELETE FROM audit_pending WHERE tenant_id = $1 AND id = ANY($2)`, w.of, ids)
		return
	}
	b.Queue(`UPDATE audit_log a SET ip = '', agent = '' FROM unnest($2::uuid[], $3::timestamptz[]) AS s (id, occurred_at)
		WHERE a.tenant_id = $1 AND a.id = s.id AND a.occurred_at = s.occurred_at AND (a.ip <> '' OR a.agent <> '' OR a.data ? 'first_ip')`, w.of, ids, times) // a trigger takes first_ip out
	b.Queue(`UPDATE audit_trees SET past_at = $2, past_id = $3 WHERE tenant_id = $1`, w.of, times[n-1], ids[n-1])
}

func (w *sealing) details(b *pgx.Batch, sealed *audit.Sealed) {
	var ids []uuid.UUID
	var times []time.Time
	var persons []string
	var texts [][]byte
	for i := range sealed.Leaves {
		l := &sealed.Leaves[i]
		if d, ok := sealed.Details[l.ID]; ok {
			ids, times, persons, texts = append(ids, l.ID), append(times, l.OccurredAt), append(persons, d.Person), append(texts, d.Sealed)
		}
	}
	if len(ids) > 0 {
		b.Queue(`INSERT INTO audit_details (tenant_id, id, occurred_at, person, sealed)
			SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::bytea[])`, w.of, ids, times, persons, texts)
	}
}
