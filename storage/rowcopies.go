package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// rowCopyTTL is how long a copy of a row is in Redis: no process takes one that is older than what it may hold in memory.
const rowCopyTTL = copyAnnounced

// rowCopyKind is the part of a key, and of what a copy is bound to, that names copies of rows.
const rowCopyKind = "copy"

// rowCopies keep copies of rows in Redis for all processes of the installation. They implement memory.SharedStore.
//
// Redis is not trusted: a copy is sealed under a subkey of the root key, bound to tenant, kind and key name. Which of
// several copies of the same key is there, whoever writes to Redis decides; memory.Shared takes none that lacks a
// change.
type rowCopies struct {
	redis *volatile
	box   *secret.Box
}

// newShared shares copies of rows in Redis; nil without Redis, or without a root key to seal them with.
func newShared(v *volatile, root secret.Root, a *memory.Announcements) (*memory.Shared[tenant.ID], error) {
	if v == nil || root == (secret.Root{}) {
		return nil, nil
	}
	box, err := secret.NewBox(root.Subkey("plinto/row-copy/v1"))
	if err != nil {
		return nil, err
	}
	return memory.NewShared[tenant.ID](&rowCopies{v, box}, a), nil
}

// rowCopyKey is where a copy is. Names are hashed: visitors choose some.
func rowCopyKey(scope tenant.ID, name string) string {
	sum := sha256.Sum256([]byte(name))
	return keyOf(scope, rowCopyKind, hex.EncodeToString(sum[:16]))
}

// Find implements memory.SharedStore.
func (s *rowCopies) Find(ctx context.Context, scope tenant.ID, name string) (plain []byte, ok bool) {
	k := rowCopyKey(scope, name)
	var sealed []byte
	err := s.redis.do(ctx, func(ctx context.Context, c redisClient) (err error) {
		sealed, err = c.Get(ctx, k).Bytes()
		return err
	})
	if err != nil {
		return nil, false
	}
	plain, err = s.box.Open(sealed, scope.String(), rowCopyKind, k)
	return plain, err == nil
}

// Put implements memory.SharedStore. Failing to is no fault.
func (s *rowCopies) Put(ctx context.Context, scope tenant.ID, name string, plain []byte) {
	k := rowCopyKey(scope, name)
	sealed := s.box.Seal(plain, scope.String(), rowCopyKind, k)
	_ = s.redis.do(ctx, func(ctx context.Context, c redisClient) error {
		return c.Set(ctx, k, sealed, rowCopyTTL).Err()
	})
}

// snapshotColumns come last in a statement whose rows other processes may take: see noting.
const snapshotColumns = `, pg_snapshot_xmin(pg_current_snapshot())::text, pg_postmaster_start_time()::text`

// noting reads a row and its snapshotColumns, and tells the cache of ctx in which snapshot it was read.
func noting[V any](ctx context.Context, read func(pgx.CollectableRow) (V, error)) func(pgx.CollectableRow) (V, error) {
	return func(row pgx.CollectableRow) (V, error) {
		var low, server string
		v, err := read(longerRow{row, []any{&low, &server}})
		if err != nil {
			return v, err
		}
		n, err := strconv.ParseUint(low, 10, 64)
		if err != nil {
			return v, fmt.Errorf("read snapshot: %w", err)
		}
		memory.Note(ctx, memory.Snapshot{Server: server, Low: n})
		return v, nil
	}
}

// A longerRow has columns after those that are scanned.
type longerRow struct {
	pgx.CollectableRow
	rest []any
}

// Scan implements pgx.CollectableRow.
func (r longerRow) Scan(dest ...any) error { return r.CollectableRow.Scan(append(dest, r.rest...)...) }

// jsonCodec writes values down as JSON.
func jsonCodec[V any](format int) memory.Codec[V] {
	return memory.Codec[V]{
		Format: format,
		Encode: func(v V) ([]byte, error) { return json.Marshal(v) },
		Decode: func(text []byte) (v V, err error) { return v, json.Unmarshal(text, &v) },
	}
}

// errPrivate reports a value that stays in the process.
var errPrivate = errors.New("the value is for this process alone")

// codec leaves tenants out that have a database of their own, whose URL is a secret, and those that cannot be read.
func (s *Tenants) codec() memory.Codec[*tenant.Tenant] {
	c := jsonCodec[*tenant.Tenant](1)
	write := c.Encode
	c.Encode = func(t *tenant.Tenant) ([]byte, error) {
		if t.Placement.Isolation == tenant.Database || t.Unreadable != "" {
			return nil, errPrivate
		}
		return write(t)
	}
	read := c.Decode
	c.Decode = func(text []byte) (*tenant.Tenant, error) {
		t, err := read(text)
		if err == nil && t != nil {
			err = s.adopt(t)
		}
		return t, err
	}
	return c
}

// A writtenClient is a client with what JSON of its metadata leaves out.
type writtenClient struct {
	Client *provider.Client
	Extra  map[string]json.RawMessage
}

func clientCodec() memory.Codec[*provider.Client] {
	c := jsonCodec[writtenClient](1)
	return memory.Codec[*provider.Client]{
		Format: c.Format,
		Encode: func(v *provider.Client) ([]byte, error) { return c.Encode(writtenClient{v, v.Extra}) },
		Decode: func(text []byte) (*provider.Client, error) {
			w, err := c.Decode(text)
			if err != nil || w.Client == nil {
				return nil, errors.Join(err, errPrivate)
			}
			w.Client.Extra = w.Extra
			return w.Client, nil
		},
	}
}
