package testservice

import (
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
	password string
	port     int
	lines    []string // of the configuration, after ours
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
	server, err := startRedis(lines)
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
func StartRedis() (*RedisServer, error) { return startRedis(nil) }

func startRedis(lines []string) (*RedisServer, error) {
	made, err := newProcess(syscall.SIGTERM, false)
	if err != nil {
		return nil, err
	}
	s := &RedisServer{process: *made, password: rand.Text(), lines: lines}
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
	config := filepath.Join(s.dir, "redis.conf")
	content := fmt.Sprintf("port %d\nbind 127.0.0.1\nrequirepass %s\ndatabases %d\nsave \"\"\nappendonly no\ndaemonize no\n",
		s.port, s.password, redisDatabases) + strings.Join(s.lines, "\n") + "\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		return fmt.Errorf("write configuration of Redis: %w", err)
	}
	if err := s.own(config); err != nil {
		return fmt.Errorf("hand over configuration of Redis: %w", err)
	}
	if err := s.start(program, config); err != nil {
		return err
	}
	err = s.waitUntil(func() error {
		conn, err := net.Dial("tcp4", "127.0.0.1:"+strconv.Itoa(s.port))
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

// URL names database 0 of the server.
func (s *RedisServer) URL() string {
	return fmt.Sprintf("redis://:%s@127.0.0.1:%d/0", s.password, s.port)
}

// Stop ends the server; every connection to it breaks and its data is gone.
func (s *RedisServer) Stop() error { return s.stop() }

// Remove ends the server and deletes its directory.
func (s *RedisServer) Remove() error { return s.remove() }
