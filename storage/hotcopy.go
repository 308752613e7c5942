package storage

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// hotTTL is how long a copy of a session serves without asking Postgres, from the
// moment its row was asked for.
const hotTTL = time.Minute

// hotSkew is how far the clocks of two instances may be apart: each is within five
// seconds of the database's, or not ready.
const hotSkew = 10 * time.Second

// tombstone stands where the copy of an ended session was. It outlives every
// reader that fetched the session before the end was committed, so none of them
// can put the copy back; deleting the key would leave that race. It is not sealed:
// it says no more than a missing copy does, that Postgres has to be asked.
const tombstone = "-"

// putCopy stores a copy unless the session was ended meanwhile.
var putCopy = redis.NewScript(`
if redis.call('GET', KEYS[1]) == '-' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

// hotCopies keeps copies of sessions in Redis, so that a signed-in browser costs
// no SQL. Postgres is the truth: losing every copy signs nobody out.
//
// Redis is not trusted. A copy is sealed under a subkey of the root key and bound to
// tenant, kind and key name, so nobody who can write to Redis can make one or move
// one to another key. They can put back an older copy of the same key, also over a
// tombstone: so a copy carries its age, and nothing is changed or issued on one
// before the row was asked (Sessions.Current, Codes.Issue, Touch).
type hotCopies struct {
	redis *volatile
	box   *secret.Box // nil: no copies are kept or read
	// distrusted is until when copies are not read, because an end could not be told to Redis, by
	// this process or another one, and an older copy may still be there.
	distrusted atomic.Int64 // nanoseconds since 1970
}

// copyKind is the part of a key, and of what a copy is bound to, that names sessions.
const copyKind = "session"

// newHotCopies seals copies under a subkey of root. Without a root key there are no
// copies; ends are written all the same, for the instances that keep some.
func newHotCopies(v *volatile, root secret.Root) (*hotCopies, error) {
	h := &hotCopies{redis: v}
	if root == (secret.Root{}) {
		return h, nil
	}
	var err error
	h.box, err = secret.NewBox(root.Subkey("plinto/session-copy/v1"))
	return h, err
}

// A hotCopy is a session as its row said at ReadAt.
type hotCopy struct {
	Session identity.Session
	ReadAt  time.Time
}

func (h *hotCopies) seal(id tenant.ID, key string, c hotCopy) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return h.box.Seal(plain, id.String(), copyKind, key), nil
}

// open returns a copy that was sealed for this key and is not too old at now.
func (h *hotCopies) open(id tenant.ID, key string, sealed []byte, now time.Time) (c hotCopy, ok bool) {
	plain, err := h.box.Open(sealed, id.String(), copyKind, key)
	if err != nil || json.Unmarshal(plain, &c) != nil {
		return hotCopy{}, false
	}
	age := now.Sub(c.ReadAt)
	return c, age < hotTTL && age > -hotSkew
}

// find returns the copy of a session that is still within its limits.
func (h *hotCopies) find(ctx context.Context, hash []byte) (identity.Session, bool) {
	now := time.Now()
	k, err := sessionKey(ctx, hash)
	if err != nil || h.box == nil || now.UnixNano() < h.distrusted.Load() || isUnannounced(ctx) {
		return identity.Session{}, false
	}
	var stored []byte
	err = h.redis.do(ctx, func(ctx context.Context, c redisClient) (err error) {
		stored, err = c.Get(ctx, k).Bytes()
		return err
	})
	if err != nil {
		return identity.Session{}, false
	}
	t := tenant.Must(ctx) // sessionKey found it
	found, ok := h.open(t.ID, k, stored, now)
	s := found.Session
	return s, ok && s.Alive(now) && !s.CreatedAt.Before(t.NotBefore)
}

// put keeps a copy of what Postgres said when it was asked at asked. Failing to is
// no fault.
func (h *hotCopies) put(ctx context.Context, s identity.Session, asked time.Time) {
	k, err := sessionKey(ctx, s.TokenHash)
	if err != nil || h.redis == nil || h.box == nil || isUnannounced(ctx) {
		return
	}
	stored, err := h.seal(tenant.Must(ctx).ID, k, hotCopy{Session: s, ReadAt: asked})
	if err != nil {
		return
	}
	_ = h.redis.do(ctx, func(ctx context.Context, c redisClient) error {
		return putCopy.Run(ctx, c, []string{k}, stored, hotTTL.Milliseconds()).Err()
	})
}

// isUnannounced reports whether what another process announces in the database of a tenant is not heard here: one
// that cannot reach Redis could not say that a copy is over, so there are none.
func isUnannounced(ctx context.Context) bool {
	t, err := tenant.From(ctx)
	return err != nil || t.Placement.Isolation == tenant.Database
}

// untold is announced where Redis could not be told of an end, as a change of a table is: other
// processes may reach Redis, and would read the copy.
const untold = "session_copies"

// distrust has copies not be read for as long as one that is there now could serve.
func (h *hotCopies) distrust() { h.distrusted.Store(time.Now().Add(hotTTL).UnixNano()) }

const (
	copiesAtOnce = 500    // that one call to Redis ends, so that it ends within its budget
	copiesMost   = 10_000 // of one user that are ended one by one
)

// end replaces the copies of sessions by tombstones. It may run before the
// transaction that ends them commits: until then readers only ask Postgres.
func (h *hotCopies) end(ctx context.Context, db *DB, hashes ...[]byte) error {
	if h.redis == nil {
		return nil
	}
	for some := range slices.Chunk(hashes, copiesAtOnce) {
		if err := h.putTombstones(ctx, some); err != nil {
			return h.distrustAll(ctx, db)
		}
	}
	return nil
}

// putTombstones makes one call to Redis that puts tombstones where copies are.
func (h *hotCopies) putTombstones(ctx context.Context, hashes [][]byte) error {
	return h.redis.do(ctx, func(ctx context.Context, c redisClient) error {
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
}

// distrustAll has no process read copies for as long as one lives.
func (h *hotCopies) distrustAll(ctx context.Context, db *DB) error {
	h.distrust()
	return pg.ExecLater(ctx, db, pg.AnyNumber, `SELECT pg_notify($1, $2::text || ' ' || current_tenant())`, pg.ChangesChannel, untold)
}

// endOf is end of every session of a user, whose copies say what is no longer so. For a user with more than
// copiesMost sessions all copies are distrusted.
func (h *hotCopies) endOf(ctx context.Context, db *DB, user uuid.UUID) error {
	hashes, err := pg.Query(ctx, db, pgx.RowTo[[]byte], `
		SELECT token_hash FROM sessions WHERE user_id = $1 AND ended_at IS NULL LIMIT $2`, user, copiesMost+1)
	if err != nil {
		return pg.Wrap("find sessions of user", err)
	}
	if len(hashes) > copiesMost && h.redis != nil {
		return h.distrustAll(ctx, db)
	}
	return h.end(ctx, db, hashes...)
}

// deny puts a tombstone over the copy of a session that is over, if there is a copy:
// strangers with made-up tokens leave nothing behind.
func (h *hotCopies) deny(ctx context.Context, hash []byte) {
	k, err := sessionKey(ctx, hash)
	if err != nil || h.redis == nil {
		return
	}
	_ = h.redis.do(ctx, func(ctx context.Context, c redisClient) error {
		return c.SetXX(ctx, k, tombstone, hotTTL).Err()
	})
}

func sessionKey(ctx context.Context, hash []byte) (string, error) {
	return key(ctx, copyKind, hex.EncodeToString(hash))
}
