package webhook

import (
	"slices"
	"strings"

	"plinto/event"
)

// inside are the facts that are sent to nobody: they tell subscribers of the server what to
// do, and name what is secret (SignUpRequested).
var inside = []event.Fact{event.SignUpRequested{}, event.LogoutQueued{}}

// Deliverable reports whether facts of that type are sent to endpoints that want them. Facts
// about tenants are not: they are recorded by operators, outside of the tenant.
func Deliverable(f event.Fact) bool {
	return !strings.HasPrefix(string(f.Type()), "tenant.") &&
		!slices.ContainsFunc(inside, func(i event.Fact) bool { return i.Type() == f.Type() })
}

// Facts returns the zero fact of every type that is delivered, sorted by type.
func Facts() []event.Fact {
	return slices.DeleteFunc(event.Types(), func(f event.Fact) bool { return !Deliverable(f) })
}

// Types returns every type that is delivered, sorted.
func Types() []event.Type {
	var types []event.Type
	for _, f := range Facts() {
		types = append(types, f.Type())
	}
	return types
}
