package manifest

import (
	"slices"

	"plinto/tenant"
)

// passwordPolicy checks what new passwords have to be like.
func (v *validator) passwordPolicy(t *Tenant) {
	p := t.Settings.Password
	at := func(path string) *node { return t.At.find("settings.password" + path) }
	v.passwordLength(at(".min_length"), p.MinLength)
	v.passwordLength(at(".min_length_with_factor"), p.MinLengthWithFactor)
	if alone, other := (&tenant.Settings{Password: p}).PasswordLength(false), (&tenant.Settings{Password: p}).PasswordLength(true); other > alone {
		v.problems.at(at(".min_length_with_factor"), "must not be more than min_length, which is %d", alone)
	}
	if known := []string{"", tenant.BreachedOff, tenant.BreachedFlag, tenant.BreachedStepUp, tenant.BreachedChange}; !slices.Contains(known, p.Breached) {
		v.problems.at(at(".breached"), "must be off, flag, step_up or change")
	}
	if p.History < 0 || p.History > tenant.MostPasswordHistory {
		v.problems.at(at(".history"), "must be from 0 to %d passwords", tenant.MostPasswordHistory)
	}
	if p.Breached == tenant.BreachedStepUp && t.Settings.MFA.Off() {
		v.problems.at(at(".breached"), "cannot be step_up while mfa.policy is off")
	}
}

func (v *validator) passwordLength(at *node, length int) {
	if length != 0 && (length < tenant.LeastPasswordLength || length > tenant.MostPasswordLength) {
		v.problems.at(at, "must be from %d to %d characters", tenant.LeastPasswordLength, tenant.MostPasswordLength)
	}
}
