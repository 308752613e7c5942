package testservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/embedded/binaries"
)

// PostgresEnv names the variable with the URL of the run's Postgres.
const PostgresEnv = "PLINTO_TEST_POSTGRES_URL"

// A PostgresServer is a Postgres on a free loopback port, with its data in a
// temporary directory.
type PostgresServer struct {
	process
	programs binaries.Installation
	password string
	port     int
	durable  bool
	options  PostgresOptions
}

// PostgresOptions make a Postgres other than that of the tests.
type PostgresOptions struct {
	Access   string            // lines of pg_hba.conf, before those of the tests
	Settings []string          // "name=value", over those of the tests
	Files    map[string]string // made in the directory of the server; settings name them by their bare names
}

var sharedPostgres = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(PostgresEnv); url != "" {
		return url, nil
	}
	server, err := StartPostgres(false)
	if err != nil {
		return "", err
	}
	return server.URL(), nil // stopped by its guard when this process ends
})

// Postgres returns the URL, as superuser, of the Postgres that all tests of
// this run share. Tests want Database; this is for tests of the cluster itself.
func Postgres(t testing.TB) string {
	t.Helper()
	url, err := sharedPostgres()
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	return url
}

// NewPostgres starts a Postgres of the test's own, for tests that stop it, or of one
// that is set up otherwise.
func NewPostgres(t testing.TB, options ...PostgresOptions) *PostgresServer {
	t.Helper()
	server, err := startPostgres(false, options...)
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Remove(); err != nil {
			t.Errorf("remove Postgres: %v", err)
		}
	})
	return server
}

// StartPostgres makes a new cluster and starts it. A durable one writes like a
// production server, for benchmarks; the other never waits for the disk.
// The caller ends it with Remove; when the caller dies, its guard does.
func StartPostgres(durable bool) (*PostgresServer, error) { return startPostgres(durable) }

func startPostgres(durable bool, options ...PostgresOptions) (*PostgresServer, error) {
	programs, err := binaries.Find(context.Background(), 0)
	if err != nil {
		return nil, err
	}
	s := &PostgresServer{programs: programs, password: rand.Text(), durable: durable}
	for _, o := range options {
		s.options = o
	}
	made, err := newProcess(syscall.SIGQUIT, durable)
	if err != nil {
		return nil, err
	}
	s.process = *made
	if err := s.initialize(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	for attempt := 1; ; attempt++ { // another process may take the free port before us
		if s.port, err = freePort(); err == nil {
			err = s.Start()
		}
		if err == nil {
			break
		}
		if attempt == 3 {
			return nil, errors.Join(err, s.Remove())
		}
	}
	if err := s.hasten(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// access lets the superuser in by password only: whoever is superuser can run
// programs as the user of the server. The roles that tests create own nothing
// but throwaway data.
const access = `local all all trust
host all postgres 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
`

func (s *PostgresServer) initialize() error {
	files := map[string]string{"password": s.password, "access": s.options.Access + access}
	maps.Copy(files, s.options.Files)
	for name, content := range files {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return fmt.Errorf("write %s file of Postgres: %w", name, err)
		}
		if err := s.own(path); err != nil {
			return fmt.Errorf("hand over %s file of Postgres: %w", name, err)
		}
	}
	initdb := s.command(s.programs.Program("initdb"), "--pgdata", "data", "--username", "postgres",
		"--pwfile", "password", "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// Start starts a stopped server again, on the same port with the same data.
func (s *PostgresServer) Start() error {
	args := []string{"-D", "data", "-p", strconv.Itoa(s.port)}
	for _, setting := range s.settings() {
		args = append(args, "-c", setting)
	}
	if err := s.start(s.programs.Program("postgres"), args...); err != nil {
		return err
	}
	err := s.waitUntil(func() error {
		conn, err := pgx.Connect(context.Background(), s.URL())
		if err != nil {
			return err
		}
		return conn.Close(context.Background())
	})
	if err != nil {
		return errors.Join(err, s.stop())
	}
	return nil
}

func (s *PostgresServer) settings() []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"unix_socket_directories=" + s.dir,
		"hba_file=" + filepath.Join(s.dir, "access"),
		"max_connections=300",
		"timezone=UTC",
		"log_min_messages=warning",
		"jit=off", // compiling takes longer than any statement of a test
	}
	if !s.durable {
		// Commits still reach the kernel one by one (synchronous_commit stays
		// on), so tests may kill the server and expect every committed fact.
		settings = append(settings, "fsync=off", "full_page_writes=off", "wal_level=minimal",
			"max_wal_senders=0", "max_wal_size=256MB", "autovacuum_naptime=1h")
	}
	for _, setting := range s.options.Settings {
		name, value, _ := strings.Cut(setting, "=")
		if _, ours := s.options.Files[value]; ours {
			value = filepath.Join(s.dir, value)
		}
		settings = append(settings, name+"="+value)
	}
	return settings
}

// Standby starts the server again as one that only reads, of nobody. It needs the
// setting wal_level=replica.
func (s *PostgresServer) Standby() error {
	if err := s.stop(); err != nil {
		return err
	}
	signal := filepath.Join(s.dir, "data", "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return fmt.Errorf("make a standby: %w", err)
	}
	if err := s.own(signal); err != nil {
		return fmt.Errorf("make a standby: %w", err)
	}
	return s.Start()
}

// URL names the server's maintenance database, as superuser, over TCP.
func (s *PostgresServer) URL() string {
	return fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", s.password, s.port)
}

// Stop ends the server as a crash would: no connection is closed politely.
// Start brings it back with everything that was committed.
func (s *PostgresServer) Stop() error { return s.stop() }

// Remove ends the server and deletes its data.
func (s *PostgresServer) Remove() error { return s.remove() }

// InDatabase returns the URL with another database name.
func InDatabase(adminURL, name string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", fmt.Errorf("parse Postgres URL: want postgres://…")
	}
	u.Path = "/" + name
	return u.String(), nil
}
