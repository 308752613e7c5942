package organization

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// Prefix starts the public id of an organization.
const Prefix = "org"

// An Organization is one customer of a tenant.
type Organization struct {
	ID        uuid.UUID
	Slug      string // as tenant slugs; unique in the tenant
	Name      string
	CreatedAt time.Time
}

// A Member is a user with roles in an organization.
type Member struct {
	UserID uuid.UUID
	Roles  []string
}

// Errors of organizations.
var (
	ErrNotFound  = fault.New(fault.NotFound, "organization_not_found", "There is no such organization.")
	ErrSlugTaken = fault.New(fault.Conflict, "organization_slug_taken", "Another organization has that slug.")
)

// Organizations keeps the organizations of the context's tenant.
type Organizations interface {
	// Put creates or updates by slug and returns the stored id.
	Put(ctx context.Context, o Organization) (uuid.UUID, error)
	// BySlug returns one organization or ErrNotFound.
	BySlug(ctx context.Context, slug string) (Organization, error)
	// List returns all, by slug.
	List(ctx context.Context) ([]Organization, error)
	// Members returns the members of one, by user id.
	Members(ctx context.Context, id uuid.UUID) ([]Member, error)
	// SetMember adds a member or replaces its roles.
	SetMember(ctx context.Context, id uuid.UUID, m Member) error
	// RemoveMember removes a member; an absent one is not an error.
	RemoveMember(ctx context.Context, id, userID uuid.UUID) error
	// Delete removes the organization and its memberships. ErrNotFound.
	Delete(ctx context.Context, id uuid.UUID) error
}
