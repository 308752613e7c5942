package keys

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/jwt"
	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

const (
	// publishAhead is how long a key is in the JWKS before it signs: twelve times
	// and more what a JWKS may be cached.
	publishAhead = 24 * time.Hour
	// activeFor is how long a key signs.
	activeFor = 90 * 24 * time.Hour
	// retireFor is how long a key stays published after it stopped signing: the
	// longest token lifetime and an hour.
	retireFor = 25 * time.Hour
	// maxAge bounds how old a ring gets.
	maxAge = time.Minute
	// unannouncedAge bounds how old a ring gets while announcements of changes may be missing.
	unannouncedAge = time.Second
	// standInFor is how old keys may be that we go on with while the database is away.
	standInFor = 24 * time.Hour
	// loadTimeout bounds reading and making keys; an RSA key takes up to a second.
	loadTimeout = 15 * time.Second
)

// A Service signs and verifies with tenants' keys. It is a provider.Signer.
type Service struct {
	Keys   provider.Keys
	Outbox event.Outbox
	Tx     identity.Transactor
	Root   secret.Root
	Now    func() time.Time
	// Announced reports whether announcements of changes of the context's tenant arrive; nil: they do.
	Announced func(context.Context) bool
	// Generate makes a private key for an algorithm; nil: jwt.Generate. Tests keep RSA keys, which take long to make.
	Generate func(alg string) (crypto.Signer, error)
	// Memory is where rings are held; nil: one of their own.
	Memory *memory.Space[tenant.ID]

	once  sync.Once
	rings *memory.Cache[tenant.ID, *ring]
}

func (s *Service) cache() *memory.Cache[tenant.ID, *ring] {
	s.once.Do(func() {
		s.rings = memory.New[tenant.ID, *ring](s.Memory, memory.Options{
			Name: "keys", LoadTimeout: loadTimeout, Now: s.Now, Current: s.announced, Context: detached,
			Limits: memory.Limits{Announced: maxAge, Unannounced: unannouncedAge, Away: standInFor},
			Away:   func(error) bool { return true }, // whatever it is, the keys that we hold go on signing
		})
	})
	return s.rings
}

func (s *Service) announced(ctx context.Context) bool { return s.Announced == nil || s.Announced(ctx) }

// detached acts for the tenant of ctx, outside of any request.
func detached(ctx context.Context) context.Context {
	return tenant.With(context.Background(), tenant.Must(ctx))
}

// Drop makes what is in memory of a tenant's keys old: they changed. It is still what we
// go on with while the database is away.
func (s *Service) Drop(id tenant.ID) { s.cache().Revalidate(id) }

// DropAll makes every tenant's keys old: announcements may have been lost.
func (s *Service) DropAll() { s.cache().RevalidateAll() }

// Ready implements provider.Signer.
func (s *Service) Ready(ctx context.Context) error {
	r, err := s.ring(ctx, provider.AlgAccessToken)
	if err == nil {
		_, err = r.signer(provider.AlgAccessToken)
	}
	return err
}

// Sign implements provider.Signer.
func (s *Service) Sign(ctx context.Context, alg, typ string, claims []byte) (string, error) {
	r, err := s.ring(ctx, alg)
	if err != nil {
		return "", err
	}
	signer, err := r.signer(alg)
	if err != nil {
		return "", err
	}
	return signer.Sign(typ, claims)
}

// signer returns the active key of an alg that the ring was asked for. provider.ErrKeyUnreadable.
func (r *ring) signer(alg string) (*jwt.Signer, error) {
	if signer := r.signers[alg]; signer != nil {
		return signer, nil
	}
	return nil, provider.ErrKeyUnreadable.With(r.unread[alg])
}

// Verify implements provider.Signer.
func (s *Service) Verify(ctx context.Context, token, typ string) ([]byte, error) {
	r, err := s.ring(ctx)
	if err != nil {
		return nil, err
	}
	if typ == "" {
		typ = "JWT"
	}
	claims, _, err := jwt.Verify(token, r.public, jwt.Options{Type: typ})
	return claims, err
}

