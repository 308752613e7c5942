package conformance

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"plinto/internal/web"
)

// A counter counts the statements of requests, not those of background work.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.note(ctx)
	return ctx
}

// note counts what is done for a request: only those have an id.
func (c *counter) note(ctx context.Context) {
	if web.RequestID(ctx) != "" {
		c.n.Add(1)
	}
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (c *counter) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchQueryData) {
	c.note(ctx)
}
func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
