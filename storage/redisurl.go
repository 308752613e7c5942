package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/internal/secret"
	"plinto/storage/schema"
)

// A redisURLError is why the URL of a Redis cannot be used. It does not repeat the URL, which may hold
// a password.
type redisURLError struct{ cause, remedy string }

// Error implements error.
func (e *redisURLError) Error() string { return "the Redis URL " + e.cause + " (" + e.remedy + ")" }

func (e *redisURLError) finding(setting string) *schema.Finding {
	f := schema.Fatal(setting+" "+e.cause, e.remedy)
	return &f
}

// errRedisURL is about a URL of which no more can be said.
var errRedisURL = &redisURLError{"cannot be read", "it must look like redis://[user:password@]host:port/database; in a user name or password write %40 for @, %3A for : and %2F for /"}

// errRedisScheme is about one that is of something else.
var errRedisScheme = &redisURLError{"is not right", "want redis://host:port/database, redis-sentinel://host,host?master=NAME or redis-cluster://host,host, or the same with rediss for TLS"}

// redisSchemes are the schemes of URLs, and what stands behind each. With an s after "redis" connections
// are in TLS.
var redisSchemes = map[string]redisTopology{
	"redis": singleRedis, "unix": singleRedis, "redis-sentinel": sentinelRedis, "redis-cluster": clusterRedis,
}

// A redisTopology says who has the keys.
type redisTopology string

const (
	singleRedis   redisTopology = "one server"
	sentinelRedis redisTopology = "the primary that Sentinels name"
	clusterRedis  redisTopology = "the nodes of a cluster"
)

// default ports of what URLs name.
const (
	redisPort    = "6379"
	sentinelPort = "26379"
)

// A redisTarget is what a URL names.
type redisTarget struct {
	topology redisTopology
	single   *redis.Options         // of singleRedis
	several  redis.UniversalOptions // of the others
}

// CheckRedisURL returns what is wrong with the URL of a Redis, which setting holds, or nil. It reads the
// files that the URL names and does not connect.
func CheckRedisURL(u secret.String, setting string) *schema.Finding {
	if u.Empty() {
		return nil
	}
	if _, err := readRedisURL(u.Reveal()); err != nil {
		return err.finding(setting)
	}
	return nil
}

// readRedisURL reads a URL of one of redisSchemes:
//
//	redis[s]://[user:password@]host[:6379][/database]
//	redis[s]-sentinel://[user:password@]host[:26379],…[/database]?master=NAME[&sentinel_username=…][&sentinel_password=…]
//	redis[s]-cluster://[user:password@]host[:6379],…
//	unix://[user:password@]/path/to/socket[?db=0]
//
// Those in TLS take sslrootcert, sslcert and sslkey, as URLs of Postgres do.
func readRedisURL(text string) (*redisTarget, *redisURLError) {
	scheme, rest, ok := strings.Cut(text, "://")
	plain, secure := scheme, false
	if s, found := strings.CutPrefix(scheme, "rediss"); found {
		plain, secure = "redis"+s, true
	}
	topology, known := redisSchemes[plain]
	if !ok || !known {
		return nil, errRedisScheme
	}
	hosts := ""
	if topology != singleRedis { // net/url takes one host
		rest, hosts = firstHost(rest)
	}
	u, err := url.Parse(plain + "://" + rest)
	if err != nil {
		return nil, errRedisURL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errRedisURL
	}
	security, problem := redisTLS(query, secure)
	if problem != nil {
		return nil, problem
	}
	if topology == singleRedis {
		u.RawQuery = query.Encode()
		return readSingleRedis(u, security)
	}
	return readSeveralRedis(topology, u, hosts, query, security)
}

// firstHost returns the rest of a URL with the first of its hosts, and all of them.
func firstHost(rest string) (first, hosts string) {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	hosts = rest[begin:end]
	one, _, _ := strings.Cut(hosts, ",")
	return rest[:begin] + one + rest[end:], hosts
}

func readSingleRedis(u *url.URL, security *tls.Config) (*redisTarget, *redisURLError) {
	options, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, errRedisURL // the parser's error may repeat the URL
	}
	if security != nil {
		security.ServerName = u.Hostname()
	}
	options.TLSConfig = security
	return &redisTarget{topology: singleRedis, single: options}, nil
}

