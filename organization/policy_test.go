package organization_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"plinto/organization"
	"plinto/tenant"
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func someOf(r *rand.Rand, of ...string) (out []string) {
	for _, s := range of {
		if r.IntN(2) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func anySettings(r *rand.Rand) *tenant.Settings {
	d := func() tenant.Duration {
		return tenant.Duration(pick(r, 0, time.Minute, time.Hour, 12*time.Hour, 90*24*time.Hour))
	}
	return &tenant.Settings{
		SessionTTL: d(), SessionIdleTTL: d(), RememberTTL: d(), RememberIdleTTL: d(),
		MFA: tenant.MFA{
			Policy:   pick(r, "", tenant.MFAOff, tenant.MFAOptional, tenant.MFARequired),
			Passkeys: pick(r, "", tenant.PasskeysOff, tenant.PasskeysOffered),
		},
		SignUp: tenant.SignUp{
			Enabled: r.IntN(2) == 0, Subdomains: r.IntN(2) == 0,
			Domains: someOf(r, "a.example", "B.example", "bücher.example"), DeniedDomains: someOf(r, "evil.a.example", "c.example"),
		},
	}
}

func anyPolicy(r *rand.Rand) *organization.Policy {
	d := func() tenant.Duration {
		return tenant.Duration(pick(r, 0, -time.Hour, time.Minute, time.Hour, 24*time.Hour, 1000*24*time.Hour))
	}
	return &organization.Policy{
		MFA: pick(r, "", tenant.MFARequired, tenant.MFAOptional, tenant.MFAOff), SessionTTL: d(), SessionIdleTTL: d(),
		EmailDomains:  someOf(r, "a.example", "b.example", "c.example", "evil.a.example", "xn--bcher-kva.example"),
		SignInMethods: someOf(r, organization.MethodPassword, organization.MethodPasskey, "smoke signal"),
	}
}

// ORG-06: whatever a policy says, also one that cannot be stored, nothing is looser than the
// tenant has it, and what is the organization's is stricter.
func TestEffective_loosensNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) // the same cases every time
	rank := map[string]int{tenant.MFAOptional: 0, tenant.MFARequired: 1}
	for range 20_000 {
		s, p := anySettings(r), anyPolicy(r)
		alone, both := organization.Effective(s, &organization.Policy{}), organization.Effective(s, p)
		if m := both.MFA.Value; m == tenant.MFAOff != (alone.MFA.Value == tenant.MFAOff) || rank[m] < rank[alone.MFA.Value] {
			t.Fatalf("second factors: %+v with %+v", both.MFA, s.MFA)
		}
		for _, d := range [][2]organization.Value[time.Duration]{
			{alone.SessionTTL, both.SessionTTL}, {alone.SessionIdleTTL, both.SessionIdleTTL}, {alone.RememberTTL, both.RememberTTL}, {alone.RememberIdleTTL, both.RememberIdleTTL},
		} {
			stricter := d[1].Value < d[0].Value
			if d[1].Value > d[0].Value || d[1].Value <= 0 || stricter != (d[1].Source == organization.FromOrganization) || d[0].Source != organization.FromTenant {
				t.Fatalf("time %+v of the tenant, %+v with %+v", d[0], d[1], p)
			}
		}
		for _, m := range both.SignInMethods.Value {
			if !slices.Contains(alone.SignInMethods.Value, m) {
				t.Fatalf("method %s with %+v", m, p)
			}
		}
		for _, domain := range []string{"a.example", "A.EXAMPLE", "x.a.example", "evil.a.example", "b.example", "c.example", "bücher.example", "d.example"} {
			if both.Invites(domain) && !alone.Invites(domain) || alone.Invites(domain) != s.SignUp.Takes(domain) {
				t.Fatalf("%s can be invited with %+v by %+v", domain, s.SignUp, p)
			}
		}
	}
}

func TestEffective_saysWhoseSettingHolds(t *testing.T) {
	t.Parallel()
	s := &tenant.Settings{SessionTTL: tenant.Duration(8 * time.Hour), SignUp: tenant.SignUp{DeniedDomains: []string{"b.example"}}}
	p := &organization.Policy{
		MFA: tenant.MFARequired, SessionTTL: tenant.Duration(24 * time.Hour), SessionIdleTTL: tenant.Duration(30 * time.Minute),
		SignInMethods: []string{organization.MethodPasskey}, EmailDomains: []string{"a.example", "b.example"},
	}
	e := organization.Effective(s, p)
	if e.MFA != (organization.Value[string]{Value: tenant.MFARequired, Source: organization.FromOrganization}) ||
		e.SessionTTL != (organization.Value[time.Duration]{Value: 8 * time.Hour, Source: organization.FromTenant}) ||
		e.SessionIdleTTL != (organization.Value[time.Duration]{Value: 30 * time.Minute, Source: organization.FromOrganization}) ||
		!slices.Equal(e.SignInMethods.Value, []string{organization.MethodPasskey}) || e.SignInMethods.Source != organization.FromOrganization ||
		!slices.Equal(e.EmailDomains.Value, []string{"a.example"}) || !e.Invites("A.example") || e.Invites("b.example") || e.Invites("c.example") {
		t.Errorf("%+v", e)
	}
}

func TestPolicy_thatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]organization.Policy{
		"looser":         {MFA: tenant.MFAOff},
		"a second":       {SessionTTL: tenant.Duration(time.Second)},
		"less than none": {SessionIdleTTL: tenant.Duration(-time.Hour)},
		"no domain":      {EmailDomains: []string{"@acme.example"}},
		"a method":       {SignInMethods: []string{"otp"}},
	} {
		if err := p.Check(); !errors.Is(err, organization.ErrPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := organization.Policy{
		MFA: tenant.MFARequired, SessionTTL: tenant.Duration(time.Hour), EmailDomains: []string{"bücher.example"}, SignInMethods: organization.Methods,
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}
