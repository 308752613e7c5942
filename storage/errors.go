package storage

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/fault"
)

// ErrUnavailable reports that Postgres cannot be reached or takes no writes. What
// was asked may be asked again.
var ErrUnavailable = fault.New(fault.Unavailable, "storage_unavailable", "The service is not available right now. Please try again in a moment.")

// retryAfter is what clients are told to wait.
const retryAfter = 2 * time.Second

// unavailable gives an error its kind when its cause is that Postgres is away.
// Everything else, nil included, is returned as it is.
func unavailable(err error) error {
	if err == nil || fault.KindOf(err) != "" || !away(err) {
		return err
	}
	e := ErrUnavailable.With(err)
	e.RetryAfter = retryAfter
	return e
}

// awayStates are what Postgres itself says when it cannot work: shutting down or
// starting (57P01–57P03), out of resources (class 53), read-only (25006), a
// statement or lock that took too long (57014, 55P03).
func away(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case len(pg.Code) == 5 && (pg.Code[:2] == "53" || pg.Code[:2] == "08"):
			return true
		case pg.Code == "57P01", pg.Code == "57P02", pg.Code == "57P03", pg.Code == "25006", pg.Code == "57014", pg.Code == "55P03":
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// constraint returns the name of the constraint that err violates, or "".
func constraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// changedOr says why no row had the version that was read: the row is there with another
// one, or it is not there, which is gone. err is that of looking.
func changedOr(gone error, there bool, err error) error {
	switch {
	case err != nil:
		return err
	case there:
		return fault.ErrChanged
	default:
		return gone
	}
}
