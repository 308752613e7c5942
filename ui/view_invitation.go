package ui

import "strings"

// InvitationView shows an invitation to an organization, or says what became of it.
type InvitationView struct {
	SignUpAccountView // the form of InvitationNew
	State             InvitationState
	Organization      string
	Inviter           string // a name, or ""
	Roles             []string
	User              string // who is signed in, or ""
	// Next is where the browser goes after InvitationDone: an address of an application, or "" for
	// the account.
	Next string
}

// An InvitationState is what the reader can do with an invitation.
type InvitationState string

// The states, as the texts name them.
const (
	InvitationAccept    InvitationState = "accept"   // signed in with the address
	InvitationSwitch    InvitationState = "switch"   // signed in with another one
	InvitationUnproved  InvitationState = "unproved" // the address is theirs and not proved
	InvitationSignIn    InvitationState = "signin"   // there is an account
	InvitationNew       InvitationState = "new"      // there is none
	InvitationDone      InvitationState = "done"     // the reader is a member
	InvitationAccepted  InvitationState = "accepted" // earlier
	InvitationRevoked   InvitationState = "revoked"
	InvitationExpired   InvitationState = "expired"
	InvitationSuspended InvitationState = "suspended" // the organization takes nobody
)

// open reports whether the invitation can be accepted.
func (v InvitationView) open() bool {
	switch v.State {
	case InvitationAccept, InvitationSwitch, InvitationUnproved, InvitationSignIn, InvitationNew:
		return true
	default:
		return false
	}
}

func (v InvitationView) title() string {
	if v.open() {
		return v.Locale.T("invitation.title", "organization", v.Organization)
	}
	title, _ := v.over()
	return v.Locale.T(title, "organization", v.Organization)
}

func (v InvitationView) text() string {
	switch {
	case v.open() && v.Inviter != "":
		return v.Locale.T("invitation.by", "inviter", v.Inviter, "organization", v.Organization)
	case v.open():
		return v.Locale.T("invitation.text", "organization", v.Organization)
	}
	_, text := v.over()
	return v.Locale.T(text, "organization", v.Organization, "email", v.Email)
}

// over are the keys of title and text of a state that is an end.
func (v InvitationView) over() (title, text string) {
	switch v.State {
	case InvitationDone:
		return "invitation.done", "invitation.done.text"
	case InvitationAccepted:
		return "invitation.accepted", "invitation.accepted.text"
	case InvitationExpired:
		return "invitation.expired", "invitation.expired.text"
	case InvitationSuspended:
		return "invitation.suspended", "invitation.suspended.text"
	default:
		return "invitation.revoked", "invitation.revoked.text"
	}
}

func (v InvitationView) roles() string {
	return v.Locale.T("invitation.roles", "roles", strings.Join(v.Roles, ", "))
}

// who says whom the invitation is for.
func (v InvitationView) who() string {
	switch v.State {
	case InvitationAccept:
		return v.Locale.T("invitation.as", "user", v.User)
	case InvitationSwitch:
		return v.Locale.T("invitation.other", "email", v.Email, "user", v.User)
	case InvitationUnproved:
		return v.Locale.T("invitation.unproved", "email", v.Email)
	case InvitationSignIn:
		return v.Locale.T("invitation.has", "email", v.Email)
	case InvitationNew:
		return v.Locale.T("invitation.new", "email", v.Email)
	default:
		return ""
	}
}
