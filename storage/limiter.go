package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/identity"
	"plinto/internal/gcra"
)

// takeLimit is GCRA: KEYS[1] holds the theoretical arrival time in microseconds
// of Redis's own clock, so that instances need not agree on theirs. It returns
// zero, or how many microseconds to wait. ARGV: step, room.
var takeLimit = redis.NewScript(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local step, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
if tat < now then tat = now end
local next = tat + step
if next - now > room then return next - now - room end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
return 0`)

// returnLimit gives one step back.
var returnLimit = redis.NewScript(`
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
if tat == 0 then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat - tonumber(ARGV[1])), 'KEEPTTL')
return 0`)

// A Limiter implements identity.Limiter on Redis, and without Redis in the
// process at half the limit: several instances then still allow about as much,
// and an attacker gains nothing from taking Redis out.
type Limiter struct {
	redis *volatile
	local *gcra.Limiter
}

// localKeys bounds the memory of an instance whose Redis is out: about 10 MB.
const localKeys = 1 << 16

func newLimiter(v *volatile) *Limiter { return &Limiter{redis: v, local: gcra.New(localKeys)} }

// Take implements identity.Limiter.
func (l *Limiter) Take(ctx context.Context, limit identity.Limit, name string) time.Duration {
	k := limitKey(ctx, limit, name)
	step, room := gcraOf(limit)
	var wait int64
	err := l.redis.do(ctx, func(ctx context.Context, c *redis.Client) (err error) {
		wait, err = takeLimit.Run(ctx, c, []string{k}, step.Microseconds(), room.Microseconds()).Int64()
		return err
	})
	if err != nil {
		return l.local.Take(k, halved(limit), time.Now())
	}
	return time.Duration(wait) * time.Microsecond
}

// Return implements identity.Limiter.
func (l *Limiter) Return(ctx context.Context, limit identity.Limit, name string) {
	k := limitKey(ctx, limit, name)
	step, _ := gcraOf(limit)
	err := l.redis.do(ctx, func(ctx context.Context, c *redis.Client) error {
		return returnLimit.Run(ctx, c, []string{k}, step.Microseconds()).Err()
	})
	if err != nil {
		l.local.Return(k, halved(limit), time.Now())
	}
}

// limitKey bounds what a visitor can make Redis keep: names are hashed. Without
// a tenant the key is nobody's, and still limited.
func limitKey(ctx context.Context, limit identity.Limit, name string) string {
	sum := sha256.Sum256([]byte(name))
	k, err := key(ctx, "limit", limit.Name+":"+hex.EncodeToString(sum[:16]))
	if err != nil {
		return "plinto::limit:" + limit.Name
	}
	return k
}

func halved(limit identity.Limit) gcra.Limit {
	return gcra.Limit{Rate: max(limit.Count/2, 1), Period: limit.Period, Burst: max(limit.Burst/2, 1)}
}
