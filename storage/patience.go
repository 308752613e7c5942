package storage

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a request waits for Postgres.
const (
	// acquireWait is for a connection that others are using.
	acquireWait = 500 * time.Millisecond
	// statementWait is for the answer to one statement, and for the connection it
	// needs to be made. Postgres itself gives up after three seconds (see
	// openPool); this is for when it cannot say so: a network that lost the
	// connection without telling us would hold the request for a quarter of an hour.
	statementWait = 4 * time.Second
	// connectWait is for a connection to be made, to each address of the host.
	connectWait = 3 * time.Second
	// ownerWait is the same for who owns the tables: no request waits.
	ownerWait = 10 * time.Second
	// pingWait is for a sign of life of a connection that was idle.
	pingWait = time.Second
)

var errBusy = errors.New("every connection to the database is in use")

// acquire takes a connection out of the pool. Those that others use are waited for
// only a moment: whoever queues longer has clients that gave up, and requests that
// hold one connection while they wait for another would wait for each other for
// ever. Making a connection takes as long as the caller's context lets it.
func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	select {
	case db.turns <- struct{}{}:
	default:
		if err := db.queue(ctx); err != nil {
			return nil, err
		}
	}
	var conn *pgxpool.Conn
	err := patiently(ctx, func(ctx context.Context) (err error) {
		if conn, err = db.pool.Acquire(ctx); err != nil {
			return err
		}
		if err = replan(ctx, conn, time.Now()); err != nil {
			conn.Release() // which closes one that is broken
		}
		return err
	})
	if err != nil {
		<-db.turns
		return nil, err
	}
	return conn, nil
}

func (db *DB) queue(ctx context.Context) error {
	late := time.NewTimer(db.wait)
	defer late.Stop()
	select {
	case db.turns <- struct{}{}:
		return nil
	case <-late.C:
		e := ErrUnavailable.With(errBusy)
		e.RetryAfter = retryAfter
		return e
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (db *DB) release(conn *pgxpool.Conn) {
	conn.Release()
	<-db.turns
}

// patiently runs one exchange with Postgres for as long as statementWait lets it.
func patiently(ctx context.Context, exchange func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, statementWait)
	defer cancel()
	return exchange(ctx)
}
