package testservice

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// RedisEnv names the variable with the URL of the run's Redis.
const RedisEnv = "PLINTO_TEST_REDIS_URL"

// redisDatabases is how many tests can have a database at once.
const redisDatabases = 4096

// A RedisServer is a redis-server on a free loopback port that keeps nothing.
type RedisServer struct {
	process
	redisOptions
	port int
}

var sharedRedis = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(RedisEnv); url != "" {
		return url, nil
	}
	server, err := StartRedis()
	if err != nil {
		return "", err
	}
	return server.URL(), nil // stopped by its guard when this process ends
})

// Redis returns the URL of an empty database of the Redis that all tests of
// this run share. Channels of publish and subscribe are the server's, not the
// database's: another test may be heard. FLUSHALL is forbidden, FLUSHDB is fine.
func Redis(t testing.TB) string {
	t.Helper()
	base, err := sharedRedis()
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	url, err := redisDatabase(context.Background(), base)
	if err != nil {
		t.Fatalf("make Redis database: %v", err)
	}
	return url
}

// redisDatabase takes the next database of the server, in turn among all
// processes, and empties it.
func redisDatabase(ctx context.Context, base string) (string, error) {
	options, err := redis.ParseURL(base)
	if err != nil {
		return "", fmt.Errorf("parse Redis URL: %w", err)
	}
	options.DB = 0
	counter := redis.NewClient(options)
	defer counter.Close()
	n, err := counter.Incr(ctx, "plinto-test:databases").Result()
	if err != nil {
		return "", fmt.Errorf("count Redis databases: %w", err)
	}
	options.DB = 1 + int(n%(redisDatabases-1)) // 0 holds the counter
	taken := redis.NewClient(options)
	defer taken.Close()
	if err := taken.FlushDB(ctx).Err(); err != nil {
		return "", fmt.Errorf("empty Redis database %d: %w", options.DB, err)
	}
	return fmt.Sprintf("redis://%s:%s@%s/%d", options.Username, options.Password, options.Addr, options.DB), nil
}

// NewRedis starts a Redis of the test's own, for tests that stop it, or with lines of
// its configuration that are others.
func NewRedis(t testing.TB, lines ...string) *RedisServer {
	t.Helper()
	return newRedis(t, redisOptions{lines: lines})
}

// NewRedisInTLS is NewRedis for one that speaks TLS alone, by its certificate. It asks for a certificate
// of who connects that an authority signed, if there is one.
func NewRedisInTLS(t testing.TB, own Certificate, authority string) *RedisServer {
	t.Helper()
	files := map[string]string{"server.crt": own.PEM, "server.key": own.Key}
	lines := []string{"tls-cert-file server.crt", "tls-key-file server.key", "tls-auth-clients no"}
	if authority != "" {
		files["authority.crt"] = authority
		lines = append(lines[:2], "tls-ca-cert-file authority.crt", "tls-auth-clients yes")
	}
	return newRedis(t, redisOptions{lines: lines, files: files, tls: true})
}

func newRedis(t testing.TB, o redisOptions) *RedisServer {
	t.Helper()
	server, err := startRedis(o)
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Remove(); err != nil {
			t.Errorf("remove Redis: %v", err)
		}
	})
	return server
}

// StartRedis starts a redis-server. The caller ends it with Remove; when the
// caller dies, its guard does.
func StartRedis() (*RedisServer, error) { return startRedis(redisOptions{}) }

// redisOptions make a Redis other than that of the tests.
type redisOptions struct {
	password  string            // "": one of its own
	lines     []string          // of the configuration, after ours
	files     map[string]string // in the directory of the server, where it runs
	databases int               // 0: redisDatabases
	bus       int               // the port on which nodes of a cluster speak; 0: of no cluster
	sentinel  bool              // whether it is a Sentinel
	tls       bool              // whether it speaks TLS alone
}

func startRedis(o redisOptions) (*RedisServer, error) {
	made, err := newProcess(syscall.SIGTERM, false)
	if err != nil {
		return nil, err
	}
	s := &RedisServer{process: *made, redisOptions: o}
	s.password, s.databases = cmp.Or(o.password, rand.Text()), cmp.Or(o.databases, redisDatabases)
	for name, content := range o.files {
		if err := s.write(name, content); err != nil {
			return nil, errors.Join(err, s.Remove())
		}
	}
	for attempt := 1; ; attempt++ { // another process may take the free port before us
		if s.port, err = freePort(); err == nil {
			err = s.Start()
		}
		if err == nil {
			return s, nil
		}
		if attempt == 3 {
			return nil, errors.Join(err, s.Remove())
		}
	}
}

// Start starts a stopped server again, on the same port, empty.
func (s *RedisServer) Start() error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return errors.New("find redis-server: not on this machine (Debian, Ubuntu: apt install redis-server; macOS: brew install redis)")
	}
	// In a file, because everybody can read the arguments of a process.
	if err := s.write("redis.conf", s.configuration()); err != nil {
		return err
	}
	args := []string{filepath.Join(s.dir, "redis.conf")}
	if s.sentinel {
		args = append(args, "--sentinel")
	}
	if err := s.start(program, args...); err != nil {
		return err
	}
	err = s.waitUntil(func() error {
		conn, err := net.Dial("tcp4", s.Address())
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		return errors.Join(err, s.stop())
	}
	return nil
}

func (s *RedisServer) configuration() string {
	port := "port " + strconv.Itoa(s.port)
	if s.tls {
		port = "port 0\ntls-port " + strconv.Itoa(s.port)
	}
	lines := []string{port, "bind 127.0.0.1", "requirepass " + s.password, "daemonize no", "dir " + s.dir}
	if !s.sentinel {
		lines = append(lines, "databases "+strconv.Itoa(s.databases), `save ""`, "appendonly no")
	}
	return strings.Join(append(lines, s.lines...), "\n") + "\n"
}

// write makes a file in the directory of the server, for its user alone.
func (s *RedisServer) write(name, content string) error {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return fmt.Errorf("write %s of Redis: %w", name, err)
	}
	if err := s.own(path); err != nil {
		return fmt.Errorf("hand over %s of Redis: %w", name, err)
	}
	return nil
}

// URL names database 0 of the server.
func (s *RedisServer) URL() string {
	return fmt.Sprintf("redis://:%s@127.0.0.1:%d/0", s.password, s.port)
}

// Stop ends the server; every connection to it breaks and its data is gone.
func (s *RedisServer) Stop() error { return s.stop() }

// Remove ends the server and deletes its directory.
func (s *RedisServer) Remove() error { return s.remove() }
