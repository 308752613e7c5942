package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"plinto/internal/secret"
	"plinto/tenant"
)

// A volatile is the Redis that keeps what may be lost. Nobody waits for it: a
// call has a small budget, and after a few failures in a row none is made for a
// while. A nil *volatile is a Redis that is always out.
type volatile struct {
	url         secret.String
	client      *redis.Client
	budget      time.Duration // of one call
	failures    atomic.Int32
	openUntil   atomic.Int64           // nanoseconds since 1970
	loggedCause atomic.Pointer[string] // why it is not used, as logged; nil while it is
}

const (
	redisBudget      = 20 * time.Millisecond // of one call, in a server
	redisMaxFailures = 3                     // failures in a row
	redisPause       = 5 * time.Second       // without calls after them
)

var errRedisOut = errors.New("redis is out")

// openVolatile prepares a client for a redis:// or rediss:// URL; it does not
// connect. Without a URL there is no Redis, and everything works without.
func openVolatile(url string, budget time.Duration) (*volatile, error) {
	if url == "" {
		return nil, nil
	}
	quiet()
	options, err := redis.ParseURL(url)
	if err != nil {
		// The parser's error may repeat the URL, which may hold a password.
		return nil, errors.New("parse Redis URL: it must look like redis://[user:password@]host:port/database")
	}
	options.MaxRetries, options.DialerRetries = -1, 1 // the budget leaves no room
	options.DialTimeout = time.Second
	options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = budget, budget, budget
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return &volatile{url: secret.NewString(url), client: redis.NewClient(options), budget: budget}, nil
}

// quiet keeps the client from writing a line to standard error for every failed
// call. One line of ours says the same for all of them.
var quiet = sync.OnceFunc(logging.Disable)

func (v *volatile) close() error {
	if v == nil {
		return nil
	}
	return v.client.Close()
}

// do makes one call within the budget. redis.Nil is an answer, not a failure.
// A caller that goes away neither stops the call nor counts against Redis.
func (v *volatile) do(ctx context.Context, call func(context.Context, *redis.Client) error) error {
	if v == nil || v.paused() {
		return errRedisOut
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), v.budget)
	defer cancel()
	err := call(ctx, v.client)
	if err == nil || errors.Is(err, redis.Nil) {
		v.works(ctx)
		return err
	}
	if v.failures.Add(1) >= redisMaxFailures && !v.paused() {
		v.openUntil.Store(time.Now().Add(redisPause).UnixNano())
		v.logFailure(ctx, err)
	}
	return fmt.Errorf("call redis: %w", err)
}

// paused reports whether no calls are made for now.
func (v *volatile) paused() bool { return time.Now().UnixNano() < v.openUntil.Load() }

// key is the only maker of Redis keys: the tenant of ctx first, so that no
// value of one tenant can be found by another.
func key(ctx context.Context, kind, id string) (string, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return "", err
	}
	return "plinto:" + t.ID.String() + ":" + kind + ":" + id, nil
}
