package provider

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/tenant"
)

// A FirstProof is what a user proved in a flow that asks for more. There is no session of
// it: it is sealed with the flow, so only the browser that proved it can go on.
type FirstProof struct {
	UserID uuid.UUID `json:"u"`
	AMR    []string  `json:"m"`
	At     time.Time `json:"t"`
	// Mark is the mark of the user then: with another one the proof counts for nothing.
	Mark     time.Time `json:"k,omitzero"`
	Remember bool      `json:"r,omitempty"` // the user asked to stay signed in
	// Enrol says that the user has no second factor and has to add one.
	Enrol bool `json:"e,omitempty"`
	// NewDevice says that the browser is new to the account: the user has to show first that they
	// read its mail.
	NewDevice bool `json:"d,omitempty"`
	// Mailed is the code that was mailed for that, or nil.
	Mailed *identity.MailedCode `json:"c,omitempty"`
	// Upstream is the account at an identity provider that it was proved with; zero: none.
	Upstream identity.Upstream `json:"o,omitzero"`
	// Breached says that the factor is asked for because the password has leaked.
	Breached bool `json:"b,omitempty"`
	// Until is when the identity provider wants the session to end; zero: it does not say.
	Until time.Time `json:"x,omitzero"`
	// Connects says that what is missing is that the user says whether Flow.Connecting is theirs: they have to sign in with its provider.
	Connects bool `json:"n,omitempty"`
	// WaivedBy and RememberDevice are of the session that is started then: see identity.Proof and identity.Browser.
	WaivedBy       uuid.UUID     `json:"v,omitzero"`
	RememberDevice time.Duration `json:"w,omitempty"`
}

// Stands reports whether the proof still counts for its user: not once they were disabled, or their mark
// has moved, as by another password, nor what was proved before everything of the tenant was ended.
func (p *FirstProof) Stands(t *tenant.Tenant, user *identity.User) bool {
	return user.Active() && user.NotBefore.Equal(p.Mark) && !p.At.Before(t.NotBefore)
}

// Enrols has a user add an authenticator app, and reports whether the flow has another secret by it: whoever used the browser before
// and was shown theirs would have that of this user too.
func (f *Flow) Enrols(user uuid.UUID) (another bool) {
	if f.IsEnrolling(user) {
		return false
	}
	f.Enrolling, f.EnrollingOf = mfa.NewSecret(), user
	return true
}

// IsEnrolling reports whether the flow has the secret of an app that this user is adding.
func (f *Flow) IsEnrolling(user uuid.UUID) bool { return f.Enrolling != nil && f.EnrollingOf == user }

// ShowsCodes reports whether the flow has new recovery codes of the user of a session (nil: of nobody). Those of somebody else who used the
// browser before are shown to nobody.
func (f *Flow) ShowsCodes(s *identity.Session) bool {
	return len(f.Codes) > 0 && s != nil && (f.CodesOf == uuid.Nil || f.CodesOf == s.UserID)
}

// EnrolWithin is how long after a proof somebody without a second factor may add one.
const EnrolWithin = 5 * time.Minute

// DropLate forgets a proof by which a second factor could be added, once that is too long ago: the browser may have been left alone since.
// A mail may take its time. It reports whether there was one.
func (f *Flow) DropLate(now time.Time) bool {
	p := f.Proved
	if p == nil || !p.Enrol || p.NewDevice || now.Sub(p.At) <= EnrolWithin {
		return false
	}
	f.Proved, f.Enrolling = nil, nil
	return true
}

// Hold keeps a proof in the flow until what is missing is proved.
func (f *Flow) Hold(p *identity.Proof, remember bool) {
	f.Proved = &FirstProof{
		UserID: p.User.ID, AMR: p.AMR, At: p.At.Truncate(time.Second), Mark: p.User.NotBefore, Remember: remember, Enrol: !p.SecondFactor,
		Upstream: p.Upstream,
	}
	f.Proved.Until, f.Proved.WaivedBy = p.Until, p.WaivedBy
	f.Switch, f.SigningUp = false, nil
}

// NeedsFactor reports whether a sign-in with the methods amr, of a user who has a second
// factor, or of whom one is demanded for another reason, takes one for this flow.
func (f *Flow) NeedsFactor(policy tenant.MFA, levels tenant.ACRLevels, amr []string, has bool) bool {
	switch {
	case policy.Off(), slices.Contains(amr, mfa.AMRMulti):
		return false
	case has, policy.Requires(f.Request.ClientID):
		return true
	}
	// An acr that the client insists on may take one. A user who has none adds it.
	return f.Request.ACREssential && !reaches(levels, amr, f.Request.ACRValues) && reaches(levels, withFactor(amr), f.Request.ACRValues)
}

