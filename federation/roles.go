package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/organization"
)

// A Given is a role that a user has because their identity is in a group at the provider.
type Given struct {
	Organization uuid.UUID `json:"organization"` // whose role it is; uuid.Nil: the tenant's
	Role         string    `json:"role"`
	// Member says that the user became a member of the organization by it.
	Member bool `json:"member,omitempty"`
}

func (g Given) same(other Given) bool {
	return g.Organization == other.Organization && g.Role == other.Role
}

// Holdings are roles of a user, by where they hold; nil: in the tenant. There is no entry for an organization that there is not.
type Holdings map[uuid.UUID]Holding

// A Holding is what a user holds in one place.
type Holding struct {
	Member bool // of the organization
	Roles  []string
}

func (h Holdings) has(g Given) bool { return slices.Contains(h[g.Organization].Roles, g.Role) }

// lacks reports whether a role could be given that is not held.
func (h Holdings) lacks(g Given) bool {
	_, there := h[g.Organization]
	return there && !h.has(g)
}

// GivenRoles stores which roles identities give.
type GivenRoles interface {
	// Holdings returns the roles of a user in the tenant (nil) and in organizations. One statement.
	Holdings(ctx context.Context, user uuid.UUID, in []uuid.UUID) (Holdings, error)
	// GivenBy returns the roles that an identity gives, with its row locked. It needs a transaction. ErrIdentityNotFound.
	GivenBy(ctx context.Context, identity uuid.UUID) ([]Given, error)
	// SetGiven notes which roles an identity gives. It needs a transaction. ErrIdentityNotFound.
	SetGiven(ctx context.Context, identity uuid.UUID, given []Given) error
	// Remove is that of Identities.
	Remove(ctx context.Context, user, identity uuid.UUID) (Identity, error)
}

// Authorities knows what somebody who made rules may do now.
type Authorities interface {
	// Of returns the authority of an actor in an organization (nil: in the tenant), which is empty when the actor is gone, blocked
	// or has no rights any more.
	Of(ctx context.Context, who event.Actor, in uuid.UUID) (organization.Authority, error)
}

// A RoleGiver has users have the roles that their groups at a provider give, and no longer those that they gave. Roles that
// somebody gave by hand stay.
type RoleGiver struct {
	Given         GivenRoles
	Roles         *organization.RoleService
	Organizations *organization.Service
	Authorities   Authorities
}

// Settle gives and takes roles of a user, in the transaction of ctx, which signs them in by an identity that gave some before. It is one
// statement where nothing changes, and none where nothing could.
func (g *RoleGiver) Settle(ctx context.Context, c *Connection, user *identity.User, identityID uuid.UUID, before, want []Given) error {
	if len(before) == 0 && len(want) == 0 {
		return nil
	}
	changes, err := g.changes(ctx, user.ID, before, want)
	if err != nil || changes.none() {
		return err
	}
	// What was read may be old: from here on nobody else changes rights in the tenant.
	if err := g.Roles.Store.LockRights(ctx); err != nil {
		return err
	}
	if before, err = g.Given.GivenBy(ctx, identityID); err != nil {
		return err
	}
	if changes, err = g.changes(ctx, user.ID, before, want); err != nil {
		return err
	}
	left, err := g.apply(event.WithActor(ctx, event.Actor{Type: "connection", ID: c.PublicID()}), c, user.ID, changes)
	if err != nil {
		return err
	}
	return g.Given.SetGiven(ctx, identityID, left)
}

// A roleChange is what becomes of roles of a user.
type roleChange struct {
	held          Holdings
	kept          []Given // that the identity gave, and gives still
	gone, missing []Given
}

func (r *roleChange) none() bool { return len(r.gone) == 0 && len(r.missing) == 0 }

