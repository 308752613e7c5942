package manifest

import (
	"fmt"
	"strings"

	"plinto/event/mail"
	"plinto/internal/mailaddr"
	"plinto/tenant"
)

// mail checks how the letters of a tenant look.
func (v *validator) mail(t *Tenant) {
	for _, p := range mail.Check(t.Settings.Mail) {
		v.problems.at(t.At.below(append([]string{"settings", "mail"}, p.Path...)...), "%s", p.Says)
	}
}

// contacts checks whom to tell that something of a tenant no longer works.
func (v *validator) contacts(t *Tenant) {
	if len(t.Settings.Contacts) > tenant.MaxContacts {
		v.problems.at(t.At.find("settings.contacts"), "must be at most %d addresses", tenant.MaxContacts)
	}
	seen := make(map[string]bool)
	for i, contact := range t.Settings.Contacts {
		at := t.At.find(fmt.Sprintf("settings.contacts[%d]", i))
		address, err := mailaddr.Parse(contact)
		if err != nil {
			v.problems.at(at, "must be an address such as ops@example.com")
			continue
		}
		v.twice(seen, at, strings.ToLower(address.Wire()), "the contact")
	}
}