// reaches reports whether the methods amr reach one of wanted.
func reaches(levels tenant.ACRLevels, amr, wanted []string) bool {
	return levels.Satisfies(levels.Reached(amr), amr, wanted)
}

// withFactor is amr after the second factor was proved that everybody can add: a code.
func withFactor(amr []string) []string {
	return append(slices.Clip(amr), mfa.AMROTP, mfa.AMRMulti)
}

// factorMethods are what second factors prove: a code, and a passkey of either kind.
var factorMethods = [][]string{{mfa.AMROTP}, {mfa.AMRHardware, mfa.AMRPresence}, {mfa.AMRSoftware, mfa.AMRPresence}}

// factorReaches reports whether the methods amr reach one of wanted with some second factor. Which one the user has is not known here.
func factorReaches(levels tenant.ACRLevels, amr, wanted []string) bool {
	return slices.ContainsFunc(factorMethods, func(methods []string) bool {
		return reaches(levels, append(slices.Concat(amr, methods), mfa.AMRMulti), wanted)
	})
}

// TakesDevice reports whether a remembered browser can stand in for the second factor that a
// sign-in with the methods amr takes. It cannot where the client asks for more than a sign-in as
// such: it is in required_for, asks for a context class that takes a factor, or for a fresh proof.
func (f *Flow) TakesDevice(policy tenant.MFA, levels tenant.ACRLevels, amr []string) bool {
	r := &f.Request
	return !slices.Contains(policy.RequiredFor, r.ClientID) && !r.Prompts("login") && r.MaxAge == nil &&
		(reaches(levels, amr, r.ACRValues) || !factorReaches(levels, amr, r.ACRValues))
}

// holdsProof reports whether the second factor of a proof in this flow is missing.
func (f *Flow) holdsProof(Facts) bool { return f.Proved != nil && !f.Switch }

// needsFactor reports whether the session has no second factor and needs one.
func (f *Flow) needsFactor(facts Facts) bool {
	s := facts.Session
	if f.makesKey(facts) {
		// Who has a second factor proves it first, whatever stood in for it. Others make the passkey instead.
		return s.SecondFactor && !slices.Contains(s.AMR, mfa.AMRMulti)
	}
	breached := identity.DemandsFactor(facts.Password, s.PasswordState)
	if s.WaivedBy != uuid.Nil && s.SecondFactor && !breached && f.TakesDevice(facts.MFA, facts.ACRLevels, s.AMR) {
		return false
	}
	return f.NeedsFactor(facts.MFA, facts.ACRLevels, s.AMR, s.SecondFactor || breached)
}

// shortOfFactor reports whether the session misses a context class that a second factor
// reaches: the password need not be asked for again.
func (f *Flow) shortOfFactor(facts Facts) bool {
	s := facts.Session
	return f.needsFactor(facts) && factorReaches(facts.ACRLevels, s.AMR, f.Request.ACRValues)
}

// factorStep is where what is missing is proved: the mailbox first, then the second factor, on
// another page by who has none.
func (f *Flow) factorStep(facts Facts) Step {
	if f.Proved != nil && f.Proved.Connects {
		return StepConnect
	}
	if f.Proved != nil && f.Proved.NewDevice {
		return StepDevice
	}
	has := facts.Session != nil && facts.Session.SecondFactor
	if f.Proved != nil {
		has = !f.Proved.Enrol
	}
	if !has {
		return StepEnrol
	}
	return StepFactor
}

func (f *Flow) whyFactor(facts Facts) string {
	switch {
	case f.Proved != nil && f.Proved.Connects:
		return WhyConnect
	case f.Proved != nil && f.Proved.NewDevice:
		return WhyNewDevice
	case facts.MFA.Requires(f.Request.ClientID):
		return WhyMFARequired
	case f.Proved != nil && !f.Proved.Enrol, f.Proved == nil && facts.Session != nil && facts.Session.SecondFactor:
		return WhyMFAHeld
	}
	if f.Proved == nil && facts.Session != nil && identity.DemandsFactor(facts.Password, facts.Session.PasswordState) || f.Proved != nil && f.Proved.Breached {
		return WhyBreached
	}
	return WhyACR
}
