package clientkeys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

const (
	maxEntries   = 10_000
	freshFor     = 5 * time.Minute
	refetchAfter = 30 * time.Second
	fetchTimeout = 3 * time.Second
)

// A Fetcher gets documents. The egress client is one.
type Fetcher interface {
	Get(ctx context.Context, rawURL, accept string) ([]byte, error)
}

// Keys is a provider.ClientKeys.
type Keys struct {
	fetcher Fetcher
	now     func() time.Time
	entries entries
}

// New returns Keys that fetch by f.
func New(f Fetcher, now func() time.Time) *Keys {
	return &Keys{fetcher: f, now: now, entries: otter.Must(&otter.Options[key, *entry]{MaximumSize: maxEntries})}
}

// A key names one version of a client: an update starts anew.
type key struct {
	tenant  tenant.ID
	client  uuid.UUID
	version int64
}

// entries is the part of otter.Cache that is used. With the concrete type in its
// place every package that imports this one compiles all of otter's methods again.
type entries interface {
	ComputeIfAbsent(k key, first func() (value *entry, cancel bool)) (*entry, bool)
}

// An entry holds a client's keys. Its lock is held while they are fetched, so that
// nothing is fetched twice at once.
type entry struct {
	mu      sync.Mutex
	held    *set
	fetched time.Time // when held was read
	tried   time.Time // when somebody last tried
}

// A set is a key set in both uses.
type set struct {
	signing    jwt.Keys
	encryption jwt.EncryptionKeys
}

// ErrNoKeys reports a client whose keys cannot be had.
var ErrNoKeys = fault.New(fault.Unavailable, "client_keys_unavailable", "The client's keys could not be read.")

// Verify implements provider.ClientKeys.
func (k *Keys) Verify(ctx context.Context, c *provider.Client, token string, opts jwt.Options) ([]byte, jwt.Header, error) {
	keys, err := k.of(ctx, c, false)
	if err != nil {
		return nil, jwt.Header{}, err
	}
	payload, header, err := jwt.Verify(token, keys.signing, opts)
	if c.JWKSURI == "" || !errors.Is(err, jwt.ErrUnknownKey) && !errors.Is(err, jwt.ErrSignature) {
		return payload, header, err
	}
	again, failed := k.of(ctx, c, true)
	if failed != nil || again == keys {
		return payload, header, err
	}
	return jwt.Verify(token, again.signing, opts)
}

// Encrypt implements provider.ClientKeys.
func (k *Keys) Encrypt(ctx context.Context, c *provider.Client, alg, enc, contentType, plain string) (string, error) {
	keys, err := k.of(ctx, c, false)
	if err != nil {
		return "", err
	}
	return keys.encryption.Encrypt(alg, enc, contentType, plain)
}

// of returns the client's keys; again asks for a look at the reference, which may
// be refused because the last one was a moment ago.
func (k *Keys) of(ctx context.Context, c *provider.Client, again bool) (*set, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	e, _ := k.entries.ComputeIfAbsent(key{t.ID, c.ID, c.UpdatedAt.UnixNano()}, func() (*entry, bool) { return &entry{}, false })
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.JWKSURI == "" {
		return e.registered(c)
	}
	now := k.now()
	if e.held != nil && !again && now.Sub(e.fetched) < freshFor || !e.tried.IsZero() && now.Sub(e.tried) < refetchAfter {
		return e.current()
	}
	e.tried = now
	fetched, err := k.fetch(ctx, c.JWKSURI)
	if err == nil {
		e.held, e.fetched = fetched, now
	}
	return e.current()
}

func (e *entry) current() (*set, error) {
	if e.held == nil {
		return nil, ErrNoKeys
	}
	return e.held, nil
}

// registered parses what the client registered by value.
func (e *entry) registered(c *provider.Client) (*set, error) {
	if e.held != nil {
		return e.held, nil
	}
	if len(c.JWKS) == 0 {
		return nil, jwt.ErrUnknownKey
	}
	parsed, err := parse(c.JWKS)
	if err != nil {
		return nil, err
	}
	e.held = parsed
	return parsed, nil
}

func (k *Keys) fetch(ctx context.Context, uri string) (*set, error) {
	// The fetch serves everybody who waits: the one who asked may leave.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	body, err := k.fetcher.Get(ctx, uri, "application/jwk-set+json, application/json")
	if err != nil {
		return nil, fmt.Errorf("fetch client keys: %w", err)
	}
	return parse(body)
}

func parse(raw []byte) (*set, error) {
	signing, err := jwt.ParseKeys(raw)
	if err != nil {
		return nil, err
	}
	encryption, err := jwt.ParseEncryptionKeys(raw)
	return &set{signing, encryption}, err
}
