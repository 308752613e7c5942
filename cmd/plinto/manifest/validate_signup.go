package manifest

import (
	"strings"

	"plinto/internal/mailaddr"
)

func (v *validator) signUp(t *Tenant) {
	seen := make(map[string]bool)
	for i, domain := range t.Settings.SignUp.Domains {
		at := t.At.find("settings.sign_up.domains" + index(i))
		ascii, err := mailaddr.DomainASCII(domain)
		if err != nil || domain != strings.ToLower(domain) {
			v.problems.at(at, "must be a mail domain in lower case, such as example.com")
		}
		v.twice(seen, at, ascii, "the domain")
	}
}
