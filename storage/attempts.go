package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
)

// Attempts implements identity.Attempts: GCRA with its arithmetic in SQL, so
// that parallel tries queue up at the row and the database's clock counts.
type Attempts struct{ *DB }

func newAttempts(db *DB) *Attempts { return &Attempts{db} }

// Verdict implements identity.Attempts. Call it outside a transaction: a try that
// is rolled back must stay counted. It is not waited for until it is on disk: who
// makes Postgres crash gets back the tries of the last moment, and no more.
//
// The row's "theoretical arrival time" runs ahead of now by one step per wrong try. One
// that would run it further ahead than room writes the row as it was: it costs as much
// and takes no try from its owner.
func (a *Attempts) Verdict(ctx context.Context, limit identity.Limit, key string, good bool) (bool, error) {
	step, room := gcraOf(limit)
	stands, err := pg.One(pg.Lazily(ctx), a.DB, pgx.RowTo[bool], `
		WITH counted AS (
			INSERT INTO attempts (key, tat) SELECT @key, now() + @step::interval WHERE NOT @good
			ON CONFLICT (tenant_id, key) DO UPDATE SET tat = CASE
				WHEN greatest(attempts.tat, now()) + @step::interval <= now() + @room::interval
				THEN greatest(attempts.tat, now()) + @step::interval ELSE attempts.tat END)
		SELECT NOT `+isExhausted,
		pg.Named{"key": attemptKey(limit, key), "step": step, "room": room, "good": good})
	return stands, pg.Wrap("count attempt", err)
}

// isExhausted is whether the key @key has nothing left, as Verdict judges it. isExhaustedOf and ahead are what is before and behind another key.
const (
	isExhausted   = isExhaustedOf + `@key` + ahead
	isExhaustedOf = `EXISTS (SELECT FROM attempts WHERE key = `
	ahead         = ` AND greatest(tat, now()) + @step::interval > now() + @room::interval)`
)

// Stands implements identity.Attempts. One that does not divides by zero: see UseTOTP.
func (a *Attempts) Stands(ctx context.Context, limit identity.Limit, key string, exhausted error) error {
	step, room := gcraOf(limit)
	return pg.ExecLaterOr(ctx, a.DB, func(err error) error {
		if pg.IsDivisionByZero(err) {
			return exhausted
		}
		return pg.Wrap("look at attempts", err)
	}, `SELECT 1 / count(*) FROM (SELECT) t WHERE NOT `+isExhausted, pg.Named{"key": attemptKey(limit, key), "step": step, "room": room})
}

func attemptKey(limit identity.Limit, key string) string { return limit.Name + ":" + printable(key) }

// gcraOf returns what one event costs in time, and how far ahead of now a key may run.
func gcraOf(limit identity.Limit) (step, room time.Duration) {
	step = limit.Period / time.Duration(max(limit.Count, 1))
	return step, step * time.Duration(max(limit.Burst, 1))
}
