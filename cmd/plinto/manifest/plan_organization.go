package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/organization/domain"
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
		want := organization.Organization{SuspendedAt: stored.SuspendedAt}
		o.write(&want)
		fields = differences(organizationView(&stored), organizationView(&want))
		if o.Suspended != stored.Suspended() {
			fields = append(fields, Field{"suspended", shown(stored.Suspended()), shown(o.Suspended)})
		}
	}
	change := compared("organization", o.Slug, exists, fields, func(ctx context.Context) error { return s.writeOrganization(ctx, o) })
	s.add(s.manage(ownedOrganizations, o.managed, change, func(ctx context.Context) (uuid.UUID, error) {
		found, err := s.target().Organizations.BySlug(ctx, o.Slug)
		return found.ID, err
	}))
	if err := s.members(ctx, o); err != nil {
		return err
	}
	return s.domains(ctx, o, stored.ID, exists)
}

// write declares the fields of an organization.
func (o *Organization) write(to *organization.Organization) {
	to.Name, to.ExternalID, to.Policy = o.Name, o.ExternalID, o.Policy
	to.PublicMetadata, to.PrivateMetadata, to.Branding = o.PublicMetadata, o.PrivateMetadata, o.Branding
}

func organizationView(o *organization.Organization) map[string]any {
	return map[string]any{
		"name": o.Name, "external_id": o.ExternalID, "policy": o.Policy, "branding": o.Branding,
		"public_metadata": document(o.PublicMetadata), "private_metadata": document(o.PrivateMetadata),
	}
}

