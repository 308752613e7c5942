package testservice

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PoolerEnv names the variable that has stores of tests reach Postgres through a pooler: "transaction".
const PoolerEnv = "PLINTO_TEST_POOLER"

// PoolerOfRun is the way to pool that the tests of this run are to use, "" for none.
func PoolerOfRun() string { return os.Getenv(PoolerEnv) }

// A PgBouncer stands before a Postgres on a free loopback port and pools transactions.
type PgBouncer struct {
	process
	port   int
	server *url.URL
	lines  []string
}

var sharedPgBouncer = sync.OnceValues(func() (*PgBouncer, error) {
	server, err := sharedPostgres()
	if err != nil {
		return nil, err
	}
	return startPgBouncer(server, nil) // stopped by its guard when this process ends
})

// ThroughPgBouncer returns the URL of a database of Postgres with a PgBouncer between that all tests
// of this process share.
func ThroughPgBouncer(t testing.TB, database string) string {
	t.Helper()
	bouncer, err := sharedPgBouncer()
	if err != nil {
		t.Fatalf("start PgBouncer: %v", err)
	}
	through, err := bouncer.URL(database)
	if err != nil {
		t.Fatal(err)
	}
	return through
}

// NewPgBouncer starts a PgBouncer of the test's own before the server of a URL, with lines of its
// configuration that are others.
func NewPgBouncer(t testing.TB, server string, lines ...string) *PgBouncer {
	t.Helper()
	bouncer, err := startPgBouncer(server, lines)
	if err != nil {
		t.Fatalf("start PgBouncer: %v", err)
	}
	t.Cleanup(func() {
		if err := bouncer.Remove(); err != nil {
			t.Errorf("remove PgBouncer: %v", err)
		}
	})
	return bouncer
}

// StartPgBouncer starts a PgBouncer before the server of a URL. The caller ends it with Remove; when the
// caller dies, its guard does.
func StartPgBouncer(server string) (*PgBouncer, error) { return startPgBouncer(server, nil) }

func startPgBouncer(server string, lines []string) (*PgBouncer, error) {
	at, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("parse Postgres URL: want postgres://…")
	}
	made, err := newProcess(syscall.SIGTERM, false)
	if err != nil {
		return nil, err
	}
	b := &PgBouncer{process: *made, server: at, lines: lines}
	for attempt := 1; ; attempt++ { // another process may take the free port before us
		if b.port, err = freePort(); err == nil {
			err = b.Start()
		}
		if err == nil {
			return b, nil
		}
		if attempt == 3 {
			return nil, errors.Join(err, b.Remove())
		}
	}
}

// pooling is the configuration of a pooler before any database of the server. Sessions that rest are
// closed soon, so that those of databases that are gone hold no place.
const pooling = `[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 10
max_client_conn = 2000
server_idle_timeout = 5
server_round_robin = 1
%s
`

// Start starts a stopped pooler again, on the same port.
func (b *PgBouncer) Start() error {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // which is not in everybody's path
	}
	if _, err := os.Stat(program); err != nil {
		return errors.New("find pgbouncer: not on this machine (Debian, Ubuntu: apt install pgbouncer; macOS: brew install pgbouncer)")
	}
	users, config := filepath.Join(b.dir, "users"), filepath.Join(b.dir, "pgbouncer.ini")
	password, _ := b.server.User.Password()
	for name, content := range map[string]string{
		users:  fmt.Sprintf("%q %q\n\"plinto_server\" \"\"\n\"plinto_bench\" \"\"\n", b.server.User.Username(), password),
		config: fmt.Sprintf(pooling, b.server.Hostname(), b.server.Port(), b.port, users, strings.Join(b.lines, "\n")),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return fmt.Errorf("write configuration of PgBouncer: %w", err)
		}
		if err := b.own(name); err != nil {
			return fmt.Errorf("hand over configuration of PgBouncer: %w", err)
		}
	}
	if err := b.start(program, config); err != nil {
		return err
	}
	err = b.waitUntil(func() error {
		through, err := b.URL(b.server.String())
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(context.Background(), through)
		if err != nil {
			return err
		}
		return conn.Close(context.Background())
	})
	if err != nil {
		return errors.Join(err, b.stop())
	}
	return nil
}

// URL is that of a database of the server with the pooler between.
func (b *PgBouncer) URL(database string) (string, error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", errors.New("parse Postgres URL: want postgres://…")
	}
	u.Host = "127.0.0.1:" + strconv.Itoa(b.port)
	return u.String(), nil
}

// PID is its process.
func (b *PgBouncer) PID() int { return b.cmd.Process.Pid }

// Stop ends the pooler; every connection through it breaks.
func (b *PgBouncer) Stop() error { return b.stop() }

// Remove ends the pooler and deletes its directory.
func (b *PgBouncer) Remove() error { return b.remove() }
