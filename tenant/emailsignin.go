package tenant

// Whether users sign in with a code, or a link, that is mailed to them.
const (
	EmailSignInOff = "off" // the default
	EmailSignInOn  = "on"
)

// An EmailSignIn is EmailSignInOff or EmailSignInOn; "" is EmailSignInOff.
type EmailSignIn string

// On reports whether they do.
func (e EmailSignIn) On() bool { return e == EmailSignInOn }
