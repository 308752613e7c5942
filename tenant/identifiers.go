package tenant

import "slices"

// The kinds of identifiers.
const (
	IdentifierEmail    = "email"
	IdentifierUsername = "username"
)

// Identifiers are what users of a tenant sign in with, besides passkeys. Empty: by address, and by
// user name whoever was given one.
type Identifiers []string

// Username reports whether user names sign in.
func (i Identifiers) Username() bool { return len(i) == 0 || i.AsksUsername() }

// AsksUsername reports whether who makes an account chooses a user name.
func (i Identifiers) AsksUsername() bool { return slices.Contains(i, IdentifierUsername) }
