package pg

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a connection keeps the plans of its statements. Postgres makes a plan
// once and keeps it until the table's statistics change. One made for a table of a
// few rows reads the whole of it, which is right then and wrong a burst of sign-ins
// later: the statistics follow the table by a minute. A new plan of every statement
// costs about two milliseconds.
const (
	plansFirst = time.Second // of a new connection, then twice as long each time
	plansLast  = 16 * time.Second
)

// plans says when a connection plans its statements anew.
type plans struct {
	since time.Time
	kept  time.Duration
}

const plansKey = "plinto.plans"

// replan makes Postgres forget plans that are old. conn is the caller's alone.
func replan(ctx context.Context, conn *pgxpool.Conn, now time.Time) error {
	pg := conn.Conn().PgConn()
	p, _ := pg.CustomData()[plansKey].(*plans)
	if p == nil {
		pg.CustomData()[plansKey] = &plans{since: now, kept: plansFirst}
		return nil
	}
	if now.Sub(p.since) < p.kept {
		return nil
	}
	p.since, p.kept = now, min(2*p.kept, plansLast)
	return pg.Exec(ctx, `DISCARD PLANS`).Close()
}
