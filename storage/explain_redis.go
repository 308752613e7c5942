package storage

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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
	v, err := openVolatile(url.Reveal(), redisCheckWait, nil)
	if err != nil {
		f := schema.Fatal(setting+" cannot be read", "it must look like redis://[user:password@]host:port/database")
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
	defer v.client.Close()
	for range redisCheckKeys {
		err := v.do(ctx, func(ctx context.Context, c *redis.Client) error {
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
	{"NOPERM", "the user of Redis may not do what Plinto needs", "ACL SETUSER … ~plinto:* +get +set +eval +evalsha +time +select +ping"},
	{"MOVED", redisCluster, redisSingle},
	{"ASK", redisCluster, redisSingle},
	{"CROSSSLOT", redisCluster, redisSingle},
	{"CLUSTERDOWN", redisCluster, redisSingle},
	{"ERR SELECT is not allowed in cluster mode", redisCluster, redisSingle},
	{"READONLY", "SETTING names a replica of Redis, which takes no writes", "name the primary"},
	{"MASTERDOWN", "SETTING names a replica of Redis that has lost its primary", "name the primary"},
	{"OOM", "Redis is full and throws nothing out", "set maxmemory-policy allkeys-lru, or more maxmemory"},
	{"MISCONF", "Redis takes no writes, as it cannot save to its disk", "make room on its disk, or set save \"\": Plinto needs nothing kept"},
	{"DENIED", "Redis is in protected mode and answers its own machine only", "give it a password (requirepass), or bind it to the network it is for"},
	{"LOADING", "Redis is starting", "wait until it has loaded its data"},
	{"ERR max number of clients", "Redis has as many connections as it may", "raise maxclients"},
	{"ERR DB index", "Redis has no database of the number in SETTING", "use /0, or raise databases"},
	{"ERR invalid DB index", "Redis has no database of the number in SETTING", "use /0, or raise databases"},
	{"ERR unknown command", "Redis does not know a command that Plinto needs", "use Redis 6.2 or newer with EVAL and EVALSHA allowed"},
}

const (
	redisCluster = "SETTING names a node of a Redis cluster, which has only a part of the keys"
	redisSingle  = "use a Redis that is no cluster, alone or with replicas: Plinto keeps little there"
)

// explain says in the words of an operator why a call to Redis failed.
func (v *volatile) explain(err error, setting string) schema.Finding {
	said := redisWords(err)
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
	check := "check that " + setting + " names a Redis that runs"
	switch {
	case errors.As(err, &name):
		return schema.Fatal("the host "+name.Name+" of Redis has no address", "correct the host in "+setting)
	case errors.Is(err, syscall.ECONNREFUSED):
		return schema.Fatal("Redis does not answer: connection refused", "start it, or correct host and port in "+setting)
	case errors.As(err, &record):
		return schema.Fatal("Redis answers, but not in TLS", "write redis:// instead of rediss:// in "+setting+", or the port that has TLS")
	case errors.As(err, &authority):
		return schema.Fatal("the certificate of Redis is from an authority that this machine does not trust", "add the authority to those of the system (SSL_CERT_FILE)")
	case errors.As(err, &host):
		return schema.Fatal(fmt.Sprintf("the certificate of Redis is not for %s", host.Host), "use a name in "+setting+" that is in the certificate")
	case errors.As(err, &invalid):
		return schema.Fatal("the certificate of Redis is not good: "+schema.OneLine(invalid), "give Redis a certificate that is good now, and look at the clocks of both machines")
	case v.client.Options().TLSConfig != nil && schema.TimedOut(err):
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
