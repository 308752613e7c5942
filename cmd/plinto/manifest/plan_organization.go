package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/organization"
)

// organizations compares the declared organizations with their members.
func (s *scene) organizations(ctx context.Context) error {
	declared := s.declared.Organizations
	for i := range declared {
		if err := s.organization(ctx, &declared[i]); err != nil {
			return fmt.Errorf("compare organization %s: %w", declared[i].Slug, err)
		}
	}
	if !s.prune || s.fresh || declared == nil {
		return nil
	}
	for o, err := range keyset.All(ctx, s.target().Organizations.List, organizationKey) {
		if err != nil {
			return fmt.Errorf("list organizations: %w", err)
		}
		if slices.ContainsFunc(declared, func(d Organization) bool { return d.Slug == o.Slug }) {
			continue
		}
		s.add(Change{Action: Delete, Kind: "organization", Name: o.Slug, write: func(ctx context.Context) error {
			return s.target().Organizations.Delete(ctx, o.ID)
		}})
	}
	return nil
}

func organizationKey(o *organization.Organization) string { return o.Slug }

func (s *scene) organization(ctx context.Context, o *Organization) error {
	stored, err := organization.Organization{}, organization.ErrNotFound
	if !s.fresh {
		found, lookup := s.target().Organizations.BySlug(ctx, o.Slug)
		if lookup != nil && !errors.Is(lookup, organization.ErrNotFound) {
			return lookup
		}
		if lookup == nil {
			stored, err = found, nil
		}
	}
	exists := err == nil
	var fields []Field
	if exists {
		fields = differences(map[string]any{"name": stored.Name}, map[string]any{"name": o.Name})
	}
	s.add(compared("organization", o.Slug, exists, fields, func(ctx context.Context) error {
		if exists {
			return s.target().Organizations.Update(ctx, o.Slug, func(stored *organization.Organization) { stored.Name = o.Name })
		}
		_, err := s.target().Organizations.Create(ctx, organization.Organization{Slug: o.Slug, Name: o.Name})
		return err
	}))
	return s.members(ctx, o, stored.ID, exists)
}

// members compares the members of one organization.
func (s *scene) members(ctx context.Context, o *Organization, id uuid.UUID, exists bool) error {
	var stored []organization.Member
	if exists {
		var err error
		if stored, err = allMembers(ctx, s.target(), id); err != nil {
			return fmt.Errorf("list members: %w", err)
		}
	}
	known := make(map[uuid.UUID]bool)
	for i := range o.Members {
		m := &o.Members[i]
		userID, found, err := s.memberID(ctx, m)
		if err != nil {
			return err
		}
		if !found && !s.declares(m.identifier()) {
			s.problems.at(m.At.node, "there is no user %q in the tenant", m.identifier())
			continue
		}
		known[userID] = true
		at := slices.IndexFunc(stored, func(o organization.Member) bool { return found && o.UserID == userID })
		var fields []Field
		if at >= 0 {
			fields = differences(rolesView(stored[at].Roles), rolesView(m.Roles))
		}
		s.add(compared("member", o.Slug+"/"+m.identifier(), at >= 0, fields, func(ctx context.Context) error {
			return s.setMember(ctx, o, m)
		}))
	}
	if s.prune && o.Members != nil {
		return s.pruneMembers(ctx, o, id, stored, known)
	}
	return nil
}

// allMembers are the members of one organization, by user id.
func allMembers(ctx context.Context, target *Target, id uuid.UUID) (all []organization.Member, err error) {
	list := func(ctx context.Context, after uuid.UUID, limit int) ([]organization.Member, error) {
		return target.Organizations.Members(ctx, id, after, limit)
	}
	for m, err := range keyset.All(ctx, list, func(m *organization.Member) uuid.UUID { return m.UserID }) {
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (s *scene) memberID(ctx context.Context, m *Member) (uuid.UUID, bool, error) {
	if s.fresh {
		return uuid.Nil, false, nil
	}
	held, err := s.target().Users.Credential(ctx, m.identifier(), nil)
	u := held.User
	if errors.Is(err, identity.ErrUserNotFound) {
		return uuid.Nil, false, nil
	}
	return u.ID, err == nil, err
}

// declares reports whether the file declares a user with that identifier, who
// will exist when the member is written.
func (s *scene) declares(identifier string) bool {
	want := canonical(identifier)
	return slices.ContainsFunc(s.declared.Users, func(u User) bool {
		return want != "" && (canonical(u.Email) == want || canonical(u.Username) == want)
	})
}

// setMember looks organization and user up again: both may be as new as the member.
func (s *scene) setMember(ctx context.Context, o *Organization, m *Member) error {
	held, err := s.target().Users.Credential(ctx, m.identifier(), nil)
	u := held.User
	if err != nil {
		return err
	}
	stored, err := s.target().Organizations.BySlug(ctx, o.Slug)
	if err != nil {
		return err
	}
	return s.target().Organizations.SetMember(ctx, stored.ID, organization.Member{UserID: u.ID, Roles: m.Roles})
}

func (s *scene) pruneMembers(ctx context.Context, o *Organization, id uuid.UUID, stored []organization.Member, known map[uuid.UUID]bool) error {
	for _, m := range stored {
		if known[m.UserID] {
			continue
		}
		u, err := s.target().Users.ByID(ctx, m.UserID)
		if err != nil {
			return fmt.Errorf("find member: %w", err)
		}
		s.add(Change{Action: Delete, Kind: "member", Name: o.Slug + "/" + nameOf(&u), write: func(ctx context.Context) error {
			return s.target().Organizations.RemoveMember(ctx, id, m.UserID)
		}})
	}
	return nil
}
