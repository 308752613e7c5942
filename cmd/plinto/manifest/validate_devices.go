package manifest

import (
	"slices"
	"time"

	"plinto/tenant"
)

// devices checks what browsers are trusted with.
func (v *validator) devices(t *Tenant) {
	d := t.Settings.Devices
	at := func(path string) *node { return t.At.find("settings.devices" + path) }
	for _, is := range [][4]string{
		{".check", d.Check, tenant.CheckOn, tenant.CheckOff},
		{".unreachable", d.Unreachable, tenant.UnreachableRefuse, tenant.UnreachableAllow},
		{".remember", d.Remember, tenant.RememberOn, tenant.RememberOff},
	} {
		if is[1] != "" && !slices.Contains(is[2:], is[1]) {
			v.problems.at(at(is[0]), "must be %s or %s", is[2], is[3])
		}
	}
	if by := string(t.Settings.EmailSignIn); by != "" && by != tenant.EmailSignInOn && by != tenant.EmailSignInOff {
		v.problems.at(t.At.find("settings.email_sign_in"), "must be %s or %s", tenant.EmailSignInOn, tenant.EmailSignInOff)
	}
	if length := time.Duration(d.RememberFor); length != 0 && (length < tenant.MinRememberFor || length > tenant.MaxRememberFor) {
		v.problems.at(at(".remember_for"), "must be from %s to %s", tenant.MinRememberFor, tenant.MaxRememberFor)
	}
}
