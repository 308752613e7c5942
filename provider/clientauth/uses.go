package clientauth

import (
	"context"
	"log/slog"
	"time"

	"plinto/internal/gcra"
	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

const (
	// useNotedEvery is how often it is noted that a secret which ends is used: whoever decides whether somebody is to be told needs no more.
	useNotedEvery = time.Hour
	useWithin     = 5 * time.Second
	usesKnown     = 1 << 10 // secrets of which this process knows that it has them noted
)

// useTries bounds how often it is tried for one secret, while requests come faster than copies of the client are renewed.
var useTries = gcra.Limit{Rate: 1, Period: time.Minute, Burst: 1}

// noteUse notes which of the client's secrets that end was presented, or signed the assertion ("" for none), so that somebody can be told before a
// client is locked out. Nearly no client has a secret that ends, and then nothing is computed.
func (a *Authenticator) noteUse(ctx context.Context, c *provider.Client, presented []string, assertion string) {
	if a.Uses == nil {
		return
	}
	now := a.Now()
	for i := range c.Secrets {
		s := &c.Secrets[i]
		if s.ExpiresAt.IsZero() || !now.Before(s.ExpiresAt) || now.Sub(s.UsedAt) < useNotedEvery || !a.usedBy(ctx, c, s, presented, assertion) {
			continue
		}
		id := s.ID
		if a.uses.Take(now, 1, gcra.Bucket{Key: id.String(), Limit: useTries}) > 0 {
			continue
		}
		a.Later(ctx, useWithin, func(ctx context.Context) {
			if err := a.Uses.NoteUse(ctx, id); err != nil {
				slog.WarnContext(ctx, "the use of a client secret that ends cannot be noted", "error", err.Error())
			}
		})
	}
}

// usedBy reports whether a secret is one of those that were presented, or that with which the assertion was signed.
func (a *Authenticator) usedBy(ctx context.Context, c *provider.Client, s *provider.ClientSecret, presented []string, assertion string) (used bool) {
	t := tenant.Must(ctx)
	for _, plain := range presented {
		used = secret.Equal(a.Secrets.Hash(t.ID, c.ClientID, plain), s.Hash) || used
	}
	if assertion == "" {
		return used
	}
	plain, err := a.Secrets.Open(t.ID, c.ClientID, *s)
	if err != nil {
		return false
	}
	_, _, err = jwt.VerifyHMAC(assertion, plain, jwt.Options{Algorithms: provider.HMACAlgs})
	return err == nil
}
