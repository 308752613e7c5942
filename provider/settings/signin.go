package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/publicsuffix"

	"plinto/internal/mailaddr"
	"plinto/internal/scope"
	"plinto/internal/weburl"
	"plinto/provider"
	"plinto/tenant"
)

// maxACR bounds the name of an authentication context class, in bytes: requests carry
// several through a cookie.
const maxACR = 128

// acrLevels checks the authentication context classes of a tenant.
func (c *checker) acrLevels() {
	levels := c.ACRLevels
	if len(levels) > tenant.MaxACRLevels {
		c.refuse(fmt.Sprintf("must be at most %d levels", tenant.MaxACRLevels), "acr_levels")
	}
	seen := make(map[string]bool)
	for i, level := range levels {
		if !scope.Valid(level.ACR) || len(level.ACR) > maxACR {
			c.refuse(fmt.Sprintf("must be 1 to %d printable ASCII characters without spaces, quotes and backslashes", maxACR), "acr_levels", index(i), "acr")
		}
		c.twice(seen, level.ACR, "the level", "acr_levels", index(i), "acr")
		c.methods(index(i), level.AMR)
		for _, lower := range levels[:i] {
			if len(level.AMR) < len(lower.AMR) && within(level.AMR, lower.AMR) {
				c.refuse(fmt.Sprintf("is above %q and takes less: list the lowest level first", lower.ACR), "acr_levels", index(i))
			}
		}
	}
}

// methods checks the authentication methods of one level.
func (c *checker) methods(level string, methods []string) {
	if len(methods) == 0 {
		c.refuse("must list the authentication methods that the level takes", "acr_levels", level, "amr")
	}
	seen := make(map[string]bool)
	for i, method := range methods {
		if !slices.Contains(provider.SignInMethods, method) {
			c.refuse(fmt.Sprintf("no sign-in here can prove %q, so nobody could reach the level; Plinto knows %s", method, strings.Join(provider.SignInMethods, ", ")),
				"acr_levels", level, "amr", index(i))
		}
		c.twice(seen, method, "the method", "acr_levels", level, "amr", index(i))
	}
}

// within reports whether every value of some is in all.
func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(v string) bool { return !slices.Contains(all, v) })
}

func (c *checker) signUp() {
	seen := make(map[string]bool)
	for _, list := range []struct {
		name    string
		domains []string
	}{{"domains", c.SignUp.Domains}, {"denied_domains", c.SignUp.DeniedDomains}} {
		for i, domain := range list.domains {
			ascii, err := mailaddr.DomainASCII(domain)
			if err != nil || domain != strings.ToLower(domain) {
				c.refuse("must be a mail domain in lower case, such as example.com", "sign_up", list.name, index(i))
			}
			c.twice(seen, ascii, "the domain", "sign_up", list.name, index(i))
		}
	}
	if c.SignUp.Subdomains && len(c.SignUp.Domains) == 0 {
		c.refuse("needs domains", "sign_up", "subdomains")
	}
}

func (c *checker) identifiers() {
	seen := make(map[string]bool)
	for i, kind := range c.Identifiers {
		if kind != tenant.IdentifierEmail && kind != tenant.IdentifierUsername {
			c.refuse("must be email or username", "identifiers", index(i))
		}
		c.twice(seen, kind, "the identifier", "identifiers", index(i))
	}
	if len(c.Identifiers) > 0 && !slices.Contains(c.Identifiers, tenant.IdentifierEmail) {
		c.refuse("must hold email: mails go there, and a lost password is set anew by it", "identifiers")
	}
}

// mfa checks when users are asked for a second factor.
func (c *checker) mfa() {
	m := c.MFA
	c.oneOf(m.Policy, []string{tenant.MFAOff, tenant.MFAOptional, tenant.MFARequired}, "must be off, optional or required", "mfa", "policy")
	c.oneOf(m.Passkeys, []string{tenant.PasskeysOff, tenant.PasskeysUnoffered, tenant.PasskeysOffered}, "must be off, unoffered or offered", "mfa", "passkeys")
	c.oneOf(m.SilentPasskeys, []string{tenant.SilentOn, tenant.SilentOff}, "must be on or off", "mfa", "silent_passkeys")
	seen := make(map[string]bool)
	for i, id := range m.RequiredFor {
		if id == "" {
			c.refuse("must be the client_id of an application", "mfa", "required_for", index(i))
		}
		c.twice(seen, id, "the client", "mfa", "required_for", index(i))
	}
	c.passkeyHosts()
	c.attestation()
	if m.Off() && len(m.RequiredFor) > 0 {
		c.refuse("cannot be required while policy is off", "mfa", "required_for")
	}
}

// attestation checks what authenticators have to show.
func (c *checker) attestation() {
	m := c.MFA
	c.oneOf(m.Attestation, []string{tenant.AttestationNone, tenant.AttestationDirect}, "must be none or direct", "mfa", "attestation")
	seen := make(map[string]bool)
	for i, model := range m.Authenticators {
		if id, err := uuid.Parse(model); err != nil || id.String() != model {
			c.refuse("must be an AAGUID in lower case, such as cb69481e-8ff7-4039-93ec-0a2729a154a8", "mfa", "authenticators", index(i))
		}
		c.twice(seen, model, "the model", "mfa", "authenticators", index(i))
	}
	if len(m.Authenticators) > 0 && m.Attestation != tenant.AttestationDirect {
		c.refuse("need attestation: direct, without which authenticators can say what they like", "mfa", "authenticators")
	}
}

