package provider

import (
	"slices"

	"github.com/google/uuid"
)

// What clients want of organizations: values of the client metadata member organization.
const (
	OrganizationNone     = "none" // the default: tokens are for one where a request names it
	OrganizationOptional = "optional"
	OrganizationRequired = "required"
)

// OrganizationModes are those values.
var OrganizationModes = []string{OrganizationNone, OrganizationOptional, OrganizationRequired}

// AboutOrganizations reports whether the answer to the flow can be for an organization.
func (f *Flow) AboutOrganizations(c *Client) bool {
	return f.Request.Organization != "" || c.Organization == OrganizationOptional || c.Organization == OrganizationRequired
}

// PickOrganization notes what the user chose, uuid.Nil to go on without one.
func (f *Flow) PickOrganization(userID, id uuid.UUID) {
	f.UserID, f.Picked, f.Alone = userID, id, id == uuid.Nil
}

// Look returns the organization whose look the pages have; the zero value stands for the tenant's.
func (f *Flow) Look() *Membership {
	if f.Organization.ID != uuid.Nil {
		return &f.Organization
	}
	return &f.Shown
}

// Settle notes which organization the answer is for, as far as the user need not be asked, and how
// pages look. It reports whether that is anything else than before. What was settled earlier counts for nothing: the user may
// have left meanwhile.
func (f *Flow) Settle(facts Facts) (changed bool) {
	before := f.Organization
	f.Organization = f.settled(facts)
	was := f.Shown
	if f.Request.Organization != "" {
		f.Shown = facts.Named
	}
	return !f.Organization.same(&before) || !f.Shown.same(&was)
}

func (f *Flow) settled(facts Facts) Membership {
	open := slices.DeleteFunc(slices.Clone(facts.Memberships), func(m Membership) bool { return m.Suspended })
	switch {
	case facts.Session == nil:
	case f.Request.Organization != "" && len(open) == 1: // the one that the request names
		return open[0]
	case f.Request.Organization != "":
	case f.Picked != uuid.Nil:
		if at := slices.IndexFunc(open, func(m Membership) bool { return m.ID == f.Picked }); at >= 0 {
			return open[at]
		}
	case facts.Client.Organization == OrganizationRequired && len(open) == 1:
		return open[0]
	}
	return Membership{}
}

// isNoMember reports whether the request names an organization that the user is no member of, or that
// does not exist: both look the same, and only to who is signed in.
func (f *Flow) isNoMember(facts Facts) bool {
	return f.Request.Organization != "" && len(facts.Memberships) == 0
}

// needsOrganization reports whether the user has yet to say which organization it is for, or has
// to be told that there is none.
func (f *Flow) needsOrganization(facts Facts) bool {
	switch {
	case f.Organization.ID != uuid.Nil || !f.AboutOrganizations(facts.Client):
		return false
	case f.Request.Organization != "" || facts.Client.Organization == OrganizationRequired:
		return true
	}
	return !f.Alone && slices.ContainsFunc(facts.Memberships, func(m Membership) bool { return !m.Suspended })
}

func (f *Flow) whyOrganization(facts Facts) string {
	switch {
	case len(facts.Memberships) == 0:
		return WhyNoMembership
	case !slices.ContainsFunc(facts.Memberships, func(m Membership) bool { return !m.Suspended }):
		return WhySuspended
	}
	return WhyOrganization
}

// Describe returns what clients are told with an error that Next decided on, or "".
func (f *Flow) Describe(code string) string {
	if code == "access_denied" && f.Refused == "" {
		return "the user is not a member of the organization"
	}
	return ""
}