// document is metadata as differences compares them.
func document(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// writeOrganization looks the organization up again: what the plan saw may be old.
func (s *scene) writeOrganization(ctx context.Context, o *Organization) error {
	stored, err := s.target().Organizations.BySlug(ctx, o.Slug)
	switch {
	case errors.Is(err, organization.ErrNotFound):
		made := organization.Organization{Slug: o.Slug}
		o.write(&made)
		if stored, err = s.target().Organizations.Create(ctx, made, o.logos...); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if _, err := s.target().Organizations.UpdateByID(ctx, stored.ID, o.write, o.logos...); err != nil {
			return err
		}
	}
	if o.Suspended {
		return s.target().Organizations.Suspend(ctx, stored.ID)
	}
	return s.target().Organizations.Unsuspend(ctx, stored.ID)
}

// domains compares the domains of one organization. That they are verified is the DNS's business.
func (s *scene) domains(ctx context.Context, o *Organization, id uuid.UUID, exists bool) error {
	var stored []domain.Domain
	if exists {
		var err error
		if stored, err = allDomains(ctx, s.target(), id); err != nil {
			return fmt.Errorf("list domains: %w", err)
		}
	}
	known := make(map[string]bool)
	for _, typed := range o.Domains {
		name, err := domain.Normal(typed)
		if err != nil {
			continue // the file was refused
		}
		known[name] = true
		there := slices.ContainsFunc(stored, func(d domain.Domain) bool { return d.Name == name })
		s.add(compared("domain", o.Slug+"/"+name, there, nil, func(ctx context.Context) error {
			stored, err := s.target().Organizations.BySlug(ctx, o.Slug)
			if err == nil {
				_, err = s.target().Domains.Add(ctx, stored.ID, name)
			}
			return err
		}))
	}
	if !s.prune || o.Domains == nil {
		return nil
	}
	for _, d := range stored {
		if !known[d.Name] {
			s.add(Change{Action: Delete, Kind: "domain", Name: o.Slug + "/" + d.Name, write: func(ctx context.Context) error {
				return s.target().Domains.Remove(ctx, id, d.ID)
			}})
		}
	}
	return nil
}

func allDomains(ctx context.Context, target *Target, id uuid.UUID) (all []domain.Domain, err error) {
	list := func(ctx context.Context, after uuid.UUID, limit int) ([]domain.Domain, error) {
		return target.Domains.Domains.List(ctx, id, keyset.Rows(after, limit))
	}
	for d, err := range keyset.All(ctx, list, func(d *domain.Domain) uuid.UUID { return d.ID }) {
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// members compares the members of one organization; those of a long list come later (longMembers).
func (s *scene) members(ctx context.Context, o *Organization) error {
	if o.long != nil {
		return nil
	}
	return s.noted(s.eachMember(ctx, o, func(_ context.Context, changes []Change) error {
		for _, c := range changes {
			s.add(c)
		}
		return nil
	}))
}

// eachMember hands over the changes of the members of an organization: of those that are declared, then of those that are
// not. It looks the organization up, which may be new.
func (s *scene) eachMember(ctx context.Context, o *Organization, do func(context.Context, []Change) error) error {
	id, stored, err := s.storedMembers(ctx, o)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	roles, err := s.storedRoles(ctx)
	if err != nil {
		return err
	}
	var problems log
	err = o.eachMembers(&problems, func(members []Member) error {
		changes, err := s.apart(func(s *scene) error {
			s.problems = &problems
			return s.compareMembers(ctx, o, members, roles, stored)
		})
		if err != nil || len(problems.list) > 0 {
			return err
		}
		return do(ctx, changes)
	})
	if err = s.asProblems(err, &problems); err != nil || !s.prune || o.Members == nil {
		return err
	}
	return s.pruneMembers(ctx, o, id, stored, do)
}

// compareMembers compares members, and takes those that are there from stored.
func (s *scene) compareMembers(ctx context.Context, o *Organization, members []Member, roles []organization.Role, stored map[uuid.UUID][]string) error {
	for i := range members {
		m := &members[i]
		for _, key := range m.Roles {
			if !s.knows(roles, organization.OrganizationRole, key) {
				s.problems.at(m.At.find("roles"), "there is no role %q of organizations", key)
			}
		}
		userID, found, err := s.memberID(ctx, m)
		if err != nil {
			return err
		}
		if !found && !s.declares(m.identifier()) {
			s.problems.at(m.At.node, "there is no user %q in the tenant", m.identifier())
			continue
		}
		var fields []Field
		has, there := stored[userID]
		if there = there && found; there {
			fields = differences(rolesView(has), rolesView(m.Roles))
			delete(stored, userID)
		}
		s.add(compared("member", o.Slug+"/"+m.identifier(), there, fields, func(ctx context.Context) error {
			return s.setMember(ctx, o, m)
		}))
	}
	return nil
}

// storedMembers are the roles of the members of an organization, if it is there, by user id. Members with the same roles
// share them: there may be very many.
func (s *scene) storedMembers(ctx context.Context, o *Organization) (uuid.UUID, map[uuid.UUID][]string, error) {
	stored, same := make(map[uuid.UUID][]string), make(map[string][]string)
	if s.fresh {
		return uuid.Nil, stored, nil
	}
	found, err := s.target().Organizations.BySlug(ctx, o.Slug)
	if errors.Is(err, organization.ErrNotFound) {
		return uuid.Nil, stored, nil
	}
	if err != nil {
		return uuid.Nil, nil, err
	}
	list := func(ctx context.Context, after uuid.UUID, limit int) ([]organization.Member, error) {
		return s.target().Organizations.Members(ctx, found.ID, keyset.Rows(after, limit))
	}
	for m, err := range keyset.All(ctx, list, func(m *organization.Member) uuid.UUID { return m.UserID }) {
		if err != nil {
			return uuid.Nil, nil, err
		}
		key := shown(m.Roles)
		if _, there := same[key]; !there {
			same[key] = m.Roles
		}
		stored[m.UserID] = same[key]
	}
	return found.ID, stored, nil
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
	return s.declared.names.contains(canonical(identifier))
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

// pruneMembers hands over the removal of members, some at a time, in the order of their ids.
func (s *scene) pruneMembers(ctx context.Context, o *Organization, id uuid.UUID, foreign map[uuid.UUID][]string, do func(context.Context, []Change) error) error {
	ids := slices.SortedFunc(maps.Keys(foreign), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for some := range slices.Chunk(ids, atOnce) {
		var changes []Change
		for _, user := range some {
			u, err := s.target().Users.ByID(ctx, user)
			if err != nil {
				return fmt.Errorf("find member: %w", err)
			}
			changes = append(changes, Change{Action: Delete, Tenant: s.declared.Slug, Kind: "member", Name: o.Slug + "/" + nameOf(&u), write: s.plan.asOwner(func(ctx context.Context) error {
				return s.target().Organizations.RemoveMember(ctx, id, user)
			})})
		}
		if err := do(ctx, changes); err != nil {
			return err
		}
	}
	return nil
}
