package storage

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/internal/secret"
	"plinto/storage/schema"
)

const (
	// redisCheckWait bounds a call of CheckRedis: nobody waits for it.
	redisCheckWait = 3 * time.Second
	// redisCheckKeys is how many keys are tried: of a cluster of two nodes, one would
	// have all of them once in 65,536 times.
	redisCheckKeys = 16
)

// checkScript does what our scripts do.
var checkScript = redis.NewScript(`
local now = redis.call('TIME')[1]
redis.call('SET', KEYS[1], now, 'PX', 1)
redis.call('SET', KEYS[1], now, 'KEEPTTL')
return redis.call('GET', KEYS[1])`)

// CheckRedis does once, with a longer timeout, what a server does with Redis all the time,
// and returns what fails, or nil. setting is where the URL is from.
func CheckRedis(ctx context.Context, url secret.String, setting string) *schema.Finding {
	if f := CheckRedisURL(url, setting); f != nil {
		return f
	}
	v, err := openVolatile(url.Reveal(), redisCheckWait, nil)
	if err != nil {
		f := schema.Fatal(setting+" cannot be used: "+schema.OneLine(err), "correct "+setting)
		return &f
	}
	if err := v.check(ctx); err != nil {
		f := v.explain(err, setting)
		return &f
	}
	return nil
}

