package pg

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/fault"
	"plinto/internal/tracing"
	"plinto/tenant"
)

// errApart is what a member is told whose transaction did not happen for a reason that may not be its own, or that it
// shall wait for by itself.
var errApart = errors.New("the statement is to be sent by itself")

// together sends s in a transaction that others may share. It is for statements that are right whatever the others
// of their line do. order is by what those of a transaction are sorted: whoever locks a row that others lock too
// gives what tells the row. s must not fail for a reason that Postgres does not know of.
//
// Where Postgres refuses one, each is sent again by itself, so that only that one fails; so it is where one waits for
// a lock. An outcome that is not known, as of a connection that broke, is told to all, as it would be told to one.
func (db *DB) together(ctx context.Context, t *tenant.Tenant, order []byte, sql string, s statement) error {
	l := line{PlaceOf(t), db.namingOf(ctx, t), sql}
	m := &member{ctx: ctx, order: order, put: s, done: make(chan struct{})}
	switch begin := db.lines.join(l, m); len(begin) {
	case 0:
	case 1:
		db.first(ctx, t, l, m)
	default:
		go db.goOn(t, l, begin) //nolint:contextcheck // as in first
	}
	if err := db.wait(ctx, t, l, m); err != nil {
		return err
	}
	if errors.Is(m.err, errApart) {
		return db.alone(ctx, t, s)
	}
	return m.err
}

// wait waits until a transaction with m is over.
func (db *DB) wait(ctx context.Context, t *tenant.Tenant, l line, m *member) error {
	select {
	case <-m.done:
		return nil
	default:
	}
	defer tracing.Past(ctx, "transaction with others", tracing.Internal, time.Now())
	late := time.NewTimer(db.lines.patience)
	defer late.Stop()
	for {
		select {
		case <-m.done:
			return nil
		case <-ctx.Done():
			db.lines.withdraw(l, m)
			return ctx.Err()
		case <-late.C:
			if members := db.lines.tired(l, m); members != nil {
				go db.goOn(t, l, members) //nolint:contextcheck // as in first
			}
		}
	}
}

// first sends a member that need not wait. Its transaction ends with its request, which does not wait for the next.
func (db *DB) first(ctx context.Context, t *tenant.Tenant, l line, m *member) {
	defer func() { //nolint:contextcheck // transactions that others wait for do not end with a request
		if members := db.lines.next(l); members != nil {
			go db.goOn(t, l, members)
		}
	}()
	db.share(ctx, t, l.naming, []*member{m})
}

// goOn sends members, and then those who waited for them. A transaction has the limits of a statement.
func (db *DB) goOn(t *tenant.Tenant, l line, members []*member) {
	for ; members != nil; members = db.lines.next(l) {
		db.share(context.WithoutCancel(members[0].ctx), t, l.naming, members)
	}
}

// share sends members in one transaction and tells each what became of it.
func (db *DB) share(ctx context.Context, t *tenant.Tenant, n naming, members []*member) {
	slices.SortStableFunc(members, func(a, b *member) int { return bytes.Compare(a.order, b.order) })
	n.hurried = true
	w := work{db: db, tenant: t, naming: n}
	for _, m := range members {
		w.waiting = append(w.waiting, m.put)
	}
	err := w.commit(ctx)
	if isLocked(err) || len(members) > 1 && isOfRow(err) {
		err = errApart
	}
	for _, m := range members {
		m.err = err
		close(m.done)
	}
}

// isLocked reports whether a lock was waited for in vain.
func isLocked(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "55P03"
}

// isOfRow reports whether err may be about one statement alone, and says that nothing was committed: Postgres
// itself refused something, and not because it is away.
func isOfRow(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && fault.KindOf(err) == "" && !Away(err)
}

// ExecTogether is Exec for a statement that may share its transaction: see together.
func ExecTogether(ctx context.Context, db *DB, sql string, args ...any) error {
	t, w, err := scope(ctx)
	if err != nil {
		return err
	}
	if w != nil {
		return ExecLater(ctx, db, AnyNumber, sql, args...)
	}
	return Unavailable(db.together(ctx, t, nil, sql, execution(AnyNumber, sql, args...)))
}

// QueryTogether is Query for a statement that changes something and may share its transaction: see together.
func QueryTogether[T any](ctx context.Context, db *DB, order []byte, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	t, w, err := scope(ctx)
	if err != nil {
		return nil, err
	}
	if w != nil {
		return Query(ctx, db, row, sql, args...)
	}
	var a answer[T]
	err = db.together(ctx, t, order, sql, func(b *batch) {
		b.queue(sql, args...).Fn = func(answers pgx.BatchResults) error { return readAnswer(&a, answers, row) }
	})
	if err != nil {
		return nil, Unavailable(err) // what was read may be changing still
	}
	if a.panicked != nil {
		panic(a.panicked) // as if its request had read it
	}
	return a.rows, Unavailable(a.unread)
}

// An answer is what one statement of a transaction was answered.
type answer[T any] struct {
	rows     []T
	unread   error // why they could not be read, though the transaction is not to blame
	panicked any
}

// readAnswer fails where all of the transaction does.
func readAnswer[T any](a *answer[T], answers pgx.BatchResults, row pgx.RowToFunc[T]) error {
	defer func() { a.panicked = recover() }()
	rows, _ := answers.Query() // the error is also in rows
	a.rows, a.unread = pgx.CollectRows(rows, row)
	var said *pgconn.PgError
	if errors.As(a.unread, &said) || Away(a.unread) {
		return a.unread
	}
	return nil
}
