package provider

import (
	"slices"
	"time"

	"plinto/identity"
	"plinto/identity/mfa"
)

// DemandsKey reports whether the organization takes passkeys alone, and a session with the methods amr
// shows none.
func (f *Flow) DemandsKey(amr []string) bool {
	d := &f.Organization.Demands
	return d.NoPassword && !d.NoPasskey && !d.takesMethod(amr)
}

// makesKey reports whether the user of the session makes the passkey that the organization demands: who has
// none, and proved the strongest that the account has. A code of a mail is that only where there is nothing
// else.
func (f *Flow) makesKey(facts Facts) bool {
	amr := facts.Session.AMR
	return f.Key.Lacks && f.DemandsKey(amr) &&
		(!f.Key.Password || slices.Contains(amr, identity.AMRPassword) || slices.Contains(amr, mfa.AMRMulti))
}

// KeyFrom returns from when on a user who proved the methods amr may make the passkey; zero: at once. A
// password that was just set by a code of a mail shows that somebody reads the mailbox, and no more.
func (f *Flow) KeyFrom(amr []string, now time.Time) time.Time {
	from := f.Key.ResetAt.Add(identity.ResetRest)
	if f.Key.ResetAt.IsZero() || slices.Contains(amr, mfa.AMRMulti) || !now.Before(from) {
		return time.Time{}
	}
	return from
}

// offersPasskey reports whether the user has yet to say whether they want a passkey. It is
// offered once, to who proved who they are just now and has nothing but a password.
func (f *Flow) offersPasskey(facts Facts) bool {
	return (f.Offer || f.Silent) && f.SignedIn && !facts.Session.SecondFactor && !f.Request.Prompts(PromptNone) &&
		facts.Now.Sub(facts.Session.AuthTime) <= EnrolWithin
}
