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
	Version   int64 // of the row that was read: see Writes.SetName
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

// Organizations finds the organizations of the context's tenant.
type Organizations interface {
	// BySlug returns one organization or ErrNotFound.
	BySlug(ctx context.Context, slug string) (Organization, error)
	// List returns up to limit organizations by slug, from the first one after that slug;
	// "" is the first of all.
	List(ctx context.Context, after string, limit int) ([]Organization, error)
	// Members returns the members of one, by user id.
	Members(ctx context.Context, id uuid.UUID) ([]Member, error)
}