// VerifyPast implements provider.Signer.
func (s *Service) VerifyPast(ctx context.Context, token string) ([]byte, error) {
	r, err := s.ring(ctx)
	if err != nil {
		return nil, err
	}
	claims, _, err := jwt.Verify(token, slices.Concat(r.public, r.gone), jwt.Options{Type: "JWT"})
	return claims, err
}

// ring returns the tenant's keys, with an active one of each alg.
func (s *Service) ring(ctx context.Context, algs ...string) (*ring, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	key := memory.Key[tenant.ID]{Scope: t.ID}
	fits := func(r *ring) bool { return r.has(algs) }
	due := func(r *ring) bool { return r.isDue(s.Now()) }
	if r, ok := s.cache().Fresh(ctx, key, fits, due); ok { // without the function below, which costs memory
		return r, nil
	}
	use := memory.Use[*ring]{Name: strings.Join(algs, " "), Fits: fits, Due: due}
	r, err := s.cache().GetFor(ctx, key, use, func(ctx context.Context) (*ring, error) {
		old, _ := s.cache().Peek(key)
		return s.load(ctx, old, algs)
	})
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	return r, nil
}

func (r *ring) has(algs []string) bool {
	for _, alg := range algs {
		if r.signers[alg] == nil && r.unread[alg] == nil {
			return false
		}
	}
	return true
}

func (s *Service) load(ctx context.Context, old *ring, algs []string) (*ring, error) {
	keys, err := s.Keys.All(ctx)
	if err != nil {
		return nil, err
	}
	ctx = withDataKey(ctx)
	changed, err := s.advance(ctx, keys, algs)
	unread := err
	if !errors.Is(err, errUnreadable) {
		if unread = nil; err != nil {
			return nil, err
		}
	}
	if changed || unread != nil {
		if keys, err = s.Keys.All(ctx); err != nil {
			return nil, err
		}
	}
	r, err := newRing(ctx, s, keys, old, s.Now())
	if err != nil {
		return nil, err
	}
	for _, alg := range algs { // that no key could be made of
		if unread != nil && r.signers[alg] == nil && r.unread[alg] == nil {
			r.unread[alg] = unread
		}
	}
	return r, nil
}

// advance makes missing keys and moves due ones. Every move is one conditional
// statement, so instances that do it at once do it once.
func (s *Service) advance(ctx context.Context, keys []provider.SigningKey, algs []string) (changed bool, err error) {
	now := s.Now()
	for _, alg := range algs {
		if find(keys, alg, provider.KeyActive) == nil {
			if _, err := s.create(ctx, alg, provider.KeyActive); err != nil {
				return false, err
			}
			changed = true
		}
	}
	for i := range keys {
		k := &keys[i]
		if at := dueAt(*k); at.IsZero() || now.Before(at) {
			continue
		}
		moved, err := s.move(ctx, keys, k)
		if err != nil {
			return false, err
		}
		changed = changed || moved
	}
	return changed, nil
}

func (s *Service) move(ctx context.Context, keys []provider.SigningKey, k *provider.SigningKey) (moved bool, err error) {
	switch k.State {
	case provider.KeyNext:
		return true, s.activate(ctx, k) // by us or by another instance
	case provider.KeyActive:
		if find(keys, k.Alg, provider.KeyNext) != nil {
			return false, nil
		}
		return s.create(ctx, k.Alg, provider.KeyNext)
	default:
		return true, s.Keys.Drop(ctx)
	}
}

func find(keys []provider.SigningKey, alg string, state provider.KeyState) *provider.SigningKey {
	i := slices.IndexFunc(keys, func(k provider.SigningKey) bool { return k.Alg == alg && k.State == state })
	if i < 0 {
		return nil
	}
	return &keys[i]
}
