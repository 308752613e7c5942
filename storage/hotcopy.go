package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"plinto/identity"
	"plinto/tenant"
)

// hotTTL is how long a copy of a session serves without asking Postgres.
const hotTTL = time.Minute

// tombstone stands where the copy of an ended session was. It outlives every
// reader that fetched the session before the end was committed, so none of them
// can put the copy back; deleting the key would leave that race.
const tombstone = "-"

// putCopy stores a copy unless the session was ended meanwhile.
var putCopy = redis.NewScript(`
if redis.call('GET', KEYS[1]) == '-' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

// hotCopies keeps copies of sessions in Redis, so that a signed-in browser costs
// no SQL. Postgres is the truth: losing every copy signs nobody out.
type hotCopies struct {
	redis *volatile
	// distrusted is until when copies are not read, because an end could not be
	// told to Redis and an older copy may still be there.
	distrusted atomic.Int64 // nanoseconds since 1970
}

// A hotCopy repeats whose it is: a mixed-up answer must not sign anybody in.
type hotCopy struct {
	Tenant  tenant.ID
	Session identity.Session
}

// find returns the copy of a session that is still within its limits.
func (h *hotCopies) find(ctx context.Context, hash []byte) (identity.Session, bool) {
	now := time.Now()
	k, err := sessionKey(ctx, hash)
	if err != nil || now.UnixNano() < h.distrusted.Load() {
		return identity.Session{}, false
	}
	var stored []byte
	err = h.redis.do(ctx, func(ctx context.Context, c *redis.Client) (err error) {
		stored, err = c.Get(ctx, k).Bytes()
		return err
	})
	if err != nil || string(stored) == tombstone {
		return identity.Session{}, false
	}
	t := tenant.Must(ctx) // sessionKey found it
	var found hotCopy
	if json.Unmarshal(stored, &found) != nil || found.Tenant != t.ID || !bytes.Equal(found.Session.TokenHash, hash) {
		return identity.Session{}, false
	}
	s := found.Session
	return s, s.Alive(now) && !s.CreatedAt.Before(t.NotBefore)
}

// put keeps a copy of what Postgres just said. Failing to is no fault.
func (h *hotCopies) put(ctx context.Context, s identity.Session) {
	k, err := sessionKey(ctx, s.TokenHash)
	if err != nil {
		return
	}
	stored, err := json.Marshal(hotCopy{Tenant: tenant.Must(ctx).ID, Session: s})
	if err != nil {
		return
	}
	_ = h.redis.do(ctx, func(ctx context.Context, c *redis.Client) error {
		return putCopy.Run(ctx, c, []string{k}, stored, hotTTL.Milliseconds()).Err()
	})
}

// end replaces the copies of sessions by tombstones. It may run before the
// transaction that ends them commits: until then readers only ask Postgres.
func (h *hotCopies) end(ctx context.Context, hashes ...[]byte) {
	if len(hashes) == 0 || h.redis == nil {
		return
	}
	err := h.redis.do(ctx, func(ctx context.Context, c *redis.Client) error {
		_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, hash := range hashes {
				k, err := sessionKey(ctx, hash)
				if err != nil {
					return err
				}
				p.Set(ctx, k, tombstone, hotTTL)
			}
			return nil
		})
		return err
	})
	if err != nil {
		h.distrusted.Store(time.Now().Add(hotTTL).UnixNano())
	}
}

func sessionKey(ctx context.Context, hash []byte) (string, error) {
	return key(ctx, "session", hex.EncodeToString(hash))
}
