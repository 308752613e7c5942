package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// System is the database across tenants, on the platform role, whose policies
// name exactly the tables it may touch. Few are handed one: the tenant registry,
// the queue, upkeep.
type System struct {
	pool  *pgxpool.Pool
	place Place
	own   *pools // of databases that tenants have of their own; nil: there are none
	// fences keep from primaries that were replaced; nil: there are none.
	fences *fences
}

// NewSystem returns the database behind a pool of the platform role.
func NewSystem(pool *pgxpool.Pool) *System { return &System{pool: pool} }

// At is s with the tables of a place.
func (s *System) At(p Place) *System { return &System{s.pool, p, s.own, s.fences} }

// Place is where its tables are.
func (s *System) Place() Place { return s.place }

// Shares reports whether its tables are in the database that tenants share.
func (s *System) Shares() bool { return s.place.Shares() }

// Awake reports whether asking costs no connection that there is not already.
func (s *System) Awake() bool {
	return s.place.Shares() || s.own != nil && !s.place.nowhere && s.own.awake(s.place.database)
}

// FailedAt is when its tables could not be reached; zero: they could, when somebody tried last. Only databases of tenants are told of:
// without the shared one nothing goes on.
func (s *System) FailedAt() time.Time {
	if s.own == nil || s.place.Shares() || s.place.nowhere {
		return time.Time{}
	}
	return s.own.failedAt(s.place.database)
}

// A sender sends statements: a pool, one of its connections, or a transaction.
type sender interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Begin(ctx context.Context) (pgx.Tx, error)
}

// asking is a pool as whoever waits for an answer uses it: a connection that rested is tried before, as it may
// have ended meanwhile. The queue, which uses the pool itself, does again what failed, and its looks every few
// seconds would all be tried before.
type asking struct{ pool *pgxpool.Pool }

type (
	askingKey   struct{}
	repeatedKey struct{}
)

// Repeated returns a context for statements that are sent again and again, so that one may fail.
func Repeated(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatedKey{}, true)
}

// Asking returns a context of somebody who waits for an answer.
func Asking(ctx context.Context) context.Context { return context.WithValue(ctx, askingKey{}, true) }

// Exec implements sender.
func (a asking) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return a.pool.Exec(Asking(ctx), sql, args...)
}

// Query implements sender.
func (a asking) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return a.pool.Query(Asking(ctx), sql, args...)
}

// Begin implements sender.
func (a asking) Begin(ctx context.Context) (pgx.Tx, error) { return a.pool.Begin(Asking(ctx)) }

// How long a connection rests before it is tried.
const (
	restOfAsking = time.Second
	restOfQueue  = 30 * time.Second
)

func shouldPing(ctx context.Context, p pgxpool.ShouldPingParams) bool {
	if ctx.Value(askingKey{}) != nil && ctx.Value(repeatedKey{}) == nil {
		return p.IdleDuration > restOfAsking
	}
	return p.IdleDuration > restOfQueue
}

// sender is who sends statements to the place until done.
func (s *System) sender(ctx context.Context) (_ sender, done func(), err error) {
	switch {
	case s.place.Shares():
		return asking{s.pool}, func() {}, nil
	case s.own == nil, s.place.nowhere:
		return nil, nil, s.place.absent()
	}
	conn, err := s.own.acquire(ctx, s.place.database, PlatformRole)
	if err != nil {
		return nil, nil, err
	}
	return conn, conn.release, nil
}

// Queue is the pool for the queue of the place, which stays open until done.
func (s *System) Queue(ctx context.Context) (pool *pgxpool.Pool, done func(), err error) {
	switch {
	case s.place.Shares():
		return s.pool, func() {}, nil
	case s.own == nil, s.place.nowhere:
		return nil, nil, s.place.absent()
	}
	return s.own.borrow(ctx, s.place.database, PlatformRole)
}

// Pool is for what brings statements of its own: the queue, the listener.
func (s *System) Pool() *pgxpool.Pool { return s.pool }

// Close closes every connection.
func (s *System) Close() { s.pool.Close() }

// SystemQuery runs one statement, in the transaction of ctx if it has one in this database, and collects its rows.
func SystemQuery[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	err := WithTimeout(ctx, func(ctx context.Context) (err error) {
		var from sender
		if in, ok := ctx.Value(systemTxKey{}).(systemTx); ok && in.place.database == s.place.database && !s.place.nowhere {
			from = in.tx
		} else {
			there, done, err := s.sender(ctx)
			if err != nil {
				return err
			}
			defer done()
			from = there
		}
		sql, args := s.place.statement(sql, args)
		rows, _ := from.Query(ctx, sql, args...) // the error is also in rows
		found, err = pgx.CollectRows(rows, row)
		return err
	})
	return found, Unavailable(s.place.unready(err))
}

// SystemOne is SystemQuery for a statement that yields exactly one row; pgx.ErrNoRows
// otherwise.
func SystemOne[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	return only(SystemQuery(ctx, s, row, sql, args...))
}

type systemTxKey struct{}

// A systemTx is a transaction of System.InTx.
type systemTx struct {
	tx    pgx.Tx
	place Place
}

// ErrOtherDatabase reports a transaction that would be of two databases.
var ErrOtherDatabase = errors.New("the transaction is of another database")

// InTx runs fn in one transaction, carried by the context it is given. A nested call joins the
// transaction of ctx. It commits when fn returns nil.
func (s *System) InTx(ctx context.Context, fn func(context.Context) error) error {
	if in, ok := ctx.Value(systemTxKey{}).(systemTx); ok {
		if in.place.database != s.place.database {
			return ErrOtherDatabase
		}
		return fn(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*statementWait)
	defer cancel()
	err := s.begin(ctx, func(tx pgx.Tx) error {
		return fn(context.WithValue(ctx, systemTxKey{}, systemTx{tx, s.place}))
	})
	return Unavailable(err)
}

// Begin runs fn in one transaction that takes as long as it takes. It commits when fn returns nil.
func (s *System) Begin(ctx context.Context, fn func(pgx.Tx) error) error {
	return s.begin(ctx, func(tx pgx.Tx) error { return fn(s.place.tx(tx)) })
}

func (s *System) begin(ctx context.Context, fn func(pgx.Tx) error) error {
	to, done, err := s.sender(ctx)
	if err != nil {
		return err
	}
	defer done()
	return pgx.BeginFunc(ctx, to, fn)
}

// Exec runs one statement that takes as long as it takes, and returns how many rows it changed.
func (s *System) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	to, done, err := s.sender(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	sql, args = s.place.statement(sql, args)
	tag, err := to.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// SystemTx returns the transaction of System.InTx, or ErrNoTransaction.
func SystemTx(ctx context.Context) (pgx.Tx, error) {
	in, ok := ctx.Value(systemTxKey{}).(systemTx)
	if !ok {
		return nil, ErrNoTransaction
	}
	return in.place.tx(in.tx), nil
}

// SystemTxAt is SystemTx with the tables of another place of the same database. ErrOtherDatabase.
func SystemTxAt(ctx context.Context, p Place) (pgx.Tx, error) {
	in, ok := ctx.Value(systemTxKey{}).(systemTx)
	switch {
	case !ok:
		return nil, ErrNoTransaction
	case p.moving, p.damaged:
		return nil, p.absent()
	case in.place.database != p.database, p.nowhere:
		return nil, ErrOtherDatabase
	}
	return p.tx(in.tx), nil
}

// SystemExec runs a statement in the transaction of ctx and returns how many rows it
// changed.
func SystemExec(ctx context.Context, sql string, args ...any) (int64, error) {
	tx, err := SystemTx(ctx)
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}
