package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/brand"
	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/tid"
	"plinto/tenant"
)

// Writes stores organizations of the context's tenant. Each method writes the columns of
// one kind of change and nothing else, and joins the transaction of ctx.
type Writes interface {
	owner.Rows
	// Create stores o with its id. ErrSlugTaken, which leaves the transaction usable;
	// ErrExternalTaken, which does not.
	Create(ctx context.Context, o Organization) error
	// Update writes slug, name, external id, metadata, policy and branding over those of o.Version.
	// fault.ErrChanged when the row has another version, ErrNotFound, ErrSlugTaken,
	// ErrExternalTaken.
	Update(ctx context.Context, o Organization) error
	// SetLogos stores logos that the branding of o shows, and deletes those that it does not.
	// tenant.ErrLogoUnknown when it shows one that is not stored then.
	SetLogos(ctx context.Context, o Organization, logos []brand.Logo) error
	// SetSuspended suspends or takes that back, and reports whether that changed anything.
	// ErrNotFound.
	SetSuspended(ctx context.Context, id uuid.UUID, suspended bool) (changed bool, err error)
	// SetMember adds a member or replaces its roles, and reports whether that changed
	// anything. ErrNotFound, identity.ErrUserNotFound.
	SetMember(ctx context.Context, id uuid.UUID, m Member) (changed bool, err error)
	// AddMember adds a member, or gives one more roles: those that the member has stay, also what
	// somebody else does to them at the same time. It reports whether that changed anything.
	// ErrNotFound, identity.ErrUserNotFound.
	AddMember(ctx context.Context, id uuid.UUID, m Member) (changed bool, err error)
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

// Create stores a new organization and returns it with its id. Of o its id, version and times are
// not looked at. logos are those that its branding shows. ErrSlugTaken, ErrExternalTaken,
// tenant.ErrLogoUnknown, and the errors of Check.
func (s *Service) Create(ctx context.Context, o Organization, logos ...brand.Logo) (Organization, error) {
	if err := o.Check(); err != nil {
		return Organization{}, err
	}
	o.ID, o.SuspendedAt = uuid.Must(uuid.NewV7()), time.Time{}
	return o, s.change(ctx, event.OrganizationCreated{}, o.ID, func(ctx context.Context) (bool, error) {
		if err := s.Writes.Create(ctx, o); err != nil {
			return false, err
		}
		return true, s.setLogos(ctx, &Organization{}, &o, logos)
	})
}

// Ensure returns the organization of that slug, which it creates when there is none.
func (s *Service) Ensure(ctx context.Context, slug, name string) (Organization, error) {
	o, err := s.Create(ctx, Organization{Slug: slug, Name: name})
	if errors.Is(err, ErrSlugTaken) {
		return s.BySlug(ctx, slug)
	}
	return o, err
}

// product is what the server itself is called.
const product = "Plinto"

// updateTries is how often a change is decided anew when somebody else was faster.
const updateTries = 5

// setLogos stores what after shows and before did not.
func (s *Service) setLogos(ctx context.Context, before, after *Organization, logos []brand.Logo) error {
	if slices.Equal(before.Branding.Logos(), after.Branding.Logos()) {
		return nil
	}
	return s.Writes.SetLogos(ctx, *after, logos)
}

// Update changes the organization of that slug: see UpdateByID.
func (s *Service) Update(ctx context.Context, slug string, edit func(*Organization)) error {
	_, err := s.update(ctx, func(ctx context.Context) (Organization, error) { return s.BySlug(ctx, slug) }, edit, nil)
	return err
}

// UpdateByID changes slug, name, external id, metadata, policy and branding of an organization. edit gets the
// organization as it is stored; it is called again when somebody else changed the organization
// meanwhile, so it must depend on nothing else. What it changes besides is not stored. It returns
// the organization as it was written, with the version that was read. logos are those that its branding
// newly shows. ErrNotFound, ErrSlugTaken, ErrExternalTaken, tenant.ErrLogoUnknown, the errors of Check, ErrNameMisleads, fault.ErrChanged when others are faster again and again.
func (s *Service) UpdateByID(ctx context.Context, id uuid.UUID, edit func(*Organization), logos ...brand.Logo) (Organization, error) {
	return s.update(ctx, func(ctx context.Context) (Organization, error) { return s.ByID(ctx, id) }, edit, logos)
}

func (s *Service) update(ctx context.Context, find func(context.Context) (Organization, error), edit func(*Organization), logos []brand.Logo) (Organization, error) {
	for range updateTries {
		before, err := find(ctx)
		if err != nil {
			return Organization{}, err
		}
		after := before
		edit(&after)
		fields := differences(&before, &after)
		if len(fields) == 0 {
			return before, nil
		}
		if err := after.Check(); err != nil {
			return Organization{}, err
		}
		after.ID, after.Version = before.ID, before.Version
		err = s.change(ctx, event.OrganizationUpdated{Fields: fields}, before.ID, func(ctx context.Context) (bool, error) {
			if err := owner.Admit(ctx, s.Writes, before.ID); err != nil {
				return false, err
			}
			if err := mayBeCalled(ctx, &before, &after); err != nil {
				return false, err
			}
			if err := s.Writes.Update(ctx, after); err != nil {
				return false, err
			}
			return true, s.setLogos(ctx, &before, &after, logos)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return after, err
		}
	}
	return Organization{}, fmt.Errorf("update organization: %w", fault.ErrChanged)
}

// Suspend lets nobody sign in to the organization, nor be invited to it. Its members keep what they
// have elsewhere. ErrNotFound.
func (s *Service) Suspend(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, event.OrganizationSuspended{}, id, func(ctx context.Context) (bool, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return false, err
		}
		return s.Writes.SetSuspended(ctx, id, true)
	})
}

