package pg

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a connection keeps the plans of its statements. Postgres keeps a plan until the
// table's statistics change, which takes up to a minute. A plan made for a table of a few
// rows scans the whole table, and is slow after a burst of sign-ins. Planning every
// statement again costs about two milliseconds.
const (
	planAgeFirst = time.Second // of a new connection, then twice as long each time
	planAgeLast  = 16 * time.Second
)

// planAge is since when a connection keeps its plans, and how long it may.
type planAge struct {
	since time.Time
	limit time.Duration
}

const planAgeKey = "plinto.plans"

// replan makes Postgres forget plans that are old. conn is the caller's alone.
func replan(ctx context.Context, conn *pgxpool.Conn, now time.Time) error {
	pg := conn.Conn().PgConn()
	p, _ := pg.CustomData()[planAgeKey].(*planAge)
	if p == nil {
		pg.CustomData()[planAgeKey] = &planAge{since: now, limit: planAgeFirst}
		return nil
	}
	if now.Sub(p.since) < p.limit {
		return nil
	}
	p.since, p.limit = now, min(2*p.limit, planAgeLast)
	return pg.Exec(ctx, `DISCARD PLANS`).Close()
}
