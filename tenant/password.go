package tenant

import "cmp"

// What becomes of a password that is right, and was found in a data breach.
const (
	BreachedOff    = "off"     // it is not looked for at a sign-in
	BreachedFlag   = "flag"    // an event says so; the default
	BreachedStepUp = "step_up" // the sign-in takes a second factor; who has none adds one
	BreachedChange = "change"  // the user sets another password before going on
)

// Lengths of passwords in characters (NIST SP 800-63B-4 §3.1.1.2).
const (
	DefaultPasswordLength           = 15 // of a password that is the only factor
	DefaultPasswordLengthWithFactor = 8
	LeastPasswordLength             = 8
	MostPasswordLength              = 64 // that a tenant may ask for
)

// What has to remain for users who remove their password.
const (
	RemovableOff     = "off"      // passwords stay
	RemovablePasskey = "passkey"  // a passkey; the default
	RemovableTwoWays = "two_ways" // a passkey, and another one or codes by mail
)

// Scores of passwords: how hard they are to guess, of internal/strength.
const (
	DefaultPasswordScore = 2 // two hundred million guesses
	MostPasswordScore    = 4
)

// MostPasswordHistory bounds PasswordPolicy.History: each one costs a hash at every change.
const MostPasswordHistory = 10

// PasswordPolicy is what new passwords have to be like. No rule is about a password that
// was set before it.
type PasswordPolicy struct {
	// MinLength is of passwords that are the only factor; 0: DefaultPasswordLength.
	MinLength int `json:"min_length,omitempty" yaml:"min_length"`
	// MinLengthWithFactor is of users who have a second factor, or have to add one; 0:
	// DefaultPasswordLengthWithFactor.
	MinLengthWithFactor int `json:"min_length_with_factor,omitempty" yaml:"min_length_with_factor"`
	// MinScore is how hard a password has to be to guess, from 1 to MostPasswordScore; 0:
	// DefaultPasswordScore.
	MinScore int `json:"min_score,omitempty" yaml:"min_score"`
	// Removable is what has to remain for users who remove their password; "" is
	// RemovablePasskey.
	Removable string `json:"removable,omitempty" yaml:"removable"`
	// Breached is what becomes of a breached password at a sign-in; "" is BreachedFlag. Nobody
	// can set one, whatever it says.
	Breached string `json:"breached,omitempty" yaml:"breached"`
	// History is how many passwords, the present one included, a user cannot set again; 0: none.
	History int `json:"history,omitempty" yaml:"history"`
}

// PasswordLength returns how many characters a new password needs. factor says that the user
// has a second factor.
func (s *Settings) PasswordLength(factor bool) int {
	if !s.MFA.Off() && (factor || s.MFA.Policy == MFARequired) {
		return cmp.Or(s.Password.MinLengthWithFactor, DefaultPasswordLengthWithFactor)
	}
	return cmp.Or(s.Password.MinLength, DefaultPasswordLength)
}

// Score returns how hard a password has to be to guess.
func (p PasswordPolicy) Score() int { return cmp.Or(p.MinScore, DefaultPasswordScore) }

// RemovalNeeds returns what a user has to have in order to remove the password: never "".
func (p PasswordPolicy) RemovalNeeds() string { return cmp.Or(p.Removable, RemovablePasskey) }

// AtBreach returns what becomes of a breached password at a sign-in: never "".
func (p PasswordPolicy) AtBreach() string { return cmp.Or(p.Breached, BreachedFlag) }
