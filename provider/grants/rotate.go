package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/provider"
)

// A Use is a refresh token that a client presents.
type Use struct {
	ClientID uuid.UUID
	Token    []byte // its hash
	// Want, when not nil, must be a subset of the grant's scopes.
	Want []string
	// Grace is how long after its first use the token may be presented again.
	Grace time.Duration
	// Meets reports whether a grant is what its organization asks for; nil: it is not asked.
	Meets func(*provider.Grant) bool
}

// Rotate exchanges a refresh token for next, whose token text is sealed under a key
// derived from the presented token so that the database alone cannot open it. A first use
// is one statement. A repeated use within the grace time of the first, however many there
// are, returns the stored successors and is recorded; later it ends the grant, with the
// event, and is provider.ErrRefreshReused (RFC 9700 §4.14.2), caused by fault.ErrRecorded,
// so that a transaction around it commits. So is, at any time, a use by a party that
// plainly is not next.Holder's predecessor: who was given the token, or who used it first.
// A grant for an organization that is suspended, that its user left, or that asks for another way to
// sign in by now, is ended too.
// provider.ErrScopeExceeds, nothing rotated; ErrRefreshUnknown, ErrGrantRevoked.
func (s *Service) Rotate(ctx context.Context, use Use, next provider.RefreshToken, sealed []byte) (provider.Rotation, error) {
	rotation, rotated, err := s.RefreshTokens.Rotate(ctx, use.ClientID, use.Token, next, sealed, use.Want)
	if err != nil {
		return rotation, err
	}
	if !rotated {
		rotation, err = s.again(ctx, use, next.Holder)
	}
	if err == nil && use.Meets != nil && !use.Meets(&rotation.Grant) {
		if err = s.revoke(ctx, rotation.Grant.ID, revoked(rotation.Grant.ID, "organization_policy")); err == nil {
			err = provider.ErrGrantRevoked.With(fault.ErrRecorded)
		}
	}
	if err != nil {
		return provider.Rotation{}, fmt.Errorf("rotate refresh token: %w", err)
	}
	return rotation, nil
}

// again answers a token that could not be rotated: once more with what followed it, or
// with why not. The token's row is locked while it decides, so that repeats are counted
// one by one.
func (s *Service) again(ctx context.Context, use Use, by provider.Party) (rotation provider.Rotation, err error) {
	var refused error
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := s.RefreshTokens.Presented(ctx, use.ClientID, use.Token, use.Want, use.Grace)
		if errors.Is(err, provider.ErrRefreshUnknown) {
			refused = err
			return nil
		}
		if err != nil {
			return err
		}
		rotation = found.Rotation
		switch refused = verdict(&found, by); {
		case refused == nil:
			return s.repeated(ctx, &found, use.Token)
		case errors.Is(refused, provider.ErrRefreshReused):
			refused = provider.ErrRefreshReused.With(fault.ErrRecorded)
			return s.revoke(ctx, found.Grant.ID, reused(&found, by))
		case !found.Stands && found.Lost != "":
			refused = provider.ErrGrantRevoked.With(fault.ErrRecorded)
			return s.revoke(ctx, found.Grant.ID, revoked(found.Grant.ID, found.Lost))
		}
		return nil
	})
	if err != nil {
		return provider.Rotation{}, err
	}
	return rotation, refused
}

// verdict on a token that by presents and that could not be rotated.
func verdict(t *provider.PresentedToken, by provider.Party) error {
	switch {
	case t.Used && (!t.Recent || !t.Followed):
		return provider.ErrRefreshReused
	case !t.Stands:
		return provider.ErrGrantRevoked
	case !t.Used && t.Expired:
		return provider.ErrRefreshUnknown
	case shared(t, by):
		return provider.ErrRefreshReused
	case !t.Within:
		return provider.ErrScopeExceeds
	case !t.Used:
		return provider.ErrGrantRevoked // stands again, but did not when it was to be rotated
	default:
		return nil // the answer to the first use was lost, or several tabs used it at once
	}
}

// shared reports whether by is plainly not the party that the token was given to, or
// that used it first.
func shared(t *provider.PresentedToken, by provider.Party) bool {
	return by.Contradicts(t.Holder) || t.Used && by.Contradicts(t.First)
}

// reused is the event of a token that somebody else may hold.
func reused(t *provider.PresentedToken, by provider.Party) func(client string) event.Event {
	reason, first := "refresh_token_reused", t.First.Address
	if shared(t, by) {
		reason = "refresh_token_shared"
	}
	if !t.Used {
		first = t.Holder.Address
	}
	return func(client string) event.Event {
		return event.Event{
			Fact: event.TokenReuseDetected{GrantID: t.Grant.ID, ClientID: client, FirstIP: first}, Outcome: "failure", Reason: reason,
		}
	}
}

// repeated counts a repeat, and records it if its number is one that is recorded.
func (s *Service) repeated(ctx context.Context, t *provider.PresentedToken, token []byte) error {
	if err := s.RefreshTokens.CountRepeat(ctx, token); err != nil || !recorded(t.Repeats+1) {
		return err
	}
	client := tid.Format(provider.ClientPrefix, t.Grant.ClientID)
	return s.Outbox.Append(ctx, event.Event{
		Fact:    event.TokenRepeated{GrantID: t.Grant.ID, ClientID: client, FirstIP: t.First.Address, Repeats: t.Repeats + 1},
		Outcome: "success", Actor: event.Actor{Type: "client", ID: client}, Subject: t.User.PublicID(),
	})
}

// recorded reports whether the nth repeat of a token gets an event: the first ones do,
// and then each that doubles their number. Whoever holds one token must not be able to
// fill the audit log with it.
func recorded(n int) bool { return n <= 16 || n&(n-1) == 0 }
