package federation

import (
	"context"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/organization"
	"plinto/tenant"
)

// wants notes which roles the groups of an account give. ErrAnswer.
func (c *Connection) wants(a *Assertion) error {
	groups, err := c.groups(a.Claims)
	if err != nil {
		return ErrAnswer.With(err)
	}
	a.want = c.roles(c.Organization, groups)
	return nil
}

// profileOf is the profile of an account that is made.
func (c *Connection) profileOf(a *Assertion) identity.Profile {
	if c.Claims == nil {
		return a.Profile
	}
	return c.profile(identity.Profile{}, a.Claims)
}

// usernameOf is the user name of an account that is made, or "" where it has none that people could have chosen.
func (c *Connection) usernameOf(ctx context.Context, a *Assertion) string {
	name := c.username(a.Claims)
	if name == "" || identity.CheckOwnUsername(tenant.Must(ctx), name) != nil {
		return ""
	}
	return name
}

// takeOver has a user be what the provider says of them, as far as the connection takes that over, in the transaction that signs
// them in. Neither an address nor a user name changes by it.
func (s *SignIns) takeOver(ctx context.Context, c *Connection, a *Assertion, user *identity.User, id uuid.UUID, before []Given) error {
	if c.ClaimsUpdate == ClaimsAlways && c.profile(user.Profile, a.Claims) != user.Profile {
		by := event.Actor{Type: "connection", ID: c.PublicID()}
		if _, err := s.Directory.Update(ctx, by, user.ID, func(u *identity.User) { u.Profile = c.profile(u.Profile, a.Claims) }); err != nil {
			return err
		}
	}
	if s.Roles == nil {
		return nil
	}
	return s.Roles.Settle(ctx, c, user, id, before, a.want)
}

// decider is who decides rules with rights that can be lost; zero: an operator.
func decider(ctx context.Context) event.Actor {
	if !organization.Limited(ctx) {
		return event.Actor{}
	}
	return event.ActorFrom(ctx, event.Actor{})
}

// mayRule refuses whoever ctx says to decide what a connection believes, or gives. organization.ErrCannotConfer, ErrSpec.
func (s *Service) mayRule(ctx context.Context, spec *Spec) error {
	if err := mayDecide(ctx); err != nil {
		return err
	}
	if s.Roles == nil {
		return nil
	}
	return s.Roles.Check(ctx, spec)
}
