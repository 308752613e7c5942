package organization

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/tid"
)

// Writes stores organizations of the context's tenant. Each method writes the columns of
// one kind of change and nothing else, and joins the transaction of ctx.
type Writes interface {
	// Create stores o with its id. ErrSlugTaken, which leaves the transaction usable.
	Create(ctx context.Context, o Organization) error
	// SetName writes the name over the one of o.Version. fault.ErrChanged when the row
	// has another version, ErrNotFound.
	SetName(ctx context.Context, o Organization) error
	// SetMember adds a member or replaces its roles, and reports whether that changed
	// anything. ErrNotFound, identity.ErrUserNotFound.
	SetMember(ctx context.Context, id uuid.UUID, m Member) (changed bool, err error)
	// RemoveMember removes a member, and reports whether there was one.
	RemoveMember(ctx context.Context, id, userID uuid.UUID) (changed bool, err error)
	// Delete removes the organization and its memberships. ErrNotFound.
	Delete(ctx context.Context, id uuid.UUID) error
}

// A Service changes organizations. It is the only way to change one: manifest, set-up and
// APIs all call it. Each change is one transaction with its event, or part of the
// transaction of ctx. A change that changes nothing has no event.
type Service struct {
	Organizations // as they are stored
	Writes        Writes
	Roles         *RoleService // for who may give which roles to members
	Outbox        event.Outbox
	Tx            identity.Transactor
}

// Create stores a new organization and returns it with its id. ErrSlugTaken.
func (s *Service) Create(ctx context.Context, slug, name string) (Organization, error) {
	o := Organization{ID: uuid.Must(uuid.NewV7()), Slug: slug, Name: name}
	return o, s.change(ctx, event.OrganizationCreated{}, o.ID, func(ctx context.Context) (bool, error) {
		return true, s.Writes.Create(ctx, o)
	})
}

// Ensure returns the organization of that slug, which it creates when there is none.
func (s *Service) Ensure(ctx context.Context, slug, name string) (Organization, error) {
	o, err := s.Create(ctx, slug, name)
	if errors.Is(err, ErrSlugTaken) {
		return s.BySlug(ctx, slug)
	}
	return o, err
}

// updateTries is how often a change is decided anew when somebody else was faster.
const updateTries = 5

// Update changes the name of the organization of that slug. edit gets the organization as
// it is stored; it is called again when somebody else changed the organization meanwhile,
// so it must depend on nothing else. What it changes besides is not stored. ErrNotFound,
// fault.ErrChanged when others are faster again and again.
func (s *Service) Update(ctx context.Context, slug string, edit func(*Organization)) error {
	for range updateTries {
		before, err := s.BySlug(ctx, slug)
		if err != nil {
			return err
		}
		after := before
		edit(&after)
		if after.Name == before.Name {
			return nil
		}
		after.ID, after.Version = before.ID, before.Version
		err = s.change(ctx, event.OrganizationUpdated{Fields: []string{"name"}}, before.ID, func(ctx context.Context) (bool, error) {
			return true, s.Writes.SetName(ctx, after)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return err
		}
	}
	return fmt.Errorf("update organization: %w", fault.ErrChanged)
}

// SetMember adds a member or replaces its roles. ErrNotFound, identity.ErrUserNotFound, and as
// RoleService.ConferMember.
func (s *Service) SetMember(ctx context.Context, id uuid.UUID, m Member) error {
	return s.change(ctx, event.OrganizationMemberSet{User: publicUser(m.UserID)}, id, func(ctx context.Context) (bool, error) {
		if err := s.Roles.ConferMember(ctx, id, m.UserID, m.Roles); err != nil {
			return false, err
		}
		return s.Writes.SetMember(ctx, id, m)
	})
}

// RemoveMember removes a member; an absent one is not an error.
func (s *Service) RemoveMember(ctx context.Context, id, userID uuid.UUID) error {
	return s.change(ctx, event.OrganizationMemberRemoved{User: publicUser(userID)}, id, func(ctx context.Context) (bool, error) {
		if err := s.Roles.ConferMember(ctx, id, userID, nil); err != nil {
			return false, err
		}
		return s.Writes.RemoveMember(ctx, id, userID)
	})
}

// Delete removes the organization and its memberships. ErrNotFound.
func (s *Service) Delete(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, event.OrganizationDeleted{}, id, func(ctx context.Context) (bool, error) {
		return true, s.Writes.Delete(ctx, id)
	})
}

func publicUser(id uuid.UUID) string { return tid.Format(identity.UserPrefix, id) }

// change makes one change in a transaction, with its event when something changed.
func (s *Service) change(ctx context.Context, fact event.Fact, id uuid.UUID, do func(context.Context) (bool, error)) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		changed, err := do(ctx)
		if err != nil || !changed {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: tid.Format(Prefix, id),
		})
	})
}