// maxPasskeyLabels is how many names, such as acme of acme.example and acme.co.uk, a browser looks at (Web
// Authentication Level 3 §5.11.1). The issuer's own is one.
const maxPasskeyLabels = 5

// passkeyHosts checks where passkeys work.
func (c *checker) passkeyHosts() {
	m := c.MFA
	if m.PasskeyHost != "" && !weburl.IsName(m.PasskeyHost) {
		c.refuse("must be a domain in lower case, without a port", "mfa", "passkey_host")
	}
	seen, labels := make(map[string]bool), make(map[string]bool)
	for i, host := range m.PasskeyHosts {
		name, port, cut := weburl.CutPort(host)
		if !weburl.IsName(name) || cut && !weburl.IsPort(port) {
			c.refuse("must be a domain in lower case, with its port where that is not 443", "mfa", "passkey_hosts", index(i))
			continue
		}
		c.twice(seen, host, "the host", "mfa", "passkey_hosts", index(i))
		if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
			label, _, _ := strings.Cut(domain, ".")
			labels[label] = true
		}
	}
	if len(labels) >= maxPasskeyLabels {
		c.refuse(fmt.Sprintf("browsers look at %d different names at most, and the issuer's is one", maxPasskeyLabels), "mfa", "passkey_hosts")
	}
}

// deletion checks how users delete their accounts.
func (c *checker) deletion() {
	d := c.Deletion
	c.oneOf(d.ByUsers, []string{tenant.DeletionOff, tenant.DeletionOn}, "must be on or off", "deletion", "by_users")
	if grace := time.Duration(d.Grace); grace < 0 || grace > tenant.MaxDeletionGrace {
		c.refuse("must be at most 2160h", "deletion", "grace")
	}
}

// devices checks what browsers are trusted with, and mails instead of passwords.
func (c *checker) devices() {
	c.oneOf(string(c.EmailSignIn), []string{tenant.EmailSignInOn, tenant.EmailSignInOff}, "must be on or off", "email_sign_in")
	c.oneOf(string(c.SAML), []string{tenant.SAMLOn, tenant.SAMLOff}, "must be on or off", "saml")
	d := c.Devices
	for _, is := range [][4]string{
		{"check", d.Check, tenant.CheckOn, tenant.CheckOff},
		{"unreachable", d.Unreachable, tenant.UnreachableRefuse, tenant.UnreachableAllow},
		{"remember", d.Remember, tenant.RememberOn, tenant.RememberOff},
	} {
		c.oneOf(is[1], is[2:], fmt.Sprintf("must be %s or %s", is[2], is[3]), "devices", is[0])
	}
	if length := time.Duration(d.RememberFor); length != 0 && (length < tenant.MinRememberFor || length > tenant.MaxRememberFor) {
		c.refuse(fmt.Sprintf("must be from %s to %s", tenant.MinRememberFor, tenant.MaxRememberFor), "devices", "remember_for")
	}
}

// passwordPolicy checks what new passwords have to be like.
func (c *checker) passwordPolicy() {
	p := c.Password
	c.passwordLength(p.MinLength, "min_length")
	c.passwordLength(p.MinLengthWithFactor, "min_length_with_factor")
	if alone, other := c.PasswordLength(false), c.PasswordLength(true); other > alone {
		c.refuse(fmt.Sprintf("must not be more than min_length, which is %d", alone), "password", "min_length_with_factor")
	}
	if p.MinScore < 0 || p.MinScore > tenant.MostPasswordScore {
		c.refuse(fmt.Sprintf("must be from 1 to %d", tenant.MostPasswordScore), "password", "min_score")
	}
	c.oneOf(p.Removable, []string{tenant.RemovableOff, tenant.RemovablePasskey, tenant.RemovableTwoWays},
		"must be off, passkey or two_ways", "password", "removable")
	c.oneOf(p.Breached, []string{tenant.BreachedOff, tenant.BreachedFlag, tenant.BreachedStepUp, tenant.BreachedChange},
		"must be off, flag, step_up or change", "password", "breached")
	if p.History < 0 || p.History > tenant.MostPasswordHistory {
		c.refuse(fmt.Sprintf("must be from 0 to %d passwords", tenant.MostPasswordHistory), "password", "history")
	}
	if p.Breached == tenant.BreachedStepUp && c.MFA.Off() {
		c.refuse("cannot be step_up while mfa.policy is off", "password", "breached")
	}
}

func (c *checker) passwordLength(length int, name string) {
	if length != 0 && (length < tenant.LeastPasswordLength || length > tenant.MostPasswordLength) {
		c.refuse(fmt.Sprintf("must be from %d to %d characters", tenant.LeastPasswordLength, tenant.MostPasswordLength), "password", name)
	}
}
