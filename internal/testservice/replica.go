package testservice

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// NewPrimary starts a Postgres of the test's own that replicas can follow.
func NewPrimary(t testing.TB) *PostgresServer {
	t.Helper()
	return NewPostgres(t, PostgresOptions{
		Access: "host replication all 127.0.0.1/32 trust\n", Settings: []string{"wal_level=replica", "max_wal_senders=5"},
	})
}

// WaitForReplicas has commits from now on wait until one replica has them.
func (s *PostgresServer) WaitForReplicas(t testing.TB) {
	t.Helper()
	s.run(t, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	s.run(t, `SELECT pg_reload_conf()`)
	err := s.waitUntil(func() error {
		var state string
		s.ask(t, &state, `SELECT coalesce(min(sync_state), '') FROM pg_stat_replication`)
		if state != "sync" {
			return errors.New("no replica is synchronous: " + state)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("wait for replica: %v", err)
	}
}

// NewReplica starts a Postgres that follows s, which NewPrimary made, as a hot standby.
func (s *PostgresServer) NewReplica(t testing.TB) *PostgresServer {
	t.Helper()
	r, err := s.replica()
	if err != nil {
		t.Fatalf("start replica: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Remove(); err != nil {
			t.Errorf("remove replica: %v", err)
		}
	})
	return r
}

func (s *PostgresServer) replica() (*PostgresServer, error) {
	made, err := newProcess(syscall.SIGQUIT, false)
	if err != nil {
		return nil, err
	}
	r := &PostgresServer{process: *made, programs: s.programs, password: s.password, options: s.options}
	rules := filepath.Join(r.dir, "access")
	if err := os.WriteFile(rules, []byte(s.options.Access+access), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write access file of replica: %w", err), r.Remove())
	}
	if err := r.own(rules); err != nil {
		return nil, errors.Join(err, r.Remove())
	}
	copying := r.command(s.programs.Program("pg_basebackup"), "--pgdata", "data", "--write-recovery-conf", "--wal-method", "stream",
		"--checkpoint", "fast", "--no-sync", "--dbname", s.URL())
	if out, err := copying.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("pg_basebackup: %w\n%s", err, out), r.Remove())
	}
	if r.port, err = freePort(); err == nil {
		err = r.Start()
	}
	if err != nil {
		return nil, errors.Join(err, r.Remove())
	}
	return r, nil
}

// PauseReplay has a replica fall behind: it receives what its primary writes, and does not show it.
func (s *PostgresServer) PauseReplay(t testing.TB) { s.run(t, `SELECT pg_wal_replay_pause()`) }

// ResumeReplay has a replica catch up with a primary, and returns when it has.
func (s *PostgresServer) ResumeReplay(t testing.TB, primary *PostgresServer) {
	t.Helper()
	s.run(t, `SELECT pg_wal_replay_resume()`)
	var upTo string
	primary.ask(t, &upTo, `SELECT pg_current_wal_flush_lsn()::text`)
	err := s.waitUntil(func() error {
		var there bool
		s.ask(t, &there, `SELECT pg_last_wal_replay_lsn() >= '`+upTo+`'`)
		if !there {
			return errors.New("it is behind")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("wait for replica: %v", err)
	}
}

// AsRole is the URL of the server for a role, without a password.
func (s *PostgresServer) AsRole(role string) string {
	return (&url.URL{Scheme: "postgres", User: url.User(role), Host: "127.0.0.1:" + strconv.Itoa(s.port), Path: "/postgres", RawQuery: "sslmode=disable"}).String()
}

func (s *PostgresServer) run(t testing.TB, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL())
	check(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	check(t, err)
}

func (s *PostgresServer) ask(t testing.TB, to any, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL())
	check(t, err)
	defer conn.Close(context.Background())
	check(t, conn.QueryRow(context.Background(), sql).Scan(to))
}

// Multi is a URL for a role, without a password, that names servers in their order and leads to the one
// that takes writes.
func Multi(role string, servers ...*PostgresServer) string {
	hosts := make([]string, len(servers))
	for i, s := range servers {
		hosts[i] = "127.0.0.1:" + strconv.Itoa(s.port)
	}
	return "postgres://" + role + "@" + strings.Join(hosts, ",") + "/postgres?sslmode=disable&target_session_attrs=read-write"
}

// Promote has a replica take writes, by pg_ctl, and returns when it does.
func (s *PostgresServer) Promote(t testing.TB) {
	t.Helper()
	out, err := s.command(s.programs.Program("pg_ctl"), "promote", "-D", "data", "-w").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_ctl promote: %v\n%s", err, out)
	}
}

// Freeze stops every process of the server where it is, as a machine that hangs; Thaw has them go on.
func (s *PostgresServer) Freeze(t testing.TB) { s.signalAll(t, syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *PostgresServer) Thaw(t testing.TB) { s.signalAll(t, syscall.SIGCONT) }

func (s *PostgresServer) signalAll(t testing.TB, signal syscall.Signal) {
	t.Helper()
	postmaster := s.cmd.Process.Pid
	check(t, syscall.Kill(postmaster, signal)) // first, so that it starts no other
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", postmaster, postmaster))
	check(t, err)
	for _, child := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(child)
		check(t, err)
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
}

// Port is where the server listens.
func (s *PostgresServer) Port() string { return strconv.Itoa(s.port) }

// Run runs a statement as superuser.
func (s *PostgresServer) Run(t testing.TB, sql string) {
	t.Helper()
	s.run(t, sql)
}

// Ask reads one value as superuser.
func (s *PostgresServer) Ask(t testing.TB, to any, sql string) {
	t.Helper()
	s.ask(t, to, sql)
}
