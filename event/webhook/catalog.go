package webhook

import (
	"slices"

	"plinto/event"
)

// inside are the facts that are sent to nobody: some tell subscribers of the server what to do,
// and name what is secret (SignUpRequested, SignInCodeRequested, RecoveryRequested, EmailRequested, DeviceCodeRequested, InvitationRequested); when a tenant is made or
// deleted it has no endpoint.
var inside = []event.Fact{event.SignUpRequested{}, event.SignInCodeRequested{}, event.RecoveryRequested{}, event.EmailRequested{}, event.DeviceCodeRequested{}, event.InvitationRequested{}, event.LogoutQueued{}, event.TenantCreated{}, event.TenantDeleted{}}

// Deliverable reports whether facts of that type are sent to endpoints that want them.
func Deliverable(f event.Fact) bool {
	return !slices.ContainsFunc(inside, func(i event.Fact) bool { return i.Type() == f.Type() })
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
