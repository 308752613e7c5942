package organization

import (
	"slices"
	"time"

	"plinto/internal/fault"
	"plinto/internal/mailaddr"
	"plinto/tenant"
)

// Ways to sign in, as a Policy names them.
const (
	MethodPassword = "password"
	MethodPasskey  = "passkey"
)

// Methods are all ways to sign in.
var Methods = []string{MethodPassword, MethodPasskey}

// maxPolicyDomains bounds Policy.EmailDomains.
const maxPolicyDomains = 100

// A Policy is what an organization asks of its members beyond what the tenant does. It can only be
// stricter: see Effective. The zero value asks for nothing.
type Policy struct {
	// MFA is tenant.MFARequired or "".
	MFA string `json:"mfa,omitempty" yaml:"mfa,omitempty"`
	// SessionTTL is the age of a session, and SessionIdleTTL the time without use, after which a
	// member signs in again; 0: as the tenant has it.
	SessionTTL     tenant.Duration `json:"session_ttl,omitempty" yaml:"session_ttl,omitempty"`
	SessionIdleTTL tenant.Duration `json:"session_idle_ttl,omitempty" yaml:"session_idle_ttl,omitempty"`
	// EmailDomains are the mail domains of addresses that can be invited; none: every one.
	EmailDomains []string `json:"email_domains,omitempty" yaml:"email_domains,omitempty"`
	// SignInMethods are MethodPassword and MethodPasskey, as far as members may use them; none: both.
	SignInMethods []string `json:"sign_in_methods,omitempty" yaml:"sign_in_methods,omitempty"`
}

// ErrPolicy reports a policy that makes no sense. Its message says what is wrong.
var ErrPolicy = fault.New(fault.Invalid, "organization_policy", "The policy is not valid.")

// minPolicyTTL keeps members from being signed out while they sign in.
const minPolicyTTL = 5 * time.Minute

// Check reports why a policy cannot be stored.
func (p *Policy) Check() error {
	wrong := func(message string) error {
		e := *ErrPolicy
		e.Message = message
		return &e
	}
	if p.MFA != "" && p.MFA != tenant.MFARequired {
		return wrong(`mfa is "required" or absent: a policy can only ask for more than the tenant.`)
	}
	for _, d := range []tenant.Duration{p.SessionTTL, p.SessionIdleTTL} {
		if d != 0 && time.Duration(d) < minPolicyTTL {
			return wrong("session_ttl and session_idle_ttl are at least five minutes.")
		}
	}
	if len(p.EmailDomains) > maxPolicyDomains {
		return wrong("email_domains are at most 100.")
	}
	for _, d := range p.EmailDomains {
		if _, err := mailaddr.DomainASCII(d); err != nil {
			return wrong("email_domains are domain names such as example.com.")
		}
	}
	for _, m := range p.SignInMethods {
		if !slices.Contains(Methods, m) {
			return wrong(`sign_in_methods are "password" and "passkey".`)
		}
	}
	return nil
}

func (p *Policy) equal(other *Policy) bool {
	return p.MFA == other.MFA && p.SessionTTL == other.SessionTTL && p.SessionIdleTTL == other.SessionIdleTTL &&
		slices.Equal(p.EmailDomains, other.EmailDomains) && slices.Equal(p.SignInMethods, other.SignInMethods)
}

// A Source says whose setting holds.
type Source string

// The sources.
const (
	FromTenant       Source = "tenant"
	FromOrganization Source = "organization"
)

// A Value is a setting that holds, and whose it is.
type Value[T any] struct {
	Value  T
	Source Source
}

// An EffectivePolicy is what holds for the members of an organization, setting by setting.
type EffectivePolicy struct {
	// MFA is one of the values of tenant.MFA.Policy.
	MFA             Value[string]
	SessionTTL      Value[time.Duration]
	SessionIdleTTL  Value[time.Duration]
	RememberTTL     Value[time.Duration] // as SessionTTL, of a session that is remembered
	RememberIdleTTL Value[time.Duration]
	// SignInMethods are those of Methods that members may use. None: nobody can sign in, because
	// the tenant switched off what the organization asks for.
	SignInMethods Value[[]string]
	// EmailDomains are what the organization lists, as far as the tenant takes them, or what the
	// tenant lists; see Invites.
	EmailDomains Value[[]string]

	tenant *tenant.SignUp
}

// Effective returns what holds for the members of an organization with a policy. Every value is
// the stricter one of the two: a policy loosens nothing, whatever it says. A tenant without second
// factors (tenant.MFAOff) has none for its organizations either: nobody could add one.
func Effective(settings *tenant.Settings, p *Policy) EffectivePolicy {
	e := EffectivePolicy{
		MFA:             Value[string]{settings.MFA.Policy, FromTenant},
		SessionTTL:      shorter(settings.SessionTTL.Or(tenant.DefaultSessionTTL), p.SessionTTL),
		SessionIdleTTL:  shorter(settings.SessionIdleTTL.Or(tenant.DefaultSessionIdleTTL), p.SessionIdleTTL),
		RememberTTL:     shorter(settings.RememberTTL.Or(tenant.DefaultRememberTTL), p.SessionTTL),
		RememberIdleTTL: shorter(settings.RememberIdleTTL.Or(tenant.DefaultRememberIdleTTL), p.SessionIdleTTL),
		tenant:          &settings.SignUp,
	}
	if e.MFA.Value == "" {
		e.MFA.Value = tenant.MFAOptional
	}
	if p.MFA == tenant.MFARequired && e.MFA.Value == tenant.MFAOptional {
		e.MFA = Value[string]{tenant.MFARequired, FromOrganization}
	}
	e.SignInMethods = methods(settings, p)
	e.EmailDomains = Value[[]string]{settings.SignUp.Domains, FromTenant}
	if len(p.EmailDomains) > 0 {
		e.EmailDomains = Value[[]string]{nil, FromOrganization}
		for _, d := range p.EmailDomains {
			if settings.SignUp.Takes(d) {
				e.EmailDomains.Value = append(e.EmailDomains.Value, d)
			}
		}
	}
	return e
}

// shorter returns the shorter of two times; 0 is no time of the organization's.
func shorter(of time.Duration, wanted tenant.Duration) Value[time.Duration] {
	if d := time.Duration(wanted); d > 0 && d < of {
		return Value[time.Duration]{d, FromOrganization}
	}
	return Value[time.Duration]{of, FromTenant}
}

func methods(settings *tenant.Settings, p *Policy) Value[[]string] {
	v := Value[[]string]{Source: FromTenant}
	for _, m := range Methods {
		if m == MethodPasskey && settings.MFA.Passkeys == tenant.PasskeysOff {
			continue
		}
		if len(p.SignInMethods) > 0 && !slices.Contains(p.SignInMethods, m) {
			v.Source = FromOrganization
			continue
		}
		v.Value = append(v.Value, m)
	}
	return v
}

// Invites reports whether an address of that mail domain can be invited.
func (e *EffectivePolicy) Invites(domain string) bool {
	if !e.tenant.Takes(domain) {
		return false
	}
	return e.EmailDomains.Source == FromTenant || slices.ContainsFunc(e.EmailDomains.Value, func(d string) bool {
		return mailaddr.FoldDomain(d) == mailaddr.FoldDomain(domain)
	})
}
