package storage

import (
	"plinto/internal/fault"
	"plinto/storage/internal/pg"
)

// Errors of every repository.
var (
	// ErrUnavailable reports that Postgres cannot be reached or takes no writes. What was
	// asked may be asked again.
	ErrUnavailable = pg.ErrUnavailable
	// ErrUnfit reports a value that Postgres cannot keep.
	ErrUnfit = pg.ErrUnfit
)

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