// Unsuspend takes it back. ErrNotFound.
func (s *Service) Unsuspend(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, event.OrganizationUnsuspended{}, id, func(ctx context.Context) (bool, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return false, err
		}
		return s.Writes.SetSuspended(ctx, id, false)
	})
}

// mayBeCalled refuses whoever ctx says, who manages one organization alone, to give it a name, or a slug, that people take for the
// tenant or the product: mails, the consent page and sign-in show it. What it is called already stays. ErrNameMisleads.
func mayBeCalled(ctx context.Context, before, after *Organization) error {
	a, limited, err := authorityNow(ctx)
	if err != nil || !limited || a.has(OrganizationsWrite, uuid.Nil) {
		return err
	}
	taken := append(tenant.Must(ctx).Names(), product)
	for _, name := range [...][2]string{{before.Name, after.Name}, {before.Slug, after.Slug}} {
		if name[0] != name[1] && displayname.PassesFor(name[1], taken...) != "" {
			return ErrNameMisleads
		}
	}
	return nil
}

// SetMember adds a member or replaces its roles. A caller who manages one organization alone, without users:read in
// the tenant, may not add members and has to invite them. ErrNotFound, identity.ErrUserNotFound, ErrInviteFirst, and as
// RoleService.ConferMember.
func (s *Service) SetMember(ctx context.Context, id uuid.UUID, m Member) error {
	return s.change(ctx, event.OrganizationMemberSet{User: publicUser(m.UserID)}, id, func(ctx context.Context) (bool, error) {
		if err := s.Roles.ConferMember(ctx, id, m.UserID, m.Roles); err != nil {
			return false, err
		}
		if err := s.mayAdd(ctx, id, m.UserID); err != nil {
			return false, err
		}
		return s.Writes.SetMember(ctx, id, m)
	})
}

// mayAdd refuses whoever ctx says to add somebody whom they have no right to know. ErrInviteFirst, which says
// nothing about whether there is such a user.
func (s *Service) mayAdd(ctx context.Context, id, userID uuid.UUID) error {
	a, limited, err := authorityNow(ctx)
	if err != nil || !limited || a.has(UsersRead, uuid.Nil) {
		return err
	}
	if _, err = s.Member(ctx, id, userID); errors.Is(err, ErrNoMember) {
		return ErrInviteFirst
	}
	return err
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
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return false, err
		}
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
