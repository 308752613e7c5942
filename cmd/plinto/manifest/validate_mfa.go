package manifest

import (
	"slices"

	"plinto/tenant"
)

// mfa checks when users are asked for a second factor.
func (v *validator) mfa(t *Tenant) {
	m := t.Settings.MFA
	at := func(path string) *node { return t.At.find("settings.mfa" + path) }
	if policies := []string{"", tenant.MFAOff, tenant.MFAOptional, tenant.MFARequired}; !slices.Contains(policies, m.Policy) {
		v.problems.at(at(".policy"), "must be off, optional or required")
	}
	if modes := []string{"", tenant.PasskeysOff, tenant.PasskeysUnoffered, tenant.PasskeysOffered}; !slices.Contains(modes, m.Passkeys) {
		v.problems.at(at(".passkeys"), "must be off, unoffered or offered")
	}
	seen := make(map[string]bool)
	for i, id := range m.RequiredFor {
		entry := at(".required_for" + index(i))
		if id == "" {
			v.problems.at(entry, "must be the client_id of an application")
		}
		v.twice(seen, entry, id, "the client")
	}
	if m.Off() && len(m.RequiredFor) > 0 {
		v.problems.at(at(".required_for"), "cannot be required while policy is off")
	}
}
