package pg

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/memory"
	"plinto/tenant"
)

// ChangesChannel is where the database announces "<table> <tenant id>" (see the
// triggers of the first migration).
const ChangesChannel = "plinto_changes"

// How long to wait before listening again after the connection broke.
const (
	listenFirst = 100 * time.Millisecond
	listenMost  = 5 * time.Second
)

// A Listener receives announcements of changes (LISTEN) on a connection of its own, and
// calls those who hold copies of what changed.
type Listener struct {
	config        *pgx.ConnConfig
	order         func(context.Context, *pgx.ConnConfig) error // says which server is tried first; nil: the first
	announcements *memory.Announcements
	log           *slog.Logger

	*Hooks
	// of is whose database it is, of whom alone anything is believed; zero: the one that tenants share.
	of tenant.ID
}

// NewListener prepares a Listener; Run connects.
func NewListener(config *pgx.ConnConfig, announcements *memory.Announcements, log *slog.Logger) *Listener {
	return &Listener{config: config, announcements: announcements, log: log, Hooks: newHooks()}
}

// NewListenerOf prepares a Listener on the database of a pool, that goes to the same server.
func NewListenerOf(pool *pgxpool.Pool, announcements *memory.Announcements, log *slog.Logger) *Listener {
	return newListenerOf(pool.Config(), announcements, log)
}

func newListenerOf(config *pgxpool.Config, announcements *memory.Announcements, log *slog.Logger) *Listener {
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	l := NewListener(config.ConnConfig, announcements, log)
	l.order = config.BeforeConnect
	return l
}

// Run listens until ctx ends.
func (l *Listener) Run(ctx context.Context) {
	wait := listenFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := l.listen(ctx)
		l.announcements.Lost()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > listenMost {
			wait = listenFirst
		}
		l.log.WarnContext(ctx, "no announcements of changes from the database; copies in memory are used for at most a second", "error", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, listenMost)
	}
}

func (l *Listener) listen(ctx context.Context) error {
	config := l.config.Copy()
	// Handled as they are read, so before the answer that follows them.
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { l.notify(n.Payload) }
	if l.order != nil {
		if err := l.order(ctx, config); err != nil {
			return err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	sent := time.Now()
	err = WithTimeout(ctx, func(ctx context.Context) error {
		_, err := conn.Exec(ctx, `LISTEN `+ChangesChannel)
		return err
	})
	if err != nil {
		return err
	}
	// Announcements from before this moment are lost.
	l.notifyMissed()
	var answer memory.Snapshot
	for {
		l.announcements.Answered(sent, answer)
		if err := l.untilAsked(ctx, conn.PgConn()); err != nil {
			return err
		}
		sent = time.Now()
		if answer, err = snapshot(ctx, conn); err != nil {
			return err
		}
	}
}

// Question is what a listener asks: how far the database is.
const Question = `SELECT pg_snapshot_xmax(pg_current_snapshot())::text, pg_postmaster_start_time()::text`

// snapshot asks the question.
func snapshot(ctx context.Context, conn *pgx.Conn) (s memory.Snapshot, err error) {
	var high string
	err = WithTimeout(ctx, func(ctx context.Context) error {
		return conn.QueryRow(ctx, Question).Scan(&high, &s.Server)
	})
	if err == nil {
		s.High, err = strconv.ParseUint(high, 10, 64)
	}
	return s, err
}

// untilAsked handles announcements until Announcements has a question to send.
func (l *Listener) untilAsked(ctx context.Context, conn *pgconn.PgConn) error {
	listening, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-l.announcements.Questions():
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

func (l *Listener) notify(payload string) {
	table, id, _ := strings.Cut(payload, " ")
	switch t, err := tenant.ParseID(id); {
	case err != nil:
		l.notifyMissed()
	case !l.own() || l.of == t:
		l.changed(table, t, l.own())
	}
}

func (l *Listener) notifyMissed() {
	if l.own() {
		l.allChanged(l.of)
		return
	}
	l.mayHaveMissed()
}

// own reports whether it listens to a database of a tenant's own.
func (l *Listener) own() bool { return l.of != tenant.ID{} }