// changes compares what a user holds with what an identity gave and what it gives now.
func (g *RoleGiver) changes(ctx context.Context, user uuid.UUID, before, want []Given) (r roleChange, err error) {
	var in []uuid.UUID
	for _, w := range slices.Concat(before, want) {
		if w.Organization != uuid.Nil && !slices.Contains(in, w.Organization) {
			in = append(in, w.Organization)
		}
	}
	if r.held, err = g.Given.Holdings(ctx, user, in); err != nil {
		return r, fmt.Errorf("find roles of user: %w", err)
	}
	for _, w := range want {
		if r.held.lacks(w) {
			r.missing = append(r.missing, w)
		}
	}
	for _, b := range before {
		switch {
		case !slices.ContainsFunc(want, b.same):
			r.gone = append(r.gone, b)
		case !slices.ContainsFunc(r.missing, b.same):
			r.kept = append(r.kept, b)
		}
	}
	return r, nil
}

// apply takes and gives roles, and returns those that the identity gives from now on.
func (g *RoleGiver) apply(ctx context.Context, c *Connection, user uuid.UUID, r roleChange) ([]Given, error) {
	for _, one := range r.gone {
		if err := g.take(ctx, user, one, r.held); err != nil {
			return nil, fmt.Errorf("take role of group: %w", err)
		}
	}
	for _, one := range r.missing {
		given, err := g.give(ctx, c, user, one, r.held)
		if err != nil {
			return nil, fmt.Errorf("give role of group: %w", err)
		}
		if given {
			h := r.held[one.Organization]
			one.Member = one.Organization != uuid.Nil && !h.Member
			r.held[one.Organization] = Holding{Member: true, Roles: append(h.Roles, one.Role)}
			r.kept = append(r.kept, one)
		}
	}
	return r.kept, nil
}

// take takes a role that a group gave. It asks nobody's rights: whoever lost the group lost the role.
func (g *RoleGiver) take(ctx context.Context, user uuid.UUID, one Given, held Holdings) error {
	if !held.has(one) {
		return nil // somebody was faster
	}
	left := slices.DeleteFunc(slices.Clone(held[one.Organization].Roles), func(role string) bool { return role == one.Role })
	leaves := one.Member && len(left) == 0
	held[one.Organization] = Holding{Member: held[one.Organization].Member && !leaves, Roles: left}
	switch {
	case one.Organization == uuid.Nil:
		return absent(g.Roles.Unassign(ctx, user, one.Role))
	case leaves:
		return absent(g.Organizations.RemoveMember(ctx, one.Organization, user))
	}
	return absent(g.Organizations.SetMember(ctx, one.Organization, organization.Member{UserID: user, Roles: left}))
}

// absent is no error where the role, or whose role it is, is gone.
func absent(err error) error {
	if errors.Is(err, organization.ErrRoleNotFound) || errors.Is(err, organization.ErrNotFound) {
		return nil
	}
	return err
}

// give gives a role as far as whoever made the rule may give it now.
func (g *RoleGiver) give(ctx context.Context, c *Connection, user uuid.UUID, one Given, held Holdings) (given bool, err error) {
	if ctx, err = g.asDecided(ctx, c); err != nil {
		return false, fmt.Errorf("find rights of who made the rule: %w", err)
	}
	if one.Organization == uuid.Nil {
		err = g.Roles.Assign(ctx, user, one.Role)
	} else {
		roles := append(slices.Clone(held[one.Organization].Roles), one.Role)
		err = g.Organizations.SetMember(ctx, one.Organization, organization.Member{UserID: user, Roles: roles})
	}
	for _, withheld := range []error{organization.ErrCannotConfer, organization.ErrCannotActOn, organization.ErrInviteFirst} {
		if errors.Is(err, withheld) {
			return false, nil
		}
	}
	return err == nil, absent(err)
}

// Check refuses rules that whoever ctx says may not make: each gives a role that there is, and that they may give. It needs the
// transaction in which the rules are stored. ErrSpec, organization.ErrCannotConfer.
func (g *RoleGiver) Check(ctx context.Context, s *Spec) error {
	for i, r := range s.GroupRoles {
		in := r.in(s.Organization)
		err := g.confers(ctx, in, r.Role)
		if errors.Is(err, organization.ErrRoleNotFound) {
			return wrong(fmt.Sprintf("group_roles/%d/role", i), "must be the key of a role that there is")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *RoleGiver) confers(ctx context.Context, in uuid.UUID, key string) error {
	if in != uuid.Nil {
		return g.Roles.ConferRoles(ctx, in, []string{key})
	}
	return g.Roles.ConferTenant(ctx, key)
}
