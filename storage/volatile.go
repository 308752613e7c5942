package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"plinto/internal/breaker"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A volatile is the Redis that keeps what may be lost. Nobody waits for it: a
// call has a small budget, and after a few failures in a row none is made for a
// while; then one call tries. A nil *volatile is a Redis that is always out.
type volatile struct {
	url         secret.String
	target      *redisTarget
	client      redisClient
	breaker     *breaker.Breaker
	loggedCause atomic.Pointer[string] // why it is not used, as logged; nil while it is
}

const (
	redisBudget      = 20 * time.Millisecond // of one call, in a server
	redisMaxFailures = 3                     // failures in a row
	redisPause       = 5 * time.Second       // without calls after them
	// redisBreaker is what operators know the breaker by.
	redisBreaker = "redis"
)

var errRedisOut = errors.New("redis is out")

// openVolatile prepares a client for a URL, as readRedisURL takes them; it does not
// connect. Without a URL there is no Redis, and everything works without. The breaker
// is one of a set; nil: of a set that nobody looks at.
func openVolatile(url string, budget time.Duration, breakers *breaker.Set) (*volatile, error) {
	if url == "" {
		return nil, nil
	}
	quiet()
	target, problem := readRedisURL(url)
	if problem != nil {
		return nil, problem
	}
	return &volatile{url: secret.NewString(url), target: target, client: target.open(budget), breaker: breakerOfRedis(budget, breakers)}, nil
}

func breakerOfRedis(budget time.Duration, breakers *breaker.Set) *breaker.Breaker {
	if breakers == nil {
		breakers = breaker.NewSet(prometheus.NewRegistry())
	}
	return breakers.New(breaker.Options{
		Name: redisBreaker, Timeout: budget, Failures: redisMaxFailures, Pause: redisPause,
		Healthy: answered,
	})
}

// answered reports whether an error says that there is no such key. One that is wrapped is what Sentinels say
// that know no primary of that name.
func answered(err error) bool { return err == redis.Nil } //nolint:errorlint // see above

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
func (v *volatile) do(ctx context.Context, call func(context.Context, redisClient) error) error {
	if v == nil {
		return errRedisOut
	}
	err := v.breaker.Do(context.WithoutCancel(ctx), func(ctx context.Context) error { return call(ctx, v.client) })
	switch {
	case err == nil, answered(err):
		v.works(ctx)
		return err
	case errors.Is(err, breaker.ErrOpen):
		return errRedisOut
	case v.paused():
		v.logFailure(ctx, err)
	}
	return fmt.Errorf("call redis: %w", err)
}

// paused reports whether no calls are made for now.
func (v *volatile) paused() bool { return v.breaker.State() == breaker.Open }

// key is the only maker of Redis keys: the tenant of ctx first, so that no
// value of one tenant can be found by another. The braces have a cluster keep all keys
// of a tenant on one node, as scripts over several of them need.
func key(ctx context.Context, kind, id string) (string, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return "", err
	}
	return keyOf(t.ID, kind, id), nil
}

// keyOf is key for a tenant that is known. The zero ID is of what belongs to none.
func keyOf(t tenant.ID, kind, id string) string {
	return "plinto:{" + t.String() + "}:" + kind + ":" + id
}
