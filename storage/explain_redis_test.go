package storage

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/storage/schema"
)

// redisAt changes the URL of a Redis.
func redisAt(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	change(u)
	return u.String()
}

// answering is a Redis that says the same to every command.
func answering(t *testing.T, says string) string {
	return "redis://" + testservice.Listen(t, func(conn net.Conn) {
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "*") {
				fmt.Fprintf(conn, "-%s\r\n", says)
			}
		}
	})
}

func TestCheckRedis_namesWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	server := testservice.NewRedis(t)
	options, err := redis.ParseURL(server.URL())
	must(t, err)
	admin := redis.NewClient(options)
	t.Cleanup(func() { admin.Close() })
	set := func(words ...any) {
		t.Helper()
		must(t, admin.Do(t.Context(), words...).Err())
	}
	check := func(name, address, cause, remedy string) {
		t.Helper()
		f := CheckRedis(t.Context(), secret.NewString(address), "THE_URL")
		if cause == "" {
			if f != nil {
				t.Errorf("%s: %+v", name, *f)
			}
			return
		}
		if f == nil {
			t.Errorf("%s: nothing is in the way", name)
			return
		}
		says(t, f, name, cause, remedy)
		if strings.Contains(f.Cause+f.Remedy, options.Password) || strings.Contains(f.Cause+f.Remedy, "hunter2") {
			t.Errorf("%s: a password is shown", name)
		}
	}
	good := server.URL()
	user := func(name, password string) string {
		return redisAt(t, good, func(u *url.URL) { u.User = url.UserPassword(name, password) })
	}
	check("nothing", good, "", "")
	check("no Redis at all", "", "", "")
	check("no password", redisAt(t, good, func(u *url.URL) { u.User = nil }), "wants a password, and THE_URL has none", "PASSWORD@")
	check("a wrong password", user("", "hunter2"), "does not take the user and password", "THE_URL")
	check("a database that is not there", redisAt(t, good, func(u *url.URL) { u.Path = "/5000" }), "no database of the number in THE_URL", "use /0")
	check("TLS where there is none", redisAt(t, good, func(u *url.URL) { u.Scheme = "rediss" }), "does not answer in time", "redis:// instead of rediss://")
	check("a rest of a URL", "redis://user:hunter2@:x", "THE_URL cannot be read", "redis://")

	set("ACL", "SETUSER", "reader", "on", ">hunter2", "~*", "+get", "+ping", "+select", "+hello")
	check("a user without scripts", user("reader", "hunter2"), "the user of Redis may not do what Plinto needs", "+evalsha")
	set("ACL", "SETUSER", "enough", "on", ">hunter2", "~plinto:*", "+get", "+set", "+eval", "+evalsha", "+time", "+select", "+ping")
	check("a user with what the remedy says", user("enough", "hunter2"), "", "")
	set("ACL", "SETUSER", "elsewhere", "on", ">hunter2", "~other:*", "+@all")
	check("a user with other keys", user("elsewhere", "hunter2"), "may not do what Plinto needs", "~plinto:*")

	set("CONFIG", "SET", "maxmemory", "1")
	check("a full one", good, "is full and throws nothing out", "allkeys-lru")
	set("CONFIG", "SET", "maxmemory", "0")
	set("REPLICAOF", "127.0.0.1", "1")
	check("a replica", good, "a replica of Redis, which takes no writes", "name the primary")
	set("REPLICAOF", "NO", "ONE")
	check("nothing again", good, "", "")
	must(t, server.Stop())
	check("one that is away", good, "connection refused", "host and port in THE_URL")
}

