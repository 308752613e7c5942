package manifest

import (
	"strings"

	"plinto/identity"
)

func (v *validator) signUp(t *Tenant) {
	seen := make(map[string]bool)
	for i, domain := range t.Settings.SignUp.Domains {
		at := t.At.find("settings.sign_up.domains" + index(i))
		if domain != strings.ToLower(domain) || identity.CheckEmail("a@"+domain) != nil {
			v.problems.at(at, "must be a mail domain in lower case, such as example.com")
		}
		v.twice(seen, at, domain, "the domain")
	}
}
