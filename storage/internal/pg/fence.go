package pg

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Why a server is not worked with.
var (
	// ErrOldPrimary reports a server that takes writes and was replaced: another one was promoted after it.
	ErrOldPrimary = errors.New("another server was promoted after it, and it goes on as if it were the primary")
	// ErrOtherCluster reports a server of another history than the one that was worked with.
	ErrOtherCluster = errors.New("it is of another cluster than the one that was worked with")
)

// A fence keeps a process from a primary that was replaced. One that was stopped, or cut off, and goes on
// later still takes writes, which nobody else sees, and shows what has ended long ago. Every promotion of
// a standby begins a timeline with a higher number. So no connection is made to a server that takes writes
// on a lower timeline than one that was seen, and those that there are, are closed when a higher one
// is seen: what waits on them fails, and what listens on them connects again.
//
// All pools that lead to the same servers share one.
type fence struct {
	hosts []*fencedHost // that the URL names, each once

	mu      sync.Mutex
	newest  history // that was seen of a server that takes writes; zero: none was
	primary string  // where it was seen, as "host:port"
	conns   map[*fenced]struct{}

	looking sync.Mutex
	looked  time.Time // guarded by looking
}

// A fenced is a connection that a fence can close.
type fenced struct {
	net.Conn
	fence    *fence
	timeline atomic.Int32 // 0: it was not let in yet
	outdated atomic.Bool
}

// A standing is what a server says of itself.
type standing struct {
	standby bool
	history history // of one that takes writes
}

// askStanding works at a primary and at a standby. The name of a WAL file begins with the timeline that is
// written to; what pg_control_checkpoint says is older until the first checkpoint after a promotion.
const askStanding = `SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),
	CASE WHEN NOT pg_is_in_recovery() THEN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int ELSE 0 END`

// ask returns the standing of a server. known is false of one that does not tell, as those that are rented may not.
func ask(ctx context.Context, conn *pgconn.PgConn) (is standing, known bool, err error) {
	found, err := conn.Exec(ctx, askStanding).ReadAll()
	var said *pgconn.PgError
	if errors.As(err, &said) && slices.Contains([]string{"42501", "42883", "0A000"}, said.Code) {
		return standing{}, false, nil
	}
	if err != nil {
		return standing{}, false, err
	}
	row := found[0].Rows[0]
	is.standby = string(row[0]) == "t"
	if is.history.cluster, err = strconv.ParseInt(string(row[1]), 10, 64); err != nil {
		return standing{}, false, err
	}
	timeline, err := strconv.ParseInt(string(row[2]), 10, 32)
	is.history.timeline = int32(timeline)
	return is, err == nil, err
}

// guard has every connection of a configuration pass the fence. A URL with several hosts leads to the
// primary among them, whatever else it asks for.
func (f *fence) guard(config *pgx.ConnConfig) {
	asked := config.ValidateConnect // target_session_attrs
	if asked == nil && len(f.hosts) > 1 {
		asked = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	config.ValidateConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		if asked != nil {
			if err := asked(ctx, conn); err != nil {
				return err
			}
		}
		return f.admit(ctx, conn)
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		made := &fenced{Conn: conn, fence: f}
		f.mu.Lock()
		f.conns[made] = struct{}{}
		f.mu.Unlock()
		return made, nil
	}
}

// guardPool is guard for a pool, which besides tries the primary first and hands out no connection that
// was closed.
func (f *fence) guardPool(config *pgxpool.Config) {
	f.guard(config.ConnConfig)
	config.BeforeConnect = func(_ context.Context, config *pgx.ConnConfig) error {
		f.order(config)
		return nil
	}
	config.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) {
		c := fencedOf(conn.PgConn().Conn())
		return c == nil || !c.outdated.Load(), nil
	}
}

// fencedOf returns the connection that TLS and others may be wrapped around, or nil.
func fencedOf(conn net.Conn) *fenced {
	for conn != nil {
		if c, ok := conn.(*fenced); ok {
			return c
		}
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = inner.NetConn()
	}
	return nil
}

// Close implements net.Conn.
func (c *fenced) Close() error {
	c.fence.mu.Lock()
	delete(c.fence.conns, c)
	c.fence.mu.Unlock()
	return c.Conn.Close()
}

// retire closes the connections to servers of older timelines. It is called with the lock. All are marked before the
// first is closed: whoever notices takes another one at once.
func (f *fence) retire(timeline int32) {
	var retired []*fenced
	for old := range f.conns {
		if t := old.timeline.Load(); t > 0 && t < timeline {
			old.outdated.Store(true)
			delete(f.conns, old)
			retired = append(retired, old)
		}
	}
	for _, old := range retired {
		_ = old.Conn.Close() // whoever uses it notices
	}
}

// admit lets a connection in unless its server was replaced. Of several hosts the others are asked
// first, as a process that has just started has seen none.
func (f *fence) admit(ctx context.Context, conn *pgconn.PgConn) error {
	is, known, err := ask(ctx, conn)
	if err != nil || !known {
		return err
	}
	if len(f.hosts) > 1 {
		f.look(ctx, lookEvery, false)
	}
	return f.judge(is, fencedOf(conn.Conn()))
}

// judge compares what a server says with what was seen, and closes connections to those that it has replaced.
func (f *fence) judge(is standing, c *fenced) error {
	if is.standby {
		return nil // it takes no writes: schema.Ready
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.newest == history{}:
	case is.history.cluster != f.newest.cluster:
		return ErrOtherCluster
	case is.history.timeline < f.newest.timeline:
		return ErrOldPrimary
	}
	if c != nil {
		c.timeline.Store(is.history.timeline)
	}
	advanced := f.newest.timeline > 0 && is.history.timeline > f.newest.timeline
	f.newest = is.history
	if !advanced {
		return nil
	}
	f.primary = "" // until it is looked for
	slog.Warn("another server was promoted: the old primary is not worked with any more", "timeline", is.history.timeline)
	f.retire(is.history.timeline)
	return nil
}