func TestCheckRedis_namesAClusterAndOtherOddities(t *testing.T) {
	t.Parallel()
	of := testservice.SelfSigned(t, "cache.example", time.Now().Add(time.Hour))
	pair, err := tls.X509KeyPair([]byte(of.PEM), []byte(of.Key))
	must(t, err)
	secure := testservice.Listen(t, func(conn net.Conn) {
		_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake()
	})
	for name, c := range map[string]struct{ url, cause, remedy string }{
		"a key elsewhere":        {answering(t, "MOVED 7 10.0.0.7:6379"), "a node of a Redis cluster", "no cluster"},
		"keys of several nodes":  {answering(t, "CROSSSLOT Keys in request don't hash to the same slot"), "a node of a Redis cluster", "no cluster"},
		"protected mode":         {answering(t, "DENIED Redis is running in protected mode"), "protected mode", "requirepass"},
		"one that starts":        {answering(t, "LOADING Redis is loading the dataset in memory"), "is starting", "wait"},
		"one that cannot save":   {answering(t, "MISCONF Redis is configured to save RDB snapshots"), "cannot save", "nothing kept"},
		"no more clients":        {answering(t, "ERR max number of clients reached"), "as many connections as it may", "maxclients"},
		"no scripts":             {answering(t, "ERR unknown command 'evalsha'"), "does not know a command", "EVALSHA"},
		"what nobody thought of": {answering(t, "ERR odd"), "does not answer: ", "THE_URL"},
		"another authority":      {"rediss://" + secure, "is not for 127.0.0.1", "a name in THE_URL"},
		"one that hangs up":      {"redis://" + testservice.Listen(t, func(net.Conn) {}), "does not answer: ", "rediss://"},
		"one that is silent":     {"redis://" + testservice.Listen(t, func(c net.Conn) { <-t.Context().Done() }), "does not answer in time", "THE_URL"},
		"a name that is none":    {"redis://cache.invalid:6379", "the host cache.invalid of Redis has no address", "correct the host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := CheckRedis(t.Context(), secret.NewString(c.url), "THE_URL")
			if f == nil {
				t.Fatal("nothing is in the way")
			}
			says(t, f, name, c.cause, c.remedy)
		})
	}
}

// A real node that serves half of the slots.
func TestCheckRedis_knowsANodeOfACluster(t *testing.T) {
	t.Parallel()
	bus, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, err := net.SplitHostPort(bus.Addr().String())
	must(t, err)
	bus.Close()
	server := testservice.NewRedis(t, "cluster-enabled yes", "cluster-port "+port)
	options, err := redis.ParseURL(server.URL())
	must(t, err)
	admin := redis.NewClient(options)
	t.Cleanup(func() { admin.Close() })
	must(t, admin.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 8191).Err())
	must(t, admin.Do(t.Context(), "CONFIG", "SET", "cluster-require-full-coverage", "no").Err())
	f := CheckRedis(t.Context(), secret.NewString(server.URL()), "THE_URL")
	if f == nil {
		t.Fatal("half of the keys are elsewhere, and nothing is said")
	}
	says(t, f, "half a cluster", "a node of a Redis cluster", "no cluster")
}

// A Redis that cannot be used is told at the start, and once.
func TestServer_tellsOnceWhyItGoesOnWithoutRedis(t *testing.T) { //nolint:paralleltest // it takes the default logger
	var logged lockedBuffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	v, err := openVolatile(answering(t, "NOAUTH Authentication required."), patient, nil)
	must(t, err)
	s := &Store{redis: v}
	s.lookAtRedis(t.Context())
	for range 3 * redisMaxFailures {
		v.breaker = breakerOfRedis(patient, nil) // as if it had rested
		_ = v.do(t.Context(), func(ctx context.Context, c redisClient) error { return c.Get(ctx, "k").Err() })
	}
	if said := logged.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "wants a password, and PLINTO_REDIS_URL has none") || !strings.Contains(said, "remedy=") {
		t.Errorf("logged %s", said)
	}
	v.works(t.Context())
	v.works(t.Context())
	if said := logged.String(); strings.Count(said, "\n") != 2 || !strings.Contains(said, "Redis answers again") {
		t.Errorf("logged %s", said)
	}
}

// says checks that cause and remedy hold the words, on one line each.
func says(t *testing.T, f *schema.Finding, name, cause, remedy string) {
	t.Helper()
	if !f.Fatal || !strings.Contains(f.Cause, cause) || !strings.Contains(f.Remedy, remedy) || strings.Contains(f.Cause+f.Remedy, "\n") {
		t.Errorf("%s: got\n%s\n→ %s\nwant\n%s\n→ %s", name, f.Cause, f.Remedy, cause, remedy)
	}
}
