package tenant

import "slices"

// When users are asked for a second factor.
const (
	MFAOff      = "off"      // never; nobody can add one
	MFAOptional = "optional" // who has one is asked for it; the default
	MFARequired = "required" // everybody; who has none adds one at the next sign-in
)

// Whether users can have passkeys.
const (
	PasskeysOff       = "off"       // nobody can use or add one
	PasskeysUnoffered = "unoffered" // they are used and added, and no page offers one unasked
	PasskeysOffered   = "offered"   // after a password, to who has no second factor; the default
)

// MFA is when users are asked for a second factor.
type MFA struct {
	// Policy is MFAOff, MFAOptional or MFARequired; "" is MFAOptional.
	Policy string `json:"policy,omitempty" yaml:"policy"`
	// RequiredFor are the client_ids of applications that take no sign-in without a second
	// factor, whatever Policy says but MFAOff.
	RequiredFor []string `json:"required_for,omitempty" yaml:"required_for"`
	// Passkeys is PasskeysOff, PasskeysUnoffered or PasskeysOffered; "" is PasskeysOffered.
	Passkeys string `json:"passkeys,omitempty" yaml:"passkeys"`
	// SilentPasskeys is SilentOn or SilentOff; "" is SilentOn.
	SilentPasskeys string `json:"silent_passkeys,omitempty" yaml:"silent_passkeys"`
	// Attestation is AttestationNone or AttestationDirect; "" is AttestationNone.
	Attestation string `json:"attestation,omitempty" yaml:"attestation"`
	// Authenticators are the AAGUIDs of the models that new passkeys may be of, with AttestationDirect; none:
	// of all that the metadata knows.
	Authenticators []string `json:"authenticators,omitempty" yaml:"authenticators"`
	// PasskeyHost is the host that passkeys belong to (RP ID), without port; "" is the issuer's.
	PasskeyHost string `json:"passkey_host,omitempty" yaml:"passkey_host"`
	// PasskeyHosts are other hosts of the tenant, with their ports, on which its passkeys work (Web
	// Authentication Level 3 §5.11).
	PasskeyHosts []string `json:"passkey_hosts,omitempty" yaml:"passkey_hosts"`
}

// Whether browsers make passkeys by themselves after a password.
const (
	SilentOn  = "on" // where passkeys are offered; the default
	SilentOff = "off"
)

// MakesSilently reports whether the browser of who signed in with a password alone may make a passkey
// by itself. Such a passkey shows no model.
func (m MFA) MakesSilently() bool {
	return m.OffersPasskeys() && m.SilentPasskeys != SilentOff && m.Attestation != AttestationDirect
}

// OffersPasskeys reports whether a passkey is offered to who signed in with a password alone.
// Without second factors it would not be asked for beside the next password.
func (m MFA) OffersPasskeys() bool {
	return !m.Off() && (m.Passkeys == "" || m.Passkeys == PasskeysOffered)
}

// What authenticators have to show of themselves.
const (
	AttestationNone   = "none"   // nothing; the default
	AttestationDirect = "direct" // which model they are, by a certificate that the operator's metadata knows
)

// HostsOfPasskeys returns the hosts that the settings name, in no order.
func (m MFA) HostsOfPasskeys() []string {
	if m.PasskeyHost == "" {
		return slices.Clone(m.PasskeyHosts)
	}
	return append(slices.Clone(m.PasskeyHosts), m.PasskeyHost)
}

// Off reports whether there are no second factors.
func (m MFA) Off() bool { return m.Policy == MFAOff }

// Requires reports whether a sign-in to a client takes a second factor of every user.
func (m MFA) Requires(clientID string) bool {
	return !m.Off() && (m.Policy == MFARequired || slices.Contains(m.RequiredFor, clientID))
}
