package manifest

import "plinto/event/mail"

// mail checks how the letters of a tenant look.
func (v *validator) mail(t *Tenant) {
	for _, p := range mail.Check(t.Settings.Mail) {
		v.problems.at(t.At.below(append([]string{"settings", "mail"}, p.Path...)...), "%s", p.Says)
	}
}
