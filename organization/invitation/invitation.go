package invitation

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/internal/tid"
)

const (
	// Prefix starts the public id of an invitation.
	Prefix = "inv"
	// Life is how long an invitation is good after its last mail.
	Life = 7 * 24 * time.Hour
	// MaxOpen bounds the invitations of one organization that wait for an answer.
	MaxOpen = 1000

	tokenPrefix = "pliv_"
	maxRoles    = 20
	maxRole     = 64 // bytes
)

// Limits of mails. The limit of an organization holds for all who invite to it together.
var (
	limitOrganization = identity.Limit{Name: "invite-organization", Count: 200, Period: time.Hour, Burst: 100}
	limitInviter      = identity.Limit{Name: "invite-inviter", Count: 60, Period: time.Hour, Burst: 30}
	limitAddress      = identity.Limit{Name: "invite-address", Count: 4, Period: time.Hour, Burst: 3}
)

// A State is what became of an invitation.
type State string

// The states.
const (
	Open      State = "open"
	Accepted  State = "accepted"
	Revoked   State = "revoked"
	Expired   State = "expired"
	Suspended State = "suspended" // open, and the organization takes nobody at present
)

// States are those that are stored with an invitation itself.
var States = []State{Open, Accepted, Revoked, Expired}

// An Invitation is a way into an organization for who reads the mail of an address.
type Invitation struct {
	ID           uuid.UUID
	Organization uuid.UUID
	Email        string // as typed
	Roles        []string
	Inviter      uuid.UUID // a user, who may be gone; uuid.Nil: an operator
	// By is who made it with rights that can be lost; zero: an operator.
	By         event.Actor
	ClientID   string // of the application to which acceptance leads, or ""
	Lang       string // of the mail: BCP 47 tag, or ""
	CreatedAt  time.Time
	SentAt     time.Time // the last mail
	ExpiresAt  time.Time
	AcceptedAt time.Time
	AcceptedBy uuid.UUID
	RevokedAt  time.Time
	Expired    bool // by the clock of the database, when it was read
}

// PublicID returns "inv_…".
func (i *Invitation) PublicID() string { return tid.Format(Prefix, i.ID) }

// State returns what became of the invitation, whatever became of the organization.
func (i *Invitation) State() State {
	switch {
	case !i.AcceptedAt.IsZero():
		return Accepted
	case !i.RevokedAt.IsZero():
		return Revoked
	case i.Expired:
		return Expired
	default:
		return Open
	}
}

// Errors of invitations. For a link that does not exist it is identity.ErrLinkUnknown.
var (
	ErrNotFound  = fault.New(fault.NotFound, "invitation_not_found", "The organization has no such invitation.")
	ErrInvited   = fault.New(fault.Conflict, "invitation_open", "The address is invited already. Send the invitation again instead.")
	ErrMember    = fault.New(fault.Conflict, "invitation_member", "Whoever has the address is a member already.")
	ErrDomain    = fault.New(fault.Invalid, "invitation_domain", "Addresses of this domain cannot be invited to the organization.")
	ErrRoles     = fault.New(fault.Invalid, "invitation_roles", "An invitation gives at most 20 roles, by their keys.")
	ErrClient    = fault.New(fault.Invalid, "invitation_client", "There is no such client.")
	ErrForbidden = fault.New(fault.Forbidden, "invitation_forbidden", "You cannot give these roles.")
	ErrTooMany   = fault.New(fault.TooMany, "invitation_throttled", "Too many invitations. Try again later.")
	ErrFull      = fault.New(fault.Conflict, "invitation_limit", "Too many invitations wait for an answer. Revoke some first.")
	ErrSuspended = fault.New(fault.Conflict, "organization_suspended", "The organization is suspended.")
	ErrOver      = fault.New(fault.Conflict, "invitation_over", "The invitation was accepted or revoked, or it has expired.")
	ErrOther     = fault.New(fault.Forbidden, "invitation_other", "The invitation is for another address.")
)

// Mailed is what is stored of the mail of an invitation.
type Mailed struct {
	Hash   []byte // of the token
	Letter []byte // the token, sealed, for whoever sends the mail
}

// Invitations stores the invitations of the context's tenant.
type Invitations interface {
	// Create stores a new invitation, good for life, unless the organization has limit open ones.
	// What expired for the address is revoked. ErrInvited, ErrFull, organization.ErrNotFound.
	Create(ctx context.Context, i Invitation, canonical string, m Mailed, life time.Duration, limit int) error
	// ByID returns an invitation with what is stored of its last mail. ErrNotFound.
	ByID(ctx context.Context, id uuid.UUID) (Invitation, Mailed, error)
	// OpenFor returns the open invitation of an address in canonical form to an organization that is not suspended. ErrNotFound.
	OpenFor(ctx context.Context, organization uuid.UUID, canonical string) (Invitation, Mailed, error)
	// List returns the rows of a window of an organization's invitations, by id: of which that state became,
	// "" for any.
	List(ctx context.Context, organization uuid.UUID, state State, w keyset.Window) ([]Invitation, error)
	// Renew makes an invitation that was neither accepted nor revoked good for life, by another
	// mail: the link of the one before ends. ErrOver, ErrNotFound.
	Renew(ctx context.Context, organization, id uuid.UUID, m Mailed, life time.Duration) error
	// Revoke ends an invitation that was not accepted, and reports whether that changed anything.
	// ErrOver, ErrNotFound.
	Revoke(ctx context.Context, organization, id uuid.UUID) (changed bool, err error)
	// Accept uses an invitation up for a user, in one conditional UPDATE: while it is open, its last
	// mail has that hash and the organization is not suspended. ErrOver.
	Accept(ctx context.Context, id uuid.UUID, hash []byte, user uuid.UUID) (Invitation, error)
}

// LinkWellFormed reports whether text may be a link: whether it is worth keeping.
func LinkWellFormed(text string) bool {
	_, _, ok := readLink(text)
	return ok
}

func readLink(link string) (id uuid.UUID, token string, ok bool) {
	public, token, _ := strings.Cut(link, ".")
	id, err := tid.Parse(Prefix, public)
	return id, token, err == nil && secret.WellFormed(tokenPrefix, token)
}
