package keys

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// A ring is the opened keys of one tenant. It never changes; a new one replaces it.
type ring struct {
	signers map[string]*jwt.Signer // active key by alg
	unread  map[string]error       // why there is no signer of an alg although there is an active key
	public  jwt.Keys
	gone    jwt.Keys // left the JWKS; good for hints
	jwks    *web.Static
	due     time.Time // when the next key changes state; zero: none
}

// newRing opens keys. Signers that old already opened are taken over: opening an
// RSA key costs milliseconds. A key that cannot be read leaves the others to be: what it signed is verified as long as its public
// half can be read, and what it would sign is refused.
func newRing(ctx context.Context, s *Service, keys []provider.SigningKey, old *ring, now time.Time) (*ring, error) {
	r := &ring{signers: make(map[string]*jwt.Signer), unread: make(map[string]error)}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		public, err := x509.ParsePKIXPublicKey(k.Public)
		if err != nil {
			r.leaveOut(ctx, k, fmt.Errorf("read public key %s: %w", k.KID, err))
			continue
		}
		key := jwt.Key{ID: k.KID, Algorithm: k.Alg, Public: public}
		r.note(dueAt(k), now)
		if k.Gone(now) {
			r.gone = append(r.gone, key)
			continue
		}
		r.public = append(r.public, key)
		set.Keys = append(set.Keys, jwt.PublicJWK(public, k.KID, k.Alg))
		if k.State != provider.KeyActive {
			continue
		}
		signer, err := s.signer(ctx, k, old)
		switch {
		case errors.Is(err, errUnreadable):
			r.leaveOut(ctx, k, err)
		case err != nil:
			return nil, err
		default:
			r.signers[k.Alg] = signer
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("write JWKS: %w", err)
	}
	r.jwks = web.NewStatic("application/jwk-set+json", "public, max-age=300", body)
	return r, nil
}

// leaveOut notes, and tells operators, that nothing can be done with a key.
func (r *ring) leaveOut(ctx context.Context, k provider.SigningKey, why error) {
	if k.State == provider.KeyActive {
		r.unread[k.Alg] = why
	}
	slog.ErrorContext(ctx, "signing key cannot be read and is left out", "tenant", tenant.Must(ctx).Slug, "kid", k.KID, "alg", k.Alg, "error", why)
}

// note keeps the earliest coming change. One that is past was just tried, and is
// tried again when the ring is reloaded for its age.
func (r *ring) note(at, now time.Time) {
	if at.After(now) && (r.due.IsZero() || at.Before(r.due)) {
		r.due = at
	}
}

// dueAt is when a key wants to change state: a next key to sign, an active one to
// get a successor published, a retiring one to go, one that is gone to be forgotten.
func dueAt(k provider.SigningKey) time.Time {
	switch k.State {
	case provider.KeyNext:
		return k.ActivatesAt
	case provider.KeyActive:
		if k.RetiresAt.IsZero() {
			return time.Time{}
		}
		return k.RetiresAt.Add(-publishAhead)
	default:
		if len(k.Sealed) == 0 {
			return k.GoneAt.Add(provider.RememberGone)
		}
		return k.GoneAt
	}
}

func (r *ring) isDue(now time.Time) bool { return !r.due.IsZero() && !now.Before(r.due) }
