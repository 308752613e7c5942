package provider

import (
	"slices"
	"time"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/organization"
	"plinto/tenant"
)

// Demands are what an organization asks of a sign-in beyond what the tenant does. The zero value asks
// for nothing.
type Demands struct {
	// Factor says that a second factor has to be proved. A remembered browser does not stand in for it.
	Factor bool `json:"f,omitempty"`
	// Age is how old the proof of a session may be, and Idle how long the session may not have been
	// used since; 0: as the tenant has it.
	Age  time.Duration `json:"a,omitempty"`
	Idle time.Duration `json:"i,omitempty"`
	// NoPassword and NoPasskey say that nobody signs in so. Both: nobody can sign in.
	NoPassword bool `json:"p,omitempty"`
	NoPasskey  bool `json:"k,omitempty"`
	// NoMail says that a code by mail is no way to sign in: of an organization that names ways, which
	// it is none of.
	NoMail bool `json:"l,omitempty"`
}

// DemandsOf returns what a policy asks for in a tenant with those settings: of what
// organization.Effective says holds, the organization's own.
func DemandsOf(settings *tenant.Settings, p *organization.Policy) Demands {
	d := Demands{
		Factor: p.MFA == tenant.MFARequired && !settings.MFA.Off(),
		Age:    time.Duration(p.SessionTTL), Idle: time.Duration(p.SessionIdleTTL),
	}
	if methods := organization.Effective(settings, p).SignInMethods; methods.Source == organization.FromOrganization {
		d.NoPassword = !slices.Contains(methods.Value, organization.MethodPassword)
		d.NoPasskey = !slices.Contains(methods.Value, organization.MethodPasskey)
		d.NoMail = true
	}
	return d
}

// takesMethod reports whether a sign-in with the methods amr was in a way that the organization takes. One
// that lists ways takes no other.
func (d *Demands) takesMethod(amr []string) bool {
	passkey := slices.Contains(amr, mfa.AMRHardware) || slices.Contains(amr, mfa.AMRSoftware)
	password := slices.Contains(amr, identity.AMRPassword)
	return passkey && !d.NoPasskey || password && !d.NoPassword ||
		!passkey && !password && !d.NoPassword && !d.NoPasskey && !d.NoMail
}

// Meets reports whether a sign-in with the methods amr is what the organization asks for.
func (d *Demands) Meets(amr []string) bool {
	return d.takesMethod(amr) && (!d.Factor || slices.Contains(amr, mfa.AMRMulti))
}

// Allow reports whether what was granted for the organization may still be used: its user signed in as the
// organization asks for, and not longer ago than a session of it lasts. How long the session was not used does
// not count: applications work on while nobody looks.
func (d *Demands) Allow(g *Grant, now time.Time) bool {
	return d.Meets(g.AMR) && (d.Age == 0 || now.Sub(g.AuthTime) <= d.Age)
}

// stale reports whether the organization wants who has the session to prove again who they are.
func (d *Demands) stale(s *identity.Session, now time.Time) bool {
	return d.Age > 0 && now.Sub(s.AuthTime) > d.Age || d.Idle > 0 && s.Unused(now) > d.Idle
}

// Tightened returns the settings of a tenant for second factors with what the organization of the flow
// asks for besides: it is as if the client were in required_for.
func (f *Flow) Tightened(m tenant.MFA) tenant.MFA {
	if f.Organization.Demands.Factor {
		m.RequiredFor = append(slices.Clip(m.RequiredFor), f.Request.ClientID)
	}
	return m
}

// isClosed reports whether nobody can sign in to the organization.
func (f *Flow) isClosed(Facts) bool {
	return f.Organization.Demands.NoPassword && f.Organization.Demands.NoPasskey
}
