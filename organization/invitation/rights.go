package invitation

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/organization"
)

// Authorities knows what somebody who invited may do now.
type Authorities interface {
	// Of returns the authority of an actor in an organization, which is empty when the actor is gone,
	// blocked or has no rights any more.
	Of(ctx context.Context, who event.Actor, in uuid.UUID) (organization.Authority, error)
}

// errLost reports that whoever invited could not do so any more.
var errLost = errors.New("the inviter has lost the right")

// still returns which roles an invitation gives now: those that there are still, as far as who made it may
// still give them all and add members. It needs the transaction in which they are given, before which nobody
// takes rights. errLost.
func (s *Service) still(ctx context.Context, i *Invitation) ([]string, error) {
	if s.Confers == nil {
		return i.Roles, nil
	}
	if i.By != (event.Actor{}) {
		authority := organization.Authority{}
		if s.Authorities != nil {
			var err error
			if authority, err = s.Authorities.Of(ctx, i.By, i.Organization); err != nil {
				return nil, fmt.Errorf("find rights of inviter: %w", err)
			}
		}
		ctx = organization.WithAuthority(ctx, authority)
	}
	roles, err := s.Confers.StillConfers(ctx, i.Organization, i.Roles)
	if errors.Is(err, organization.ErrCannotConfer) {
		err = errLost
	}
	return roles, err
}

// lapse revokes an invitation whose inviter has lost the right, so that its page and the list say so, and
// returns ErrOver for it. Other errors stay.
func (s *Service) lapse(ctx context.Context, o *Offer, err error) error {
	if !errors.Is(err, errLost) {
		return err
	}
	revoked := s.Revoke(event.WithActor(ctx, event.Actor{Type: "system"}), o.Invitation.Organization, o.ID)
	if revoked != nil && !errors.Is(revoked, ErrOver) {
		return revoked
	}
	return ErrOver
}
