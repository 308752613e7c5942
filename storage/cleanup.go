package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/storage/queue"
)

const (
	cleanupEvery = 5 * time.Minute
	cleanupFor   = 4 * time.Minute // of a run that has no end of its own: the next goes on
	cleanupBatch = 5000            // rows of one statement: short locks
	cleanupTurn  = 20              // statements of one table before the next has its turn
)

// cleanup has clean run again and again.
func cleanup(system *System) queue.Upkeep {
	return queue.Upkeep{Name: "cleanup", Every: cleanupEvery, Run: func(ctx context.Context) error { return clean(ctx, system, cleanupBatch) }}
}

// deleted is what one statement of cleanups says.
type deleted struct {
	Rows int
	Last *time.Time // when the last of them ended
}

// clean deletes table after table, in batches that commit by themselves, until nothing is left that is over.
// It works on one connection and rests as long as it works, so that it takes half a processor of the
// database at most.
func clean(ctx context.Context, system *System, batch int) error {
	allowed := cleanupFor
	if end, ok := ctx.Deadline(); ok {
		allowed = time.Until(end) * 2 / 3 // the rest is for places that come after this one
	}
	ctx, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	from := make([]time.Time, len(cleanups)) // what ended before is deleted; its remains in the index are not looked at again
	for left := true; left; {
		left = false
		for i, c := range cleanups {
			full, err := cleanTable(ctx, system, c.sql, batch, &from[i])
			switch {
			case ctx.Err() != nil:
				return nil // the next run goes on
			case err != nil:
				return fmt.Errorf("clean up %s: %w", c.what, err)
			}
			left = left || full
		}
	}
	return nil
}

// cleanTable deletes some batches of a table, and reports whether there may be more.
func cleanTable(ctx context.Context, system *System, sql string, batch int, from *time.Time) (more bool, err error) {
	for range cleanupTurn {
		began := time.Now()
		gone, err := deleteBatch(ctx, system, sql, batch, *from)
		if err != nil || gone.Rows < batch {
			return false, err
		}
		*from = *gone.Last
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(time.Since(began)):
		}
	}
	return true, nil
}

// deleteBatch may take longer than statements of a request: what hangs on the rows goes with them.
func deleteBatch(ctx context.Context, system *System, sql string, batch int, from time.Time) (gone deleted, err error) {
	err = system.Begin(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, patience); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, sql, batch, from) // the error is also in rows
		gone, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[deleted])
		return err
	})
	return gone, err
}
