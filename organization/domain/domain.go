package domain

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/publicsuffix"

	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/mailaddr"
	"plinto/internal/tid"
)

const (
	// Prefix starts the public id of a domain.
	Prefix = "dom"
	// MaxDomains bounds the domains of one organization, verified or not.
	MaxDomains = 100
	// Every is how often a verified domain is looked at again.
	Every = 7 * 24 * time.Hour
	// Again is how long after a failed look at a verified domain the next one is.
	Again = 24 * time.Hour
	// MaxFailures is how many looks in a row find no record before a domain is given up: fourteen days after the first of them.
	MaxFailures = 15

	tokenPrefix = "plinto-domain-verification="
)

// A Domain is what an organization says is its own.
type Domain struct {
	ID           uuid.UUID
	Organization uuid.UUID
	Name         string // in ASCII, lower case
	Token        string // what the TXT record holds
	CreatedAt    time.Time
	VerifiedAt   time.Time // zero: not, or no longer
	CheckedAt    time.Time // zero: never
	Failures     int       // looks in a row that did not find the record
}

// A Miss is what a look that found no record changed of a verified domain.
type Miss struct {
	Failures int  // in a row, with this one; 0: it does not count, or the domain is not verified
	Lapsed   bool // it is verified no more
}

// warnedAt are the failures at which it is told that a domain lapses before long: the first, and that of three days before the end.
var warnedAt = []int{1, MaxFailures - 3}

// daysLeft is how many days the domain stays the organization's, where that is to be told; 0: it is not.
func (m Miss) daysLeft() int {
	if m.Lapsed || !slices.Contains(warnedAt, m.Failures) {
		return 0
	}
	return MaxFailures - m.Failures
}

// PublicID returns "dom_…".
func (d *Domain) PublicID() string { return tid.Format(Prefix, d.ID) }

// Verified reports whether the domain is the organization's.
func (d *Domain) Verified() bool { return !d.VerifiedAt.IsZero() }

// Record returns the name of the TXT record that holds Token, without a dot at its end.
func (d *Domain) Record(label string) string { return label + "." + d.Name }

// Errors of domains.
var (
	ErrNotFound = fault.New(fault.NotFound, "domain_not_found", "The organization has no such domain.")
	ErrForm     = fault.New(fault.Invalid, "domain_form", "That is not a domain name such as example.com.")
	ErrSuffix   = fault.New(fault.Invalid, "domain_public", "Domains under which anybody can have one, such as co.uk, are nobody's own.")
	ErrHeld     = fault.New(fault.Conflict, "domain_held", "The organization has that domain already.")
	ErrTooMany  = fault.New(fault.Conflict, "domain_limit", "An organization has at most 100 domains.")
	// ErrTaken is told only to who controls the DNS of the domain.
	ErrTaken       = fault.New(fault.Conflict, "domain_taken", "Another organization has verified that domain.")
	ErrNoRecord    = fault.New(fault.Invalid, "domain_record_missing", "The DNS has no TXT record with the token of the domain yet.")
	ErrUnreachable = fault.New(fault.Unavailable, "domain_dns_unavailable", "The DNS of the domain does not answer. Try again later.")
	ErrBusy        = fault.New(fault.Unavailable, "domain_dns_busy", "Too many domains are being looked at. Try again in a moment.")
)

// Normal returns a domain name as it is stored: in ASCII, lower case, without a dot at the end.
// ErrForm, also of an IP address; ErrSuffix.
func Normal(typed string) (string, error) {
	ascii, err := mailaddr.DomainASCII(strings.TrimSuffix(strings.TrimSpace(typed), "."))
	if err != nil {
		return "", ErrForm
	}
	ascii = strings.ToLower(ascii)
	// A name that no list knows ("corp.internal") is taken for one below a suffix of one label.
	if suffix, _ := publicsuffix.PublicSuffix(ascii); suffix == ascii {
		return "", ErrSuffix
	}
	return ascii, nil
}

// Domains stores the domains of the context's tenant.
type Domains interface {
	// Add stores a new domain unless the organization has limit of them. ErrHeld, ErrTooMany,
	// organization.ErrNotFound.
	Add(ctx context.Context, d Domain, limit int) error
	// ByID returns a domain of an organization, or ErrNotFound.
	ByID(ctx context.Context, organization, id uuid.UUID) (Domain, error)
	// List returns the rows of a window of an organization's domains, by id.
	List(ctx context.Context, organization uuid.UUID, w keyset.Window) ([]Domain, error)
	// Claim makes a domain the organization's, in one conditional UPDATE, and reports whether it
	// was not so before. ErrTaken, ErrNotFound.
	Claim(ctx context.Context, d *Domain) (fresh bool, err error)
	// Missed counts a look that found no record. With max of them in a row, each at least apart
	// after the one before, a verified domain is one no more. ErrNotFound.
	Missed(ctx context.Context, d *Domain, max int, apart time.Duration) (Miss, error)
	// Remove removes a domain. ErrNotFound.
	Remove(ctx context.Context, organization, id uuid.UUID) error
	// Verified returns the organization whose domain that is, or ErrNotFound.
	Verified(ctx context.Context, name string) (organization uuid.UUID, err error)
}

// A Resolver looks up TXT records (RFC 1035 §3.3.14): each as one text. A name without any, or
// that does not exist, has none; an error is that nobody could tell.
type Resolver interface {
	TXT(ctx context.Context, name string) ([]string, error)
}
