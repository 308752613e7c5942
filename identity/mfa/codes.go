package mfa

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/tenant"
)

// replace gives a user other recovery codes, in the transaction of ctx. The old ones end.
func (s *Service) replace(ctx context.Context, user *identity.User) ([]string, error) {
	codes := newCodes()
	hashes := make([][]byte, len(codes))
	for i, code := range codes {
		hashes[i] = codeHash(s.codeKey.Of(tenant.Must(ctx).ID), tenant.Must(ctx).ID, user.ID, recoveryCode(code))
	}
	if err := s.Factors.ReplaceCodes(ctx, user.ID, hashes); err != nil {
		return nil, fmt.Errorf("replace recovery codes: %w", err)
	}
	return codes, s.tell(ctx, event.RecoveryCodesReplaced{}, user)
}

// ReplaceCodes gives a user other recovery codes, which are shown once. ErrNoFactor.
func (s *Service) ReplaceCodes(ctx context.Context, user *identity.User) (codes []string, err error) {
	err = s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if codes, err = s.replace(ctx, user); err != nil {
			return err
		}
		// Asked last, when the user's row is locked: the last factor may have gone meanwhile.
		return s.holds(ctx, user)
	})
	switch {
	case errors.Is(err, ErrNoFactor):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("replace recovery codes: %w", err)
	}
	return codes, nil
}

// holds returns ErrNoFactor for who has none.
func (s *Service) holds(ctx context.Context, user *identity.User) error {
	held, err := s.Factors.Of(ctx, user.ID)
	if err == nil && !held.Any() {
		err = ErrNoFactor
	}
	return err
}

// TakeCodesBack removes the recovery codes of a user that were made since a time, in the transaction of ctx: somebody
// else may have been shown them.
func (s *Service) TakeCodesBack(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error {
	removed, err := s.Factors.RemoveCodes(ctx, user.ID, since)
	if err != nil || removed == 0 {
		return err
	}
	return s.Outbox.Append(ctx, event.Event{Fact: event.RecoveryCodesRemoved{}, Outcome: "success", Actor: actor, Subject: user.PublicID()})
}
