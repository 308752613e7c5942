package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/identity"
)

// Attempts implements identity.Attempts: GCRA with its arithmetic in SQL, so
// that parallel tries queue up at the row and the database's clock counts.
type Attempts struct{ *DB }

func newAttempts(db *DB) *Attempts { return &Attempts{db} }

// Take implements identity.Attempts. Call it outside a transaction: a try that
// is rolled back must stay counted. It is not waited for until it is on disk: who
// makes Postgres crash gets back the tries of the last moment, and no more.
func (a *Attempts) Take(ctx context.Context, limit identity.Limit, key string) (time.Duration, error) {
	step, room := gcraOf(limit)
	// The row's "theoretical arrival time" runs ahead of now by one step per try;
	// a try that would run it further ahead than room is refused and not counted.
	// A refused try reads the row as it was when the statement began: near enough
	// to say how long to wait.
	wait, err := one(lazily(ctx), a.DB, pgx.RowTo[time.Duration], `
		WITH taken AS (
			INSERT INTO attempts (key, tat) VALUES (@key, now() + @step::interval)
			ON CONFLICT (tenant_id, key) DO UPDATE SET tat = greatest(attempts.tat, now()) + @step::interval
				WHERE greatest(attempts.tat, now()) + @step::interval <= now() + @room::interval
			RETURNING tat)
		SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN interval '0'
			ELSE greatest(interval '1 millisecond', coalesce(
				(SELECT tat + @step::interval - @room::interval - now() FROM attempts WHERE key = @key),
				@step::interval)) END`,
		named{"key": attemptKey(limit, key), "step": step, "room": room})
	return wait, wrap("take attempt", err)
}

// Return implements identity.Attempts.
func (a *Attempts) Return(ctx context.Context, limit identity.Limit, key string) error {
	step, _ := gcraOf(limit)
	err := execLater(ctx, a.DB, anyNumber, `UPDATE attempts SET tat = tat - $2::interval WHERE key = $1 AND tat > now()`,
		attemptKey(limit, key), step)
	return wrap("return attempt", err)
}

func attemptKey(limit identity.Limit, key string) string { return limit.Name + ":" + printable(key) }

// gcraOf returns what one event costs in time, and how far ahead of now a key may run.
func gcraOf(limit identity.Limit) (step, room time.Duration) {
	step = limit.Period / time.Duration(max(limit.Count, 1))
	return step, step * time.Duration(max(limit.Burst, 1))
}
