package mfa

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

// A Showing is what an authenticator app of a user shows at a moment.
type Showing struct {
	Name string // as the user calls the app
	Code string // "123 456"
	Left time.Duration
	// Used says that this code, or a later one, has signed the user in: it is refused.
	Used bool
}

// Showings returns what the apps of a user show now, the oldest app first. It stands in for a phone in
// plinto dev, which calls it for users of its seed alone; TestShowings_areForDevelopmentAlone keeps it from all else.
func (s *Service) Showings(ctx context.Context, user uuid.UUID) ([]Showing, error) {
	held, err := s.Held(ctx, user)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	all := make([]Showing, 0, len(held.TOTP))
	for i := range held.TOTP {
		f := &held.TOTP[i]
		plain, err := s.box.Open(tenant.Must(ctx).ID, f.Sealed, "totp", tenant.Must(ctx).ID.String(), f.ID.String())
		if err != nil {
			return nil, fmt.Errorf("open secret of %s: %w", f.PublicID(), err)
		}
		code, left, err := CodeOf(encode(plain), now)
		if err != nil {
			return nil, fmt.Errorf("code of %s: %w", f.PublicID(), err)
		}
		all = append(all, Showing{Name: f.Name, Code: code, Left: left, Used: f.LastStep >= now.Unix()/int64(stepLength/time.Second)})
	}
	return all, nil
}
