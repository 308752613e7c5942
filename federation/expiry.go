package federation

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/tenant"
)

// warnings are how many days before the last certificate of a provider expires somebody is told, the last first.
var warnings = []int{1, 7, 30}

// EndsAt is when the last of the certificates expires.
func (s *SAML) EndsAt() (last time.Time, err error) {
	trusted, err := s.Trusted()
	for _, c := range trusted {
		if c.NotAfter.After(last) {
			last = c.NotAfter
		}
	}
	return last, err
}

// WarnOfCertificates has it told, once for each number of days, that the last certificate of a provider expires before long.
// A connection that is gone, or that nobody signs in with, is none to tell of.
func (s *Service) WarnOfCertificates(ctx context.Context, id uuid.UUID) error {
	c, err := s.ByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if on := TakesKind(ctx, c.Kind) == nil; !on || c.SAML == nil || !c.Enabled() {
		return nil
	}
	known := c.Known(s.Now())
	ends, err := known.EndsAt()
	if err != nil {
		return err
	}
	days := daysLeft(ends.Sub(s.Now()))
	if days == 0 {
		return nil
	}
	said := secret.Hash("federation-certificate", tenant.Must(ctx).ID, c.ID.String()+" "+strconv.FormatInt(ends.Unix(), 10)+" "+strconv.Itoa(days))
	return s.change(ctx, c.ID, func(ctx context.Context) (event.Fact, error) {
		first, err := s.Writes.Once(ctx, said, ends)
		if err != nil || !first {
			return nil, err
		}
		return event.ConnectionCertificateExpiring{ExpiresAt: ends.UTC(), Days: days}, nil
	})
}

// daysLeft is the warning that is due; 0: none.
func daysLeft(left time.Duration) int {
	for _, days := range warnings {
		if left > 0 && left <= time.Duration(days)*24*time.Hour {
			return days
		}
	}
	return 0
}
