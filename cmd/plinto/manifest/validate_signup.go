package manifest

import (
	"slices"
	"strings"

	"plinto/internal/mailaddr"
	"plinto/tenant"
)

func (v *validator) signUp(t *Tenant) {
	seen := make(map[string]bool)
	for list, domains := range map[string][]string{"domains": t.Settings.SignUp.Domains, "denied_domains": t.Settings.SignUp.DeniedDomains} {
		for i, domain := range domains {
			at := t.At.find("settings.sign_up." + list + index(i))
			ascii, err := mailaddr.DomainASCII(domain)
			if err != nil || domain != strings.ToLower(domain) {
				v.problems.at(at, "must be a mail domain in lower case, such as example.com")
			}
			v.twice(seen, at, ascii, "the domain")
		}
	}
	if t.Settings.SignUp.Subdomains && len(t.Settings.SignUp.Domains) == 0 {
		v.problems.at(t.At.find("settings.sign_up.subdomains"), "needs domains")
	}
	v.identifiers(t)
}

func (v *validator) identifiers(t *Tenant) {
	of := t.Settings.Identifiers
	seen := make(map[string]bool)
	for i, kind := range of {
		at := t.At.find("settings.identifiers" + index(i))
		if kind != tenant.IdentifierEmail && kind != tenant.IdentifierUsername {
			v.problems.at(at, "must be email or username")
		}
		v.twice(seen, at, kind, "the identifier")
	}
	if len(of) > 0 && !slices.Contains(of, tenant.IdentifierEmail) {
		v.problems.at(t.At.find("settings.identifiers"), "must hold email: mails go there, and a lost password is set anew by it")
	}
}
