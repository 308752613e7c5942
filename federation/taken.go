package federation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
)

// End removes an identity that gave roles, and tells which of them its user has no more. It needs a transaction. ErrIdentityNotFound.
func (g *RoleGiver) End(ctx context.Context, user, identityID uuid.UUID) error {
	before, err := g.holds(ctx, user, identityID)
	if err != nil {
		return err
	}
	if _, err := g.Given.Remove(ctx, user, identityID); err != nil {
		return err
	}
	return g.tellTaken(ctx, &identity.User{ID: user}, before)
}

// holds returns what a user holds where an identity gave a role, before the identity is removed in the transaction of ctx: the database
// takes along what it gave. From here on nobody else changes rights in the tenant. nil: it gave none.
func (g *RoleGiver) holds(ctx context.Context, user, identityID uuid.UUID) (Holdings, error) {
	if err := g.Roles.Store.LockRights(ctx); err != nil {
		return nil, err
	}
	given, err := g.Given.GivenBy(ctx, identityID)
	if err != nil || len(given) == 0 {
		return nil, err
	}
	in := []uuid.UUID{}
	for _, one := range given {
		in = append(in, one.Organization)
	}
	held, err := g.Given.Holdings(ctx, user, in)
	if err != nil {
		return nil, fmt.Errorf("find roles of user: %w", err)
	}
	return held, nil
}

// tellTaken tells which of the roles that a user held before they hold no more.
func (g *RoleGiver) tellTaken(ctx context.Context, user *identity.User, before Holdings) error {
	if len(before) == 0 {
		return nil
	}
	now, err := g.Given.Holdings(ctx, user.ID, slices.Collect(maps.Keys(before)))
	if err != nil {
		return fmt.Errorf("find roles of user: %w", err)
	}
	var all []event.Event
	for in, was := range before {
		left := now[in]
		gone := slices.DeleteFunc(slices.Clone(was.Roles), func(role string) bool { return slices.Contains(left.Roles, role) })
		switch {
		case len(gone) == 0 && was.Member == left.Member:
		case in == uuid.Nil:
			for _, role := range gone {
				all = append(all, taken(ctx, event.UserRoleRemoved{Role: role}, user.PublicID()))
			}
		case !left.Member:
			all = append(all, taken(ctx, event.OrganizationMemberRemoved{User: user.PublicID()}, tid.Format(organization.Prefix, in)))
		default:
			all = append(all, taken(ctx, event.OrganizationMemberSet{User: user.PublicID()}, tid.Format(organization.Prefix, in)))
		}
	}
	return g.Roles.Outbox.Append(ctx, all...)
}

func taken(ctx context.Context, fact event.Fact, subject string) event.Event {
	return event.Event{Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "system"}), Subject: subject}
}
