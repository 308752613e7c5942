package pg

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/testservice"
)

// held is a connection that a fence let in on a timeline.
func (f *fence) held(t *testing.T, cluster int64, timeline int32) *fenced {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = far.Close() })
	c := &fenced{Conn: near, fence: f}
	f.conns[c] = struct{}{}
	if err := f.judge(standing{history: history{cluster, timeline}}, c); err != nil {
		t.Fatalf("timeline %d is not let in: %v", timeline, err)
	}
	return c
}

func closed(c *fenced) bool { return c.SetDeadline(time.Time{}) != nil }

// ENG-03: who has seen a promotion works with nobody of before it.
func TestFence_leadsNobodyBackToAnOldPrimary(t *testing.T) {
	t.Parallel()
	f := &fence{conns: map[*fenced]struct{}{}}
	old := f.held(t, 7, 1)
	if old.outdated.Load() || closed(old) {
		t.Fatal("a connection to the only primary there is was closed")
	}
	unborn := &fenced{fence: f}
	f.conns[unborn] = struct{}{} // it is being made, and will be judged
	promoted := f.held(t, 7, 2)
	if !old.outdated.Load() || !closed(old) {
		t.Error("a connection to the old primary is kept")
	}
	if promoted.outdated.Load() || closed(promoted) {
		t.Error("the connection to the new primary was closed")
	}
	for name, c := range map[string]struct {
		is   standing
		want error
	}{
		"the old primary":           {standing{history: history{7, 1}}, ErrOldPrimary},
		"a primary of other data":   {standing{history: history{8, 9}}, ErrOtherCluster},
		"the new primary":           {standing{history: history{7, 2}}, nil},
		"a standby takes no writes": {standing{standby: true, history: history{7, 0}}, nil},
	} {
		if err := f.judge(c.is, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := f.judge(standing{history: history{7, 3}}, nil); err != nil || !promoted.outdated.Load() {
		t.Errorf("a third primary: %v, the second is left: %v", err, promoted.outdated.Load())
	}
}

// A URL with several hosts leads to the primary, whatever it asks for, and to the newest of two that both
// take writes, in whatever order they are named, from the first connection on.
func TestFence_findsThePrimaryAmongHosts(t *testing.T) {
	t.Parallel()
	first := testservice.NewPrimary(t)
	second := first.NewReplica(t)
	connect := func(servers ...*testservice.PostgresServer) (where string, err error) {
		config, err := pgx.ParseConfig(testservice.Multi("postgres_reader", servers...))
		if err != nil {
			t.Fatal(err)
		}
		config.ValidateConnect = nil // as if it asked for any
		newFences().of(config).guard(config)
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			return "", err
		}
		defer func() { _ = conn.Close(context.Background()) }()
		_, where, _ = net.SplitHostPort(conn.PgConn().Conn().RemoteAddr().String())
		return where, nil
	}
	first.Run(t, `CREATE ROLE postgres_reader LOGIN`)
	second.ResumeReplay(t, first)
	for _, servers := range [][]*testservice.PostgresServer{{first, second}, {second, first}} {
		if where, err := connect(servers...); err != nil || where != first.Port() {
			t.Errorf("at %q, %v; want the primary", where, err)
		}
	}
	second.Promote(t) // and nobody stops the first
	for _, servers := range [][]*testservice.PostgresServer{{first, second}, {second, first}} {
		if where, err := connect(servers...); err != nil || where != second.Port() {
			t.Errorf("of two that take writes: at %q, %v; want the promoted one", where, err)
		}
	}
	if where, err := connect(first); err != nil || where != first.Port() {
		t.Errorf("one host alone: at %q, %v", where, err)
	}
}

// A process that opens no connection hears of a promotion within a second or so, and has no connection to the
// old primary left, though nothing was wrong with it.
func TestWatch_takesAnIdleProcessToThePromotedServer(t *testing.T) {
	t.Parallel()
	first := testservice.NewPrimary(t)
	second := first.NewReplica(t)
	first.Run(t, `CREATE ROLE plinto_app; CREATE ROLE plinto_platform; CREATE ROLE plinto_server LOGIN NOINHERIT IN ROLE plinto_app, plinto_platform`)
	second.ResumeReplay(t, first)
	db, system, err := Open(t.Context(), Options{URL: testservice.Multi("plinto_server", first, second)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer system.Close()
	where := func() (port string) {
		err := system.pool.QueryRow(t.Context(), `SELECT inet_server_port()::text`).Scan(&port)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	held, err := system.pool.Acquire(t.Context()) // as what listens, or holds a lock
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	if at := where(); at != first.Port() {
		t.Fatalf("at %s", at)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		system.Watch(ctx)
	}()
	second.Promote(t)
	_, err = held.Conn().PgConn().Exec(t.Context(), `SET statement_timeout = '1min'; SELECT pg_sleep(30)`).ReadAll()
	if said := (*pgconn.PgError)(nil); err == nil || errors.As(err, &said) {
		t.Errorf("who waits at the old primary goes on waiting: %v", err)
	}
	if at := where(); at != second.Port() {
		t.Errorf("at %s, want the promoted server", at)
	}
	cancel()
	<-ended
}
