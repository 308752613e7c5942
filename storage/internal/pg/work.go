package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/tenant"
)

// A work is one transaction of a tenant. It is opened by the first statement whose
// answer somebody waits for. Statements that nobody waits for (ExecLater) travel
// with the next one, or with the commit, so that most transactions are one or two
// round trips.
type work struct {
	db      *DB
	tenant  *tenant.Tenant
	naming  naming
	conn    *connection // nil until something is sent
	waiting []statement
	ends    bool     // may have ended tokens
	over    []func() // called when it is over
	done    bool     // committed
}

// A statement puts itself and what becomes of its answer into a batch.
type statement func(*batch)

// A batch is what is sent to a place in one round trip.
type batch struct {
	all   pgx.Batch
	place Place
}

// queue adds a statement, with the tables of the place.
func (b *batch) queue(sql string, args ...any) *pgx.QueuedQuery {
	sql, args = b.place.statement(sql, args)
	return b.all.Queue(sql, args...)
}

var errDone = errors.New("statement after the transaction was committed")

// rollbackWait bounds how long a transaction that failed holds its connection.
const rollbackWait = time.Second

// send sends what waits and then next, in one round trip. One that fails ends the
// transaction.
func (w *work) send(ctx context.Context, next ...statement) error {
	if w.done {
		return errDone
	}
	b := batch{place: PlaceOf(w.tenant)}
	if w.conn == nil {
		conn, err := w.db.acquire(ctx, w.tenant)
		if err != nil {
			return err
		}
		w.conn = conn
		b.all.Queue(`BEGIN`)
		w.naming.queue(&b)
	}
	return w.flush(ctx, w.conn, &b, next...)
}

func (w *work) flush(ctx context.Context, conn *connection, b *batch, next ...statement) error {
	for _, s := range append(w.waiting, next...) {
		s(b)
	}
	w.waiting = nil
	err := WithTimeout(ctx, func(ctx context.Context) error { return conn.SendBatch(ctx, &b.all).Close() })
	if isMoved(err) {
		if w.db.moved != nil {
			w.db.moved()
		}
		return tenant.ErrMoving.With(err)
	}
	return b.place.unready(err)
}

// commit commits. When nothing was sent yet, everything is sent now, as one batch, which is
// one implicit transaction.
func (w *work) commit(ctx context.Context) error {
	switch {
	case w.done, w.conn == nil && len(w.waiting) == 0:
		return nil
	case w.conn != nil:
		err := w.send(ctx, func(b *batch) { b.all.Queue(`COMMIT`).Exec(committed) })
		w.done = err == nil
		return err
	}
	conn, err := w.db.acquire(ctx, w.tenant)
	if err != nil {
		return err
	}
	defer conn.release()
	b := batch{place: PlaceOf(w.tenant)}
	w.naming.queue(&b)
	err = w.flush(ctx, conn, &b)
	w.done = err == nil
	return err
}

// committed reports the COMMIT of a failed transaction, which Postgres answers with ROLLBACK.
func committed(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// close gives the connection back, rolled back unless it was committed.
func (w *work) close(ctx context.Context) {
	if w.conn == nil {
		return
	}
	if w.conn.Conn().PgConn().TxStatus() != 'I' && !w.conn.Conn().IsClosed() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWait)
		defer cancel()
		_, _ = w.conn.Exec(ctx, `ROLLBACK`) // a connection that cannot is not used again
	}
	w.conn.release()
}

// tx returns the transaction in the form that the queue takes.
func (w *work) tx(ctx context.Context) (pgx.Tx, error) {
	if err := w.send(ctx); err != nil {
		return nil, err
	}
	// It has begun, so its first query is one that does nothing.
	var tx pgx.Tx
	err := WithTimeout(ctx, func(ctx context.Context) (err error) {
		tx, err = w.conn.Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: `SELECT`})
		return err
	})
	return tx, err
}

// alone sends one statement in a transaction of its own, in one round trip.
func (db *DB) alone(ctx context.Context, t *tenant.Tenant, s statement) error {
	w := work{db: db, tenant: t, naming: db.namingOf(ctx, t), waiting: []statement{s}}
	return w.commit(ctx)
}