// check uses the client and closes it.
func (v *volatile) check(ctx context.Context) error {
	if v == nil {
		return nil
	}
	defer func() { _ = v.client.Close() }()
	for range redisCheckKeys {
		err := v.do(ctx, func(ctx context.Context, c redisClient) error {
			return checkScript.Run(ctx, c, []string{"plinto:check:" + rand.Text()}).Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// logFailure logs why Redis is not used: once, until it is again or there is another cause.
func (v *volatile) logFailure(ctx context.Context, err error) {
	f := v.explain(err, "PLINTO_REDIS_URL")
	if before := v.loggedCause.Swap(&f.Cause); before == nil || *before != f.Cause {
		slog.WarnContext(ctx, "going on without Redis", "cause", f.Cause, "remedy", f.Remedy)
	}
}

// works notes that Redis answered.
func (v *volatile) works(ctx context.Context) {
	if v.loggedCause.Load() != nil && v.loggedCause.Swap(nil) != nil {
		slog.InfoContext(ctx, "Redis answers again")
	}
}

// lookAtRedis logs at start why Redis cannot be used.
func (s *Store) lookAtRedis(ctx context.Context) {
	if s.redis == nil {
		return
	}
	checked, err := openVolatile(s.redis.url.Reveal(), redisCheckWait, nil)
	if err == nil {
		err = checked.check(ctx)
	}
	if err != nil && ctx.Err() == nil {
		s.redis.logFailure(ctx, err)
	}
}

// redisAnswers are how Redis says why it does not do something, by how that begins.
var redisAnswers = []struct{ starts, cause, remedy string }{
	{"NOAUTH", "Redis wants a password, and SETTING has none", "write it into the URL: redis://:PASSWORD@host:6379/0"},
	{"WRONGPASS", "Redis does not take the user and password", "correct them in SETTING"},
	{"ERR AUTH", "Redis does not take the password", "correct it in SETTING, or take it out where Redis has none"},
	{"NOPERM", "the user of Redis may not do what Plinto needs", "ACL SETUSER … ~plinto:* +get +set +eval +evalsha +time +select +ping, of a cluster +cluster|slots"},
	{"MOVED", redisNode, redisAsCluster},
	{"ASK", redisNode, redisAsCluster},
	{"CROSSSLOT", redisNode, redisAsCluster},
	{"ERR SELECT is not allowed in cluster mode", redisNode, redisAsCluster},
	{"CLUSTERDOWN", "the Redis cluster does not serve all keys", "look which of its nodes are away: redis-cli --cluster check"},
	{"ERR This instance has cluster support disabled", "SETTING asks for a Redis cluster, and names a Redis that is none", "write redis:// instead of redis-cluster://"},
	{"redis: nil", "the Sentinels that SETTING names know no primary of its name", "correct master in SETTING: the name after \"sentinel monitor\" in their configuration"},
	{"ERR unknown command 'sentinel'", "SETTING names Redis itself, and no Sentinel", "write redis:// instead of redis-sentinel://, or the ports of the Sentinels (26379)"},
	{"READONLY", "SETTING names a replica of Redis, which takes no writes", "name the primary"},
	{"MASTERDOWN", "SETTING names a replica of Redis that has lost its primary", "name the primary"},
	{"OOM", "Redis is full and throws nothing out", "set maxmemory-policy allkeys-lru, or more maxmemory"},
	{"MISCONF", "Redis takes no writes, as it cannot save to its disk", "make room on its disk, or set save \"\": Plinto needs nothing kept"},
	{"DENIED", "Redis is in protected mode and answers its own machine only", "give it a password (requirepass), or bind it to the network it is for"},
	{"LOADING", "Redis is starting", "wait until it has loaded its data"},
	{"ERR max number of clients", "Redis has as many connections as it may", "raise maxclients"},
	{"ERR DB index", "Redis has no database of the number in SETTING", "use /0, or raise databases"},
	{"ERR invalid DB index", "Redis has no database of the number in SETTING", "use /0, or raise databases"},
	{"ERR unknown command", "Redis does not know a command that Plinto needs", "use Redis 6.2 or newer with EVAL and EVALSHA allowed; for a Sentinel write redis-sentinel:// into SETTING"},
}

const (
	redisNode      = "SETTING names a node of a Redis cluster, which has only a part of the keys"
	redisAsCluster = "write redis-cluster:// with the addresses of some nodes into SETTING, or use a Redis that is no cluster"
)

// explain says in the words of an operator why a call to Redis failed.
func (v *volatile) explain(err error, setting string) schema.Finding {
	said := redisWords(err)
	if strings.Contains(err.Error(), "all sentinels") && (strings.HasPrefix(said, "NOAUTH") || strings.HasPrefix(said, "WRONGPASS")) { // go-redis has no name for it
		return schema.Fatal("the Sentinels that "+setting+" names do not take its password for them: "+said, "correct sentinel_username and sentinel_password in "+setting)
	}
	if strings.HasPrefix(said, "CLUSTERDOWN") && v.target.topology == singleRedis {
		return schema.Fatal(strings.ReplaceAll(redisNode, "SETTING", setting)+": "+said, strings.ReplaceAll(redisAsCluster, "SETTING", setting))
	}
	for _, a := range redisAnswers {
		if strings.HasPrefix(said, a.starts) {
			in := strings.NewReplacer("SETTING", setting)
			return schema.Fatal(in.Replace(a.cause)+": "+said, in.Replace(a.remedy))
		}
	}
	return v.explainNetwork(err, setting)
}

func (v *volatile) explainNetwork(err error, setting string) schema.Finding {
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var remote *net.OpError
	check := "check that " + setting + " names a Redis that runs"
	switch {
	case errors.As(err, &name):
		return schema.Fatal("the host "+name.Name+" of Redis has no address", "correct the host in "+setting)
	case errors.Is(err, syscall.ECONNREFUSED):
		return schema.Fatal("Redis does not answer: connection refused", "start it, or correct host and port in "+setting)
	case errors.As(err, &record):
		return schema.Fatal("Redis answers, but not in TLS", "write redis:// instead of rediss:// in "+setting+", or the port that has TLS")
	case errors.As(err, &authority):
		return schema.Fatal("the certificate of Redis is from an authority that this machine does not trust", "add sslrootcert=FILE with the certificate of that authority to "+setting)
	case errors.As(err, &host):
		return schema.Fatal(fmt.Sprintf("the certificate of Redis is not for %s", host.Host), "use a name in "+setting+" that is in the certificate")
	case errors.As(err, &invalid):
		return schema.Fatal("the certificate of Redis is not good: "+schema.OneLine(invalid), "give Redis a certificate that is good now, and look at the clocks of both machines")
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert of TLS
		return schema.Fatal("Redis ends TLS: "+schema.OneLine(remote.Err), "it may want a certificate of ours: sslcert=FILE and sslkey=FILE in "+setting)
	case v.target.secure() && (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)): // which may come before the alert
		return schema.Fatal("Redis ends TLS: "+schema.OneLine(err), "it may want a certificate of ours: sslcert=FILE and sslkey=FILE in "+setting+"; or look into its log")
	case v.target.secure() && schema.TimedOut(err):
		return schema.Fatal("Redis does not answer in time", check+" and speaks TLS; otherwise write redis:// instead of rediss://")
	case schema.TimedOut(err):
		return schema.Fatal("Redis does not answer in time", check+", near by and not too busy")
	}
	return schema.Fatal("Redis does not answer: "+schema.OneLine(err), check+"; where it ends connections at once it may want TLS: rediss://")
}

// redisWords are what Redis itself said, or "".
func redisWords(err error) string {
	var said redis.Error
	if errors.As(err, &said) {
		return schema.OneLine(said)
	}
	return ""
}
