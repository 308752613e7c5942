package manifest

import (
	"slices"
	"strings"

	"plinto/internal/scope"
	"plinto/provider"
	"plinto/tenant"
)

// maxACR bounds the name of an authentication context class, in bytes: requests carry
// several through a cookie.
const maxACR = 128

// acrLevels checks the authentication context classes of a tenant.
func (v *validator) acrLevels(t *Tenant) {
	levels := t.Settings.ACRLevels
	at := func(path string) *node { return t.At.find("settings.acr_levels" + path) }
	if len(levels) > tenant.MaxACRLevels {
		v.problems.at(at(""), "must be at most %d levels", tenant.MaxACRLevels)
	}
	seen := make(map[string]bool)
	for i, level := range levels {
		name := at(index(i) + ".acr")
		if !scope.Valid(level.ACR) || len(level.ACR) > maxACR {
			v.problems.at(name, "must be 1 to %d printable ASCII characters without spaces, quotes and backslashes", maxACR)
		}
		v.twice(seen, name, level.ACR, "the level")
		v.methods(at(index(i)+".amr"), level.AMR)
		for _, lower := range levels[:i] {
			if len(level.AMR) < len(lower.AMR) && within(level.AMR, lower.AMR) {
				v.problems.at(at(index(i)), "is above %q and takes less: list the lowest level first", lower.ACR)
			}
		}
	}
}

// methods checks the authentication methods of one level.
func (v *validator) methods(at *node, methods []string) {
	if len(methods) == 0 {
		v.problems.at(at, "must list the authentication methods that the level takes")
	}
	seen := make(map[string]bool)
	for i, method := range methods {
		if !slices.Contains(provider.SignInMethods, method) {
			v.problems.at(at.find(index(i)), "no sign-in here can prove %q, so nobody could reach the level; Plinto knows %s", method, strings.Join(provider.SignInMethods, ", "))
		}
		v.twice(seen, at.find(index(i)), method, "the method")
	}
}

// within reports whether every value of some is in all.
func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(v string) bool { return !slices.Contains(all, v) })
}
