package provider

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

// Why a step is needed, for the trail of a request. The codes are stable.
const (
	WhyNobody       = "no_session"          // the browser has none
	WhyOtherUser    = "other_user"          // it has that of somebody else than the flow is about
	WhyPromptLogin  = "prompt_login"        // the client asks for it
	WhyPromptCreate = "prompt_create"       // same
	WhyPromptSelect = "prompt_select"       // same
	WhyHint         = "hint_differs"        // the client asks for one user, and another is signed in
	WhyACR          = "acr_not_met"         // the session has not reached what the client asks for
	WhyMaxAge       = "max_age"             // the proof is older than the client takes
	WhyImpersonable = "impersonable"        // another app on the device could pretend to be the client
	WhyNoConsent    = "no_consent"          // the user never allowed the client what it asks for, as it is now
	WhyPromptAgain  = "prompt_consent"      // the client asks for it
	WhyUser         = "user_cancelled"      // the user chose so
	WhyMFARequired  = "mfa_required"        // the tenant requires a second factor, for everybody or this client
	WhyNewDevice    = "new_device"          // the user proved a password alone, in a browser that is new to the account
	WhyMFAHeld      = "mfa_held"            // the user has a second factor, and the session was made without it
	WhyEnrol        = "enrol"               // a factor is added, or rights are given, by who proved who they are just now
	WhyForgotten    = "forgotten"           // the user set another password by a code of a mail
	WhyPassword     = "new_password"        // the user has to set another password
	WhyDeletion     = "deletion"            // the user's account is going to be deleted
	WhyBreached     = "breached"            // the password has leaked, and the tenant wants a second factor then
	WhyOffer        = "passkey_offer"       // the user signed in with a password alone, on a device that can make a passkey
	WhyNoPasskey    = "no_passkey"          // the organization takes passkeys alone, and the user has none
	WhyProvider     = "other_provider"      // the session was begun with an identity provider that the client does not take
	WhyConnect      = "connect"             // the user showed an account at an identity provider that belongs to nobody here
	WhyCodes        = "recovery_codes"      // the user got new ones
	WhyNoMember     = "not_member"          // the user is not in the organization that the client wants, or there is none
	WhyOrganization = "organizations"       // the client wants one, and the user has several
	WhyNoMembership = "no_membership"       // the client wants one, and the user has none
	WhyPolicy       = "organization_policy" // the organization asks for more than the session shows
	WhySuspended    = "suspended"           // every organization that it could be is suspended
)

func because(code string) func(*Flow, Facts) string {
	return func(*Flow, Facts) string { return code }
}

// Why returns why Next decided as it did: the code of the first requirement that is not
// met, or "" when all are.
func (f *Flow) Why(facts Facts) string {
	if f.Refused != "" {
		return WhyUser
	}
	facts.MFA = f.Tightened(facts.MFA)
	for _, r := range requirements {
		if r.needed(f, facts) {
			return r.why(f, facts)
		}
	}
	return ""
}

func (f *Flow) whySignIn(facts Facts) string {
	if facts.OtherProvider && !f.Switch {
		return WhyProvider
	}
	return f.WhySignIn(facts.Session, facts.ACRLevels, facts.Now)
}

// WhySignIn returns why a session, or none (nil), does not do for the flow, in the order of
// needsSignIn. It is for a flow whose step is StepSignIn.
func (f *Flow) WhySignIn(s *identity.Session, levels tenant.ACRLevels, now time.Time) string {
	switch {
	case s == nil && f.UserID == uuid.Nil:
		return WhyNobody
	case s == nil || f.Switch || f.UserID != uuid.Nil && f.UserID != s.UserID:
		return WhyOtherUser
	case f.SignedIn && f.SessionID == s.ID && f.Organization.Demands.takesMethod(s.AMR):
		return WhyEnrol // what the client asks for was proved
	case f.Request.Prompts("login"):
		return WhyPromptLogin
	case !f.Organization.Demands.takesMethod(s.AMR), f.Organization.Demands.stale(s, now):
		return WhyPolicy
	case f.missesACR(Facts{Session: s, ACRLevels: levels}) && slices.ContainsFunc(f.Request.ACRValues, levels.Has):
		return WhyACR
	case f.Request.MaxAge != nil && now.Unix()-s.AuthTime.Unix() >= *f.Request.MaxAge:
		return WhyMaxAge
	case f.Request.HintSubject != "":
		return WhyHint
	}
	return WhyEnrol
}

func (f *Flow) whyConsent(facts Facts) string {
	switch {
	case f.Request.Prompts("consent"):
		return WhyPromptAgain
	case facts.impersonable(&f.Request):
		return WhyImpersonable
	}
	return WhyNoConsent
}
