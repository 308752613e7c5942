package tenant

// Whether people sign in with providers of SAML.
const (
	SAMLOff = "off" // the default
	SAMLOn  = "on"
)

// A SAML is SAMLOff or SAMLOn; "" is SAMLOff.
type SAML string

// On reports whether they do.
func (s SAML) On() bool { return s == SAMLOn }
