package storage

import (
	"context"
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
		c.hearing.deaf()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > listenMost {
			wait = listenFirst
		}
		c.log.WarnContext(ctx, "not hearing changes of other instances; nothing is held in memory for longer than a second", "error", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, listenMost)
	}
}

func (c *changes) listen(ctx context.Context) error {
	config := c.config.Copy()
	// Told as they are read, so before the answer that they came ahead of.
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { c.tell(n.Payload) }
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	sent := time.Now()
	err = patiently(ctx, func(ctx context.Context) error {
		_, err := conn.Exec(ctx, `LISTEN `+changesChannel)
		return err
	})
	if err != nil {
		return err
	}
	// What changed before this moment was not heard.
	c.forgetAll()
	for {
		c.hearing.heard(sent)
		if err := c.untilAsked(ctx, conn.PgConn()); err != nil {
			return err
		}
		sent = time.Now()
		if err := patiently(ctx, conn.Ping); err != nil {
			return err
		}
	}
}

// untilAsked tells what is announced until somebody wants to know whether all is told.
func (c *changes) untilAsked(ctx context.Context, conn *pgconn.PgConn) error {
	listening, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-c.hearing.ask:
			stop()
		case <-listening.Done():
		}
	}()
	for {
		err := conn.WaitForNotification(listening)
		if err != nil && listening.Err() != nil && ctx.Err() == nil && !conn.IsClosed() {
			return nil
		}
		if err != nil {
			return err
		}
	}
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
