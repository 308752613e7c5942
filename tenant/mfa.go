package tenant

import "slices"

// When users are asked for a second factor.
const (
	MFAOff      = "off"      // never; nobody can add one
	MFAOptional = "optional" // who has one is asked for it; the default
	MFARequired = "required" // everybody; who has none adds one at the next sign-in
)

// MFA is when users are asked for a second factor.
type MFA struct {
	// Policy is MFAOff, MFAOptional or MFARequired; "" is MFAOptional.
	Policy string `json:"policy,omitempty" yaml:"policy"`
	// RequiredFor are the client_ids of applications that take no sign-in without a second
	// factor, whatever Policy says but MFAOff.
	RequiredFor []string `json:"required_for,omitempty" yaml:"required_for"`
}

// Off reports whether there are no second factors.
func (m MFA) Off() bool { return m.Policy == MFAOff }

// Requires reports whether a sign-in to a client takes a second factor of every user.
func (m MFA) Requires(clientID string) bool {
	return !m.Off() && (m.Policy == MFARequired || slices.Contains(m.RequiredFor, clientID))
}
