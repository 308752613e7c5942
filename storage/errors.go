package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"

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

// switched makes a change to one of two states, and reports whether the row was in the other one. versioned makes the
// change do, which returns how many rows it changed, and returns fault.ErrChanged when the row is there and was not.
func switched(
	ctx context.Context, versioned func(ctx context.Context, what string, id uuid.UUID, do func(context.Context) (int64, error)) error,
	what string, id uuid.UUID, do func(context.Context) (int64, error),
) (changed bool, err error) {
	err = versioned(ctx, what, id, func(ctx context.Context) (n int64, err error) {
		n, err = do(ctx)
		changed = n > 0
		return n, err
	})
	if errors.Is(err, fault.ErrChanged) {
		return false, nil
	}
	return changed, err
}
