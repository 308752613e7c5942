package organization

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/tid"
)

// Prefix starts the public id of an organization.
const Prefix = "org"

// An Organization is one customer of a tenant.
type Organization struct {
	ID         uuid.UUID
	Slug       string // as tenant slugs; unique in the tenant
	Name       string
	ExternalID string // of another system; unique in the tenant; "" for none
	// PublicMetadata is for applications, which get it in tokens or by an API, and PrivateMetadata
	// for who manages the organization: JSON objects of at most MaxMetadata bytes, nil for {}.
	PublicMetadata, PrivateMetadata json.RawMessage
	Policy                          Policy
	Branding                        Branding
	// SuspendedAt is since when nobody signs in to the organization; zero: it is not suspended.
	SuspendedAt time.Time
	CreatedAt   time.Time
	Version     int64 // of the row that was read: see Writes.Update
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
	// Unreadable names what of an organization in a list is stored and cannot be read, as columns; "": nothing. It is left out, and
	// the organization counts as suspended. One that is read alone is whole: ErrUnreadable.
	Unreadable string
}

// PublicID returns "org_…".
func (o *Organization) PublicID() string { return tid.Format(Prefix, o.ID) }

// Suspended reports whether nobody signs in to the organization.
func (o *Organization) Suspended() bool { return !o.SuspendedAt.IsZero() || o.Unreadable != "" }

// A Member is a user with roles in an organization.
type Member struct {
	UserID uuid.UUID
	Roles  []string
	Since  time.Time // as it is read
}

// A Joined is a membership as its user sees it.
type Joined struct {
	Organization
	Member Member
}

// Errors of organizations.
var (
	ErrNotFound      = fault.New(fault.NotFound, "organization_not_found", "There is no such organization.")
	ErrSlugTaken     = fault.New(fault.Conflict, "organization_slug_taken", "Another organization has that slug.")
	ErrExternalTaken = fault.New(fault.Conflict, "organization_external_id_taken", "Another organization has that external id.")
	ErrName          = fault.New(fault.Invalid, "organization_name", "An organization has a name of at most 200 characters, without control characters.")
	ErrNameMisleads  = fault.New(fault.Invalid, "organization_name_misleads", "The name can be taken for the service or its operator: choose another one.")
	ErrBadExternal   = fault.New(fault.Invalid, "organization_external_id", "An external id has at most 255 printable characters.")
	ErrNoMember      = fault.New(fault.NotFound, "member_not_found", "The organization has no such member.")
	ErrInviteFirst   = fault.New(fault.Forbidden, "member_invitation_needed", "Invite the user: whoever manages one organization adds nobody who was not asked.")
	ErrMetadata      = fault.New(fault.Invalid, "organization_metadata", "Metadata are a JSON object of at most 16 KiB.")
	// ErrUnreadable reports an organization of which something is stored that cannot be read. Nobody signs in to it, and nothing is
	// written over; it can be deleted.
	ErrUnreadable = &fault.Error{
		Kind: fault.Unavailable, Code: "organization_unreadable", RetryAfter: time.Minute, // somebody has to mend it
		Message: "Something that is stored of this organization cannot be read. Whoever runs this service can put it back.",
	}
)

// Organizations finds the organizations of the context's tenant. Of several, some may be Unreadable; one alone is whole, or its id
// is returned with ErrUnreadable.
type Organizations interface {
	// ByID returns one organization or ErrNotFound.
	ByID(ctx context.Context, id uuid.UUID) (Organization, error)
	// Many returns those of the organizations that there are, by one statement.
	Many(ctx context.Context, ids []uuid.UUID) ([]Organization, error)
	// BySlug returns one organization or ErrNotFound.
	BySlug(ctx context.Context, slug string) (Organization, error)
	// ByExternalID returns the organization of an id of another system, or ErrNotFound.
	ByExternalID(ctx context.Context, external string) (Organization, error)
	// List returns up to limit organizations by slug, from the first one after that slug;
	// "" is the first of all.
	List(ctx context.Context, after string, limit int) ([]Organization, error)
	// Page returns the rows of a window of organizations by id, in the order in which they are read. With a
	// prefix, those whose slug or name starts with it, whatever the case.
	Page(ctx context.Context, prefix string, w keyset.Window) ([]Organization, error)
	// Of returns the rows of a window of a user's memberships, by the id of the organization.
	Of(ctx context.Context, userID uuid.UUID, w keyset.Window) ([]Joined, error)
	// Members returns the rows of a window of one's members, by user id.
	Members(ctx context.Context, id uuid.UUID, w keyset.Window) ([]Member, error)
	// Member returns one member, or ErrNoMember.
	Member(ctx context.Context, id, userID uuid.UUID) (Member, error)
	// CountMembers returns how many members one has.
	CountMembers(ctx context.Context, id uuid.UUID) (int, error)
}
