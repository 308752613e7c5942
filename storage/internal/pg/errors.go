package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/fault"
)

// ErrUnavailable reports that Postgres cannot be reached or takes no writes. The caller may
// try again.
var ErrUnavailable = fault.New(fault.Unavailable, "storage_unavailable", "The service is not available right now. Please try again in a moment.")

// retryAfter is what clients are told to wait.
const retryAfter = 2 * time.Second

// Unavailable gives an error its kind when its cause is that Postgres is away.
// Everything else, nil included, is returned as it is.
func Unavailable(err error) error {
	if err == nil || fault.KindOf(err) != "" || !Away(err) {
		return err
	}
	return unavailable(err)
}

func unavailable(cause error) error {
	e := ErrUnavailable.With(cause)
	e.RetryAfter = retryAfter
	return e
}

// Away reports whether an error says that Postgres is away: that it cannot be reached, or
// what it says itself when it cannot work: shutting down or starting (57P01–57P03), out
// of resources (class 53), read-only (25006), a statement or lock that took too long
// (57014, 55P03).
func Away(err error) bool {
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

// Constraint returns the name of the constraint that err violates, or "".
func Constraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// isMoved reports whether err says that a tenant was moved away from where a transaction looked for it.
func isMoved(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "PL001"
}

// IsDivisionByZero reports whether err is how a statement says that what it must have found was not
// there, so that its transaction fails whenever it is sent.
func IsDivisionByZero(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "22012"
}

// IsMissing reports whether err says that a column that must have a value had none.
func IsMissing(err error, table, column string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23502" && pg.TableName == table && pg.ColumnName == column
}

// ErrUnfit reports a value that Postgres cannot keep: text with NUL, JSON with
// half a character or a number beyond all bounds.
var ErrUnfit = fault.New(fault.Invalid, "unfit_value", "A value holds characters or numbers that cannot be stored.")

// ErrRow reports a row of which something is stored that cannot be read, where nothing says more.
var ErrRow = &fault.Error{
	Kind: fault.Unavailable, Code: "row_unreadable", RetryAfter: time.Minute, // somebody has to mend it
	Message: "Something that is stored cannot be read. Whoever runs this service can put it back.",
}

// Wrap says what failed; nil stays nil.
func Wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	if unfit(err) {
		err = ErrUnfit.With(err)
	}
	if fault.KindOf(err) == "" {
		err = unread(err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// unread gives what cannot be read of a row its kind. Of JSON the log says the column and not the content, which may be about a person.
func unread(err error) error {
	var scan pgx.ScanArgError
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &scan):
		return err
	case errors.As(err, &kind), errors.As(err, &syntax):
		err = fmt.Errorf("column %s cannot be read", scan.FieldName)
	}
	return ErrRow.With(err)
}

// unfit is true of data exceptions (class 22) and of values too deep to read (54001).
func unfit(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || pg.Code == "54001")
}

// Absent turns "no rows" into the error of the aggregate.
func Absent(err, is error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return is
	}
	return err
}
