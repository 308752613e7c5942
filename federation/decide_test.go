package federation

import (
	"testing"

	"github.com/google/uuid"
)

// The whole table of Decide: which facts open an account that is there, and which make one.
func TestDecide_opensNoAccountOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		for _, active := range []bool{false, true} {
			for address := Unvouched; address <= Held; address++ {
				for _, named := range []bool{false, true} {
					for _, invited := range []bool{false, true} {
						for _, provision := range []string{ProvisionOff, ProvisionInvited, ProvisionDomain, ProvisionAll, "", "anything"} {
							f := Facts{known, active, address, named, invited, provision}
							if got, want := Decide(f), decided(f); got != want {
								t.Errorf("%+v: %v, want %v", f, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// decided says the same in other words, from the side of each outcome.
func decided(f Facts) Outcome {
	makes := f.Provision == ProvisionAll || f.Provision == ProvisionDomain && f.Named || f.Provision == ProvisionInvited && f.Invited
	switch {
	case f.Known && f.Active:
		return SignIn
	case f.Known || f.Address == Held && !f.Active:
		return Refuse
	case f.Address == Held:
		return Link
	case f.Address == Unheld && makes:
		return Make
	}
	return Offer
}

// FED-01, FED-12: an address counts where the tenant's owner said so, and as it is written.
func TestVouches_forAddressesOfNamedDomains(t *testing.T) {
	t.Parallel()
	of := uuid.New()
	for _, c := range []struct {
		email          string
		spec           Spec
		verified       bool
		vouches, named bool
	}{
		{"alice@example.com", Spec{EmailDomains: []string{"example.com"}}, false, true, true},
		{"Alice@Example.COM", Spec{EmailDomains: []string{"example.com"}}, false, true, true},
		{"alice@example.com", Spec{}, false, false, false},
		{"alice@other.example", Spec{EmailDomains: []string{"example.com"}}, false, false, false},
		{"alice@sub.example.com", Spec{EmailDomains: []string{"example.com"}}, false, false, false},
		{"alice@example.com.evil.example", Spec{EmailDomains: []string{"example.com"}}, false, false, false},
		{"alice@example.com@evil.example", Spec{EmailDomains: []string{"example.com", "*"}}, false, false, false},
		{"alice@other.example", Spec{EmailDomains: []string{"*"}}, false, true, false},
		{"ａlice@example.com", Spec{EmailDomains: []string{"example.com", "*"}}, false, false, false},
		{"alice@example.com", Spec{Organization: of, EmailDomains: []string{"example.com"}}, false, false, false},
		{"alice@example.com", Spec{Organization: of, EmailDomains: []string{"example.com"}}, true, true, true},
		{"alice@other.example", Spec{Organization: of, EmailDomains: []string{"*"}}, true, false, false},
		{"", Spec{EmailDomains: []string{"*"}}, false, false, false},
		{"alice", Spec{EmailDomains: []string{"*"}}, false, false, false},
	} {
		vouches, named := c.spec.Vouches(c.email, func(string) bool { return c.verified })
		if vouches != c.vouches || named != c.named {
			t.Errorf("%q by %v: %v %v", c.email, c.spec.EmailDomains, vouches, named)
		}
	}
}

func TestTrusts_whatTheAnswerSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	trusting := Spec{MFA: MFATrust, TrustedACR: []string{"phrh"}, TrustedAMR: []string{"mfa"}}
	for _, c := range []struct {
		spec Spec
		a    Assertion
		want bool
	}{
		{trusting, Assertion{ACR: "phrh"}, true},
		{trusting, Assertion{AMR: []string{"pwd", "mfa"}}, true},
		{trusting, Assertion{ACR: "mfa", AMR: []string{"phrh"}}, false},
		{trusting, Assertion{}, false},
		{Spec{MFA: MFATrust, TrustedACR: []string{""}}, Assertion{}, false},
		{Spec{MFA: MFAAsk, TrustedACR: []string{"phrh"}}, Assertion{ACR: "phrh"}, false},
	} {
		if got := c.spec.Trusts(&c.a); got != c.want {
			t.Errorf("%+v of %+v: %v", c.spec, c.a, got)
		}
	}
}
