package storage

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/tenant"
)

// changesChannel is where the database announces "<table> <tenant id>" (see the
// triggers of the first migration).
const changesChannel = "plinto_changes"

// How long to wait before listening again after the connection broke.
const (
	listenFirst = 100 * time.Millisecond
	listenMost  = 5 * time.Second
	// listenPulse is how often a silent connection is asked whether it is alive:
	// one that a network lost is silent for ever, and we would take that for peace.
	listenPulse = 2 * time.Second
)

// A changes hears what changed, on one connection of its own.
type changes struct {
	config  *pgx.ConnConfig
	hearing *hearing
	log     *slog.Logger

	mu    sync.Mutex
	hooks map[string][]func(tenant.ID) // by table
	all   []func()
}

// on calls f when a row of table changed in a tenant.
func (c *changes) on(table string, f func(tenant.ID)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks[table] = append(c.hooks[table], f)
}

// onAll calls f when announcements may have been missed.
func (c *changes) onAll(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, f)
}

// run listens until ctx ends.
func (c *changes) run(ctx context.Context) {
	wait := listenFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := c.listen(ctx)
		c.hearing.yes.Store(false)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > listenMost {
			wait = listenFirst
		}
		c.log.WarnContext(ctx, "not hearing changes of other instances; memory is kept for a second only", "error", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, listenMost)
	}
}

func (c *changes) listen(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+changesChannel); err != nil {
		return err
	}
	// What changed before this moment was not heard.
	c.forgetAll()
	c.hearing.yes.Store(true)
	for {
		n, err := nextNotification(ctx, conn)
		if err != nil {
			return err
		}
		if n != nil {
			c.tell(n.Payload)
		}
	}
}

// nextNotification waits for one, and returns none after a while in which the
// connection was found alive.
func nextNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	pulse, cancel := context.WithTimeout(ctx, listenPulse)
	defer cancel()
	n, err := conn.WaitForNotification(pulse)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return n, err
	}
	return nil, patiently(ctx, conn.Ping)
}

func (c *changes) tell(payload string) {
	table, id, _ := strings.Cut(payload, " ")
	t, err := tenant.ParseID(id)
	if err != nil {
		c.forgetAll()
		return
	}
	c.mu.Lock()
	hooks := c.hooks[table]
	c.mu.Unlock()
	for _, f := range hooks {
		f(t)
	}
}

func (c *changes) forgetAll() {
	c.mu.Lock()
	all := c.all
	c.mu.Unlock()
	for _, f := range all {
		f()
	}
}
