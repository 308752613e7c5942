package manifest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/organization"
)

// A Mapping is what a declared connection says of a known provider, of claims and of groups.
type Mapping struct {
	Preset       string            `yaml:"preset"`
	Tenants      []string          `yaml:"tenants"`
	TeamID       string            `yaml:"team_id"`
	KeyID        string            `yaml:"key_id"`
	SubjectClaim string            `yaml:"subject_claim"`
	Claims       map[string]string `yaml:"claims"`
	ClaimsUpdate string            `yaml:"claims_update"`
	GroupsClaim  string            `yaml:"groups_claim"`
	GroupRoles   []GroupRole       `yaml:"group_roles"`
}

// A GroupRole is a declared role of who is in a group at the provider.
type GroupRole struct {
	Group        string `yaml:"group" json:"group"`
	Role         string `yaml:"role" json:"role"`
	Organization string `yaml:"organization" json:"organization,omitempty"` // slug
}

// anyOrganization stands for one that may be made by the same manifest.
func anyOrganization(string) uuid.UUID { return uuid.Max }

// apply sets what is declared.
func (m *Mapping) apply(s *federation.Spec, find func(slug string) uuid.UUID) {
	s.ProviderSpec = federation.ProviderSpec{
		Preset: m.Preset, Tenants: m.Tenants, TeamID: m.TeamID, KeyID: m.KeyID, SubjectClaim: m.SubjectClaim,
	}
	s.Mapping = federation.Mapping{Claims: m.Claims, ClaimsUpdate: m.ClaimsUpdate, GroupsClaim: m.GroupsClaim}
	for _, r := range m.GroupRoles {
		rule := federation.GroupRole{Group: r.Group, Role: r.Role}
		if r.Organization != "" {
			rule.Organization = find(r.Organization)
		}
		s.GroupRoles = append(s.GroupRoles, rule)
	}
}

// declaredSpec is the spec of a connection whose organizations there are by now.
func (s *scene) declaredSpec(ctx context.Context, c *Connection, of uuid.UUID) (federation.Spec, error) {
	found := map[string]uuid.UUID{}
	for _, r := range c.GroupRoles {
		if r.Organization == "" {
			continue
		}
		o, err := s.target().Organizations.BySlug(ctx, r.Organization)
		if errors.Is(err, organization.ErrNotFound) {
			return federation.Spec{}, fmt.Errorf("connection %s: there is no organization %q", c.Slug, r.Organization)
		}
		if err != nil {
			return federation.Spec{}, err
		}
		found[r.Organization] = o.ID
	}
	return c.spec(of, func(slug string) uuid.UUID { return found[slug] }), nil
}

// slugsOfRules are the slugs of the organizations of stored rules, by id.
func slugsOfRules(ctx context.Context, target *Target, rules []federation.GroupRole) (map[uuid.UUID]string, error) {
	slugs := map[uuid.UUID]string{}
	for _, r := range rules {
		if _, known := slugs[r.Organization]; known {
			continue
		}
		slug, err := organizationSlug(ctx, target, r.Organization)
		if err != nil && !errors.Is(err, organization.ErrNotFound) {
			return nil, err
		}
		slugs[r.Organization] = slug
	}
	return slugs, nil
}

// rulesView are stored rules as they are declared.
func rulesView(rules []federation.GroupRole, slugs map[uuid.UUID]string) []GroupRole {
	view := []GroupRole{}
	for _, r := range rules {
		view = append(view, GroupRole{Group: r.Group, Role: r.Role, Organization: slugs[r.Organization]})
	}
	return view
}

// claimsView makes no claims an empty object: they are the same.
func claimsView(claims map[string]string) map[string]string {
	view := map[string]string{}
	maps.Copy(view, claims)
	return view
}

// exportMapping writes what a stored connection says of a known provider, of claims and of groups.
func exportMapping(ctx context.Context, target *Target, s *federation.Spec) (mapping, error) {
	slugs, err := slugsOfRules(ctx, target, s.GroupRoles)
	if err != nil {
		return nil, err
	}
	m := mapping{
		{"preset", s.Preset},
		{"tenants", texts(s.Tenants)},
		{"team_id", s.TeamID},
		{"key_id", s.KeyID},
		{"subject_claim", s.SubjectClaim},
		{"claims_update", s.ClaimsUpdate},
		{"groups_claim", s.GroupsClaim},
	}
	if len(s.Claims) > 0 {
		var claims mapping
		for _, to := range slices.Sorted(maps.Keys(s.Claims)) {
			claims = append(claims, entry{to, s.Claims[to]})
		}
		m = append(m, entry{"claims", claims})
	}
	var rules list
	for _, r := range rulesView(s.GroupRoles, slugs) {
		rules = append(rules, mapping{{"group", r.Group}, {"role", r.Role}, {"organization", r.Organization}})
	}
	return append(m, entry{"group_roles", rules}), nil
}