// readSeveralRedis reads a URL with several hosts.
func readSeveralRedis(topology redisTopology, u *url.URL, hosts string, query url.Values, security *tls.Config) (*redisTarget, *redisURLError) {
	to := redisTarget{topology: topology, several: redis.UniversalOptions{TLSConfig: security, Username: u.User.Username()}}
	o := &to.several
	o.Password, _ = u.User.Password()
	port := redisPort
	if topology == sentinelRedis {
		port = sentinelPort
		o.MasterName, o.SentinelUsername, o.SentinelPassword = take(query, "master"), take(query, "sentinel_username"), take(query, "sentinel_password")
		if o.MasterName == "" {
			return nil, &redisURLError{"does not say which primary to ask the Sentinels for", "add ?master=NAME, the name after \"sentinel monitor\" in their configuration"}
		}
	}
	var err error
	switch database := strings.Trim(u.Path, "/"); {
	case database == "":
	case topology == clusterRedis:
		return nil, &redisURLError{"names a database, and a cluster has only one", "leave out what follows the hosts"}
	default:
		if o.DB, err = strconv.Atoi(database); err != nil || o.DB < 0 {
			return nil, errRedisURL
		}
	}
	for host := range strings.SplitSeq(hosts, ",") {
		address, ok := withPort(host, port)
		if !ok {
			return nil, &redisURLError{"has a host that cannot be read", "separate hosts by commas, each with its port: host-1:" + port + ",host-2:" + port}
		}
		o.Addrs = append(o.Addrs, address)
	}
	for name := range query {
		return nil, &redisURLError{"has an option that does not exist: " + name, "leave it out"}
	}
	return &to, nil
}

// withPort returns a host with its port, or the usual one.
func withPort(host, port string) (address string, ok bool) {
	u, err := url.Parse("redis://" + host)
	if err != nil || u.Hostname() == "" || u.Host != host {
		return "", false
	}
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(u.Hostname(), port), true
}

// take removes an option and returns its value.
func take(query url.Values, name string) string {
	defer query.Del(name)
	return query.Get(name)
}

// redisTLS reads the options of a URL about TLS, and takes them out. Without TLS it returns nil.
func redisTLS(query url.Values, secure bool) (*tls.Config, *redisURLError) {
	files := map[string]string{}
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		if file := take(query, name); file != "" {
			files[name] = file
		}
	}
	switch {
	case query.Has("skip_verify"): // whoever answers would be Redis
		return nil, &redisURLError{"asks for TLS with whoever answers (skip_verify)", "leave it out and give sslrootcert=FILE, the certificate of Redis' authority"}
	case !secure && len(files) > 0:
		return nil, &redisURLError{"names certificates, and asks for no TLS", "write rediss instead of redis"}
	case !secure:
		return nil, nil
	case (files["sslcert"] == "") != (files["sslkey"] == ""):
		return nil, &redisURLError{"names one of sslcert and sslkey", "name both, or none"}
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := files["sslrootcert"]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, unreadable(file, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &redisURLError{"names a file in sslrootcert that holds no certificate", "let it hold certificates in PEM, saved as plain text"}
		}
	}
	if file := files["sslcert"]; file != "" {
		pair, err := tls.LoadX509KeyPair(file, files["sslkey"])
		if err != nil {
			return nil, unreadable(file+" or "+files["sslkey"], err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func unreadable(file string, err error) *redisURLError {
	return &redisURLError{fmt.Sprintf("names the file %s, which cannot be read: %s", file, schema.OneLine(err)), "correct sslrootcert, sslcert or sslkey"}
}

// A redisClient is what calls are made with, whoever has the keys.
type redisClient interface {
	redis.Scripter
	Get(ctx context.Context, key string) *redis.StringCmd
	Set(ctx context.Context, key string, value any, expiration time.Duration) *redis.StatusCmd
	SetXX(ctx context.Context, key string, value any, expiration time.Duration) *redis.BoolCmd
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	Ping(ctx context.Context) *redis.StatusCmd
	Info(ctx context.Context, sections ...string) *redis.StringCmd
	AddHook(hook redis.Hook)
	Close() error
}

// clusterRedirects is how often a call follows a key that has moved to another node.
const clusterRedirects = 3

// open prepares a client each of whose calls may take budget. It does not connect.
func (t *redisTarget) open(budget time.Duration) redisClient {
	const dialWait = time.Second
	if t.topology == singleRedis {
		o := t.single
		o.MaxRetries, o.DialerRetries = -1, 1 // the budget leaves no room
		o.DialTimeout = dialWait
		o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = budget, budget, budget
		o.ContextTimeoutEnabled, o.DisableIdentity = true, true
		return redis.NewClient(o)
	}
	o := t.several
	o.Addrs = slices.Clone(o.Addrs)
	o.MaxRetries, o.MaxRedirects, o.DialerRetries = -1, clusterRedirects, 1
	o.DialTimeout = dialWait
	o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = budget, budget, budget
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	if t.topology == sentinelRedis {
		return redis.NewFailoverClient(o.Failover())
	}
	cluster := o.Cluster()
	cluster.ClusterStateReloadInterval = redisPause // of a node that is gone the others say nothing unless they are asked
	return redis.NewClusterClient(cluster)
}

// secure reports whether connections are in TLS.
func (t *redisTarget) secure() bool {
	if t.topology == singleRedis {
		return t.single.TLSConfig != nil
	}
	return t.several.TLSConfig != nil
}
