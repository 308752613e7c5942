package federation

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// Invitations are those to organizations.
type Invitations interface {
	// AcceptFor makes a user a member of an organization by the open invitation of an address of theirs, which they have proved,
	// in the transaction of ctx. false: there is none that still counts.
	AcceptFor(ctx context.Context, organization uuid.UUID, email string, user uuid.UUID) (accepted bool, err error)
}

// join makes a user who came by a connection of an organization for the first time its member, in the transaction of ctx: with
// the roles of an invitation, if there is one. Later sign-ins do not, also of who took the identity from themselves meanwhile: whoever
// is removed stays removed until they are invited. ErrNotAllowed where an invitation is asked for and there is none any more.
func (s *SignIns) join(ctx context.Context, c *Connection, email string, user *identity.User) error {
	if c.Organization == uuid.Nil {
		return nil
	}
	first, err := s.came(ctx, c.ID, user)
	if err != nil {
		return err
	}
	if s.Invitations != nil {
		accepted, err := s.Invitations.AcceptFor(ctx, c.Organization, email, user.ID)
		if err != nil {
			return fmt.Errorf("accept invitation: %w", err)
		}
		if accepted {
			return nil
		}
	}
	if c.Provision == ProvisionInvited {
		return ErrNotAllowed
	}
	if !first {
		return nil
	}
	changed, err := s.Members.AddMember(ctx, c.Organization, organization.Member{UserID: user.ID})
	if err != nil || !changed {
		return err
	}
	return s.Outbox.Append(ctx, event.Event{
		Fact: event.OrganizationMemberSet{User: user.PublicID()}, Outcome: "success", Actor: event.Actor{Type: "user", ID: user.PublicID()},
		Subject: tid.Format(organization.Prefix, c.Organization),
	})
}

// came notes that a user came by a connection, and reports whether they never had before.
func (s *SignIns) came(ctx context.Context, connection uuid.UUID, user *identity.User) (first bool, err error) {
	return s.Identities.Came(ctx, secret.Hash("federation-came", tenant.Must(ctx).ID, connection.String()+"\x00"+user.ID.String()))
}
