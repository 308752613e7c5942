package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/provider"
)

// A Service ends what was granted, or part of it. Each change is one transaction with
// its event, or part of the transaction of ctx.
type Service struct {
	Codes         provider.Codes
	RefreshTokens provider.RefreshTokens
	AccessTokens  provider.AccessTokens
	Grants        provider.Grants
	Outbox        event.Outbox
	Tx            identity.Transactor
}

// Redeem spends a code of the client: see provider.Codes. A code that was spent before
// ends its grant, with the event (RFC 6749 §4.1.2): provider.ErrCodeSpent, caused by
// fault.ErrRecorded, so that a transaction around it commits.
func (s *Service) Redeem(ctx context.Context, clientID uuid.UUID, hash []byte, first provider.RefreshToken) (provider.Redemption, error) {
	redeemed, err := s.Codes.Spend(ctx, clientID, hash, first)
	if !errors.Is(err, provider.ErrCodeSpent) {
		return redeemed, err
	}
	id := redeemed.Grant.ID
	if err := s.revoke(ctx, id, func(client string) event.Event {
		return event.Event{Fact: event.CodeReuseDetected{GrantID: id, ClientID: client}, Outcome: "failure", Reason: "code_spent"}
	}); err != nil {
		return provider.Redemption{}, fmt.Errorf("revoke grant of spent code: %w", err)
	}
	return provider.Redemption{}, provider.ErrCodeSpent.With(fault.ErrRecorded)
}

// Revoke ends a grant and all that hangs on it, because its client asked for it or for
// another reason that the event gives. Idempotent.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID, reason string) error {
	if err := s.revoke(ctx, id, revoked(id, reason)); err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// ByAdministrator is the reason of a grant that somebody who manages the user has ended.
const ByAdministrator = "ended_by_administrator"

// End ends a grant of a user and all that hangs on it, for somebody who manages the user.
// provider.ErrGrantNotFound when the user has none of that id, or none any more.
func (s *Service) End(ctx context.Context, user, id uuid.UUID) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		of, ended, err := s.Grants.Revoke(ctx, id)
		if err != nil {
			return err
		}
		if !ended || of.UserID != user {
			return provider.ErrGrantNotFound // and what was ended is not
		}
		e := revoked(id, ByAdministrator)(tid.Format(provider.ClientPrefix, of.ClientID))
		e.Actor, e.Subject = event.ActorFrom(ctx, event.Actor{Type: "operator"}), tid.Format(identity.UserPrefix, user)
		return s.Outbox.Append(ctx, e)
	})
}

// revoked is the event of a grant that is ended for a reason.
func revoked(id uuid.UUID, reason string) func(client string) event.Event {
	return func(client string) event.Event {
		return event.Event{Fact: event.GrantRevoked{GrantID: id, ClientID: client, Reason: reason}, Outcome: "success"}
	}
}

// revoke ends a grant and appends the event that describe makes of the public id of its
// client. A grant that is over has had its event: a stolen code that is presented a
// thousand times is one fact.
func (s *Service) revoke(ctx context.Context, id uuid.UUID, describe func(client string) event.Event) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		of, revoked, err := s.Grants.Revoke(ctx, id)
		if err != nil || !revoked {
			return err
		}
		client := tid.Format(provider.ClientPrefix, of.ClientID)
		e := describe(client)
		e.Actor, e.Subject = event.Actor{Type: "client", ID: client}, tid.Format(identity.UserPrefix, of.UserID)
		return s.Outbox.Append(ctx, e)
	})
}

// A RevokedToken is what the event of an access token's end says of it.
type RevokedToken struct {
	JTI      string
	ClientID uuid.UUID // of the client whose it was, and who ended it
	Subject  string    // public id of its user; "" where it was the client's own
}

// RevokeOpaque ends one opaque access token. Unknown tokens are no error.
func (s *Service) RevokeOpaque(ctx context.Context, hash []byte, t RevokedToken) error {
	return s.revokeToken(ctx, t, func(ctx context.Context) (bool, error) { return s.AccessTokens.Delete(ctx, hash) })
}

// RevokeJWT ends one access token that is a JWT, which expires at expires.
func (s *Service) RevokeJWT(ctx context.Context, expires time.Time, t RevokedToken) error {
	return s.revokeToken(ctx, t, func(ctx context.Context) (bool, error) { return s.AccessTokens.RevokeJWT(ctx, t.JTI, expires) })
}

// revokeToken ends a token with its event. One that was ended before has had its event.
func (s *Service) revokeToken(ctx context.Context, t RevokedToken, end func(context.Context) (ended bool, err error)) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		ended, err := end(ctx)
		if err != nil || !ended {
			return err
		}
		client := tid.Format(provider.ClientPrefix, t.ClientID)
		return s.Outbox.Append(ctx, event.Event{
			Fact:    event.TokenRevoked{ClientID: client, JTI: t.JTI},
			Outcome: "success", Actor: event.Actor{Type: "client", ID: client}, Subject: cmp.Or(t.Subject, client),
		})
	})
	if err != nil {
		return fmt.Errorf("revoke access token: %w", err)
	}
	return nil
}
