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

// limitScript is GCRA for several buckets at once. Each key holds the theoretical
// arrival time in microseconds of Redis's own clock, so that instances need not agree
// on theirs. ARGV: what to do ("look", "take": of all or of none, "fail": of each as
// far as it goes), and step and room of each key. It returns how many microseconds it
// takes until every bucket has something left, as it was before, and how far each
// runs ahead of now, as it is afterwards.
var limitScript = redis.NewScript(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local ahead, wait = {}, 0
for i, key in ipairs(KEYS) do
	local step, room = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
	ahead[i] = math.max(tonumber(redis.call('GET', key) or '0') - now, 0)
	wait = math.max(wait, ahead[i] + step - room)
end
if ARGV[1] == 'fail' or ARGV[1] == 'take' and wait == 0 then
	for i, key in ipairs(KEYS) do
		local step, room = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
		ahead[i] = math.min(ahead[i] + step, room)
		redis.call('SET', key, string.format('%.0f', now + ahead[i]), 'PX', math.ceil(ahead[i] / 1000))
	end
end
return {wait, unpack(ahead)}`)

// A Limiter implements identity.Limiter on Redis and in the process.
//
// Everything that is counted is counted in the process too, and what Redis says is
// noted there: when Redis goes away nobody is forgotten, when it comes back empty
// nobody either, and who did nothing wrong is not in anybody's memory. What Redis did
// not hear of costs double: the other instances do not know of it, so an instance
// alone lets half as much through, and an attacker gains nothing from taking Redis out.
type Limiter struct {
	redis *volatile
	local *gcra.Limiter
}

// localKeys bounds the memory of an instance: about 10 MB.
const localKeys = 1 << 16

func newLimiter(v *volatile) *Limiter { return &Limiter{redis: v, local: gcra.New(localKeys)} }

// Wait implements identity.Limiter: in one round trip to Redis at most, and in none
// for those who have to wait anyway.
func (l *Limiter) Wait(ctx context.Context, buckets ...identity.Bucket) time.Duration {
	mine := localBuckets(ctx, buckets)
	wait := l.local.Wait(time.Now(), mine...)
	if wait == 0 {
		wait, _ = l.shared(ctx, "look", mine, buckets) // without Redis, what the process knows counts
	}
	return wait
}

// Strained implements identity.Limiter: who would have to wait had they half as much.
func (l *Limiter) Strained(ctx context.Context, buckets ...identity.Bucket) bool {
	mine := localBuckets(ctx, buckets)
	for i := range mine {
		mine[i].Limit.Burst = (mine[i].Limit.Burst + 1) / 2
	}
	return l.local.Wait(time.Now(), mine...) > 0
}

// Strain implements identity.Limiter: who would have to wait had they six or seven eighths.
func (l *Limiter) Strain(ctx context.Context, buckets ...identity.Bucket) int {
	now := time.Now()
	for _, level := range []int{2, 1} {
		mine := localBuckets(ctx, buckets)
		for i := range mine {
			mine[i].Limit.Burst = max(1, mine[i].Limit.Burst*(5+level)/8)
		}
		if l.local.Wait(now, mine...) > 0 {
			return level
		}
	}
	return 0
}

// Take implements identity.Limiter.
func (l *Limiter) Take(ctx context.Context, buckets ...identity.Bucket) time.Duration {
	mine := localBuckets(ctx, buckets)
	if wait := l.local.Wait(time.Now(), mine...); wait > 0 {
		return wait
	}
	wait, err := l.shared(ctx, "take", mine, buckets)
	if err != nil {
		return l.local.Take(time.Now(), 2, mine...)
	}
	return wait
}

// Verdict implements identity.Limiter. The process's own count decides: it knows of
// a failure the moment it happens.
func (l *Limiter) Verdict(ctx context.Context, good bool, buckets ...identity.Bucket) time.Duration {
	mine := localBuckets(ctx, buckets)
	if good {
		return l.local.Wait(time.Now(), mine...)
	}
	wait := l.local.Spend(time.Now(), 1, mine...)
	if _, err := l.shared(ctx, "fail", mine, buckets); err != nil {
		l.local.Spend(time.Now(), 1, mine...)
	}
	return wait
}

// shared runs the script and notes in the process what it says.
func (l *Limiter) shared(ctx context.Context, what string, mine []gcra.Bucket, buckets []identity.Bucket) (time.Duration, error) {
	keys, args := make([]string, len(mine)), make([]any, 0, 1+2*len(mine))
	args = append(args, what)
	for i, b := range mine {
		step, room := gcraOf(buckets[i].Limit)
		keys[i], args = b.Key, append(args, step.Microseconds(), room.Microseconds())
	}
	var said []int64
	asked := time.Now() // not later than Redis's now: the process must not be stricter than Redis
	err := l.redis.do(ctx, func(ctx context.Context, c redisClient) (err error) {
		said, err = limitScript.Run(ctx, c, keys, args...).Int64Slice()
		return err
	})
	if err != nil || len(said) != 1+len(mine) {
		return 0, errRedisOut
	}
	for i, b := range mine {
		l.local.Raise(asked, b, asked.Add(time.Duration(said[1+i])*time.Microsecond))
	}
	return time.Duration(said[0]) * time.Microsecond, nil
}

func localBuckets(ctx context.Context, buckets []identity.Bucket) []gcra.Bucket {
	mine := make([]gcra.Bucket, len(buckets))
	for i, b := range buckets {
		mine[i] = gcra.Bucket{
			Key:   limitKey(ctx, b),
			Limit: gcra.Limit{Rate: b.Limit.Count, Period: b.Limit.Period, Burst: b.Limit.Burst},
		}
	}
	return mine
}

// limitKey bounds what a visitor can make Redis keep: names are hashed. Without
// a tenant the key is nobody's, and still limited.
func limitKey(ctx context.Context, b identity.Bucket) string {
	sum := sha256.Sum256([]byte(b.Key))
	k, err := key(ctx, "limit", b.Limit.Name+":"+hex.EncodeToString(sum[:16]))
	if err != nil {
		return "plinto:{-}:limit:" + b.Limit.Name
	}
	return k
}
