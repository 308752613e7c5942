package provider

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/organization"
)

// OrganizationPrefix starts the public id of an organization, as package organization has it.
const OrganizationPrefix = "org"

// Scopes of what a user is in the organization that a grant is for.
const (
	ScopeRoles       = "roles"
	ScopePermissions = "permissions"
)

// A Membership is what a user is in an organization, as things are now. The zero value stands for no
// organization.
type Membership struct {
	ID        uuid.UUID `json:"i"`
	Name      string    `json:"n,omitempty"`
	Slug      string    `json:"-"`
	Roles     []string  `json:"-"` // keys
	Suspended bool      `json:"-"` // the organization is: nobody signs in to it
	// Policy is the organization's, as it is stored, and Demands what it asks of a sign-in.
	Policy  organization.Policy `json:"-"`
	Demands Demands             `json:"d,omitzero"`
	// Branding is how pages look that are for it.
	Branding organization.Branding `json:"b,omitzero"`
}

// PublicID returns the organization's id as clients know it, or "" for none.
func (m *Membership) PublicID() string {
	if m.ID == uuid.Nil {
		return ""
	}
	return tid.Format(OrganizationPrefix, m.ID)
}

// Branded reports whether pages show which organization they are for.
func (m *Membership) Branded() bool {
	return m.ID != uuid.Nil && m.Branding != organization.Branding{}
}

// same reports whether a flow that has the one need not be kept again for the other.
func (m *Membership) same(other *Membership) bool {
	return m.ID == other.ID && m.Name == other.Name && m.Demands == other.Demands && m.Branding == other.Branding
}

// MaxMemberships is how many organizations a user can choose among. A user who is in more reaches the
// others by the organization parameter.
const MaxMemberships = 100

// ErrNotMember reports an organization that does not exist, or that the user is no member of.
var ErrNotMember = fault.New(fault.NotFound, "not_member", "The user is not a member of the organization.")

// Memberships finds the organizations of users of the context's tenant. Each is one statement.
type Memberships interface {
	// Of returns up to limit memberships of a user, by name; those of suspended organizations last.
	Of(ctx context.Context, userID uuid.UUID, limit int) ([]Membership, error)
	// In returns the membership in the organization of that public id or slug. ErrNotMember.
	In(ctx context.Context, userID uuid.UUID, organization string) (Membership, error)
	// Shown returns id, name and branding of the organization of that public id or slug, for people who have not
	// signed in. Only one that has a branding shows itself, and none that is suspended. ErrNotMember.
	Shown(ctx context.Context, organization string) (Membership, error)
}

// RolePermissions knows what the roles of organizations give.
type RolePermissions interface {
	// Permissions returns what the roles of those keys give together, sorted and each once. A key
	// that no role has gives nothing.
	Permissions(ctx context.Context, roles []string) ([]string, error)
}

// OrganizationClaims say which organization a token is for, and what its user is there.
type OrganizationClaims struct {
	OrgID          string   `json:"org_id,omitempty"`
	OrgSlug        string   `json:"org_slug,omitempty"`
	OrgRoles       []string `json:"org_roles,omitempty"`
	OrgPermissions []string `json:"org_permissions,omitempty"`
}

// ClaimsOf returns what a token with those scopes says of a membership: nothing where it is for no
// organization, roles and permissions only with their scope.
func (m *Membership) ClaimsOf(ctx context.Context, roles RolePermissions, scopes []string) (c OrganizationClaims, err error) {
	if m.ID == uuid.Nil {
		return c, nil
	}
	c.OrgID, c.OrgSlug = m.PublicID(), m.Slug
	if slices.Contains(scopes, ScopeRoles) {
		c.OrgRoles = m.Roles
	}
	if slices.Contains(scopes, ScopePermissions) {
		c.OrgPermissions, err = roles.Permissions(ctx, m.Roles)
	}
	return c, err
}

// Add puts the claims among others by their names.
func (c *OrganizationClaims) Add(claims map[string]any) {
	for name, text := range map[string]string{"org_id": c.OrgID, "org_slug": c.OrgSlug} {
		if text != "" {
			claims[name] = text
		}
	}
	for name, list := range map[string][]string{"org_roles": c.OrgRoles, "org_permissions": c.OrgPermissions} {
		if len(list) > 0 {
			claims[name] = list
		}
	}
}
