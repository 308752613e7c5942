package ui

import "slices"

// A Page is the frame every page is drawn in.
type Page struct {
	Locale    Locale
	Nonce     string // CSP nonce of the answer
	RequestID string
	Base      string // path of the issuer: "" or "/t/<slug>"
	Brand     Brand
	ByEmail   bool // user names do not sign in
}

// identifier is the key of the label of what somebody signs in with.
func (p Page) identifier() string {
	if p.ByEmail {
		return "signup.email"
	}
	return "signin.username"
}

// A Brand is how a tenant looks.
type Brand struct {
	Name     string
	Style    string // path of its style sheet below the issuer, or ""
	Logo     string // path of its logo below the issuer, or ""
	LogoDark string // the same for dark pages, where it is another
	// Organization is the name of the one whose look and logo these are, or "". The tenant's stands beside it.
	Organization string
	LogoOf       string // whose the logo is, or "" of the tenant
	// Addresses, https; not shown otherwise.
	Terms, Privacy, Support string
}

// A Client is what a page shows of the application that asks.
type Client struct {
	Name      string
	LogoURL   string // https; not shown otherwise
	PolicyURL string
	TermsURL  string
	URL       string
	// Unvouched says that nobody vouches for what the client says about itself: it
	// registered where anybody may. Its logo is not loaded.
	Unvouched bool
}

// A SignInProblem is why the sign-in form is shown again.
type SignInProblem string

// The problems. None tells whether the user exists.
const (
	SignInWrong     SignInProblem = "signin.wrong"
	SignInThrottled SignInProblem = "common.throttled"
	SignInBusy      SignInProblem = "common.busy"
)

// SignInView is the sign-in page.
type SignInView struct {
	Page
	Client     Client
	Flow, CSRF string
	Username   string // prefilled
	Remember   bool   // ticked before
	ReauthUser string // who has to confirm that it is them, or ""
	Problem    SignInProblem
	RetryAfter int  // seconds, with SignInThrottled and SignInBusy
	SignUp     bool // whether people may make accounts for themselves
	ByMail     bool // a code of a mail does instead of the password
	Recover    bool // offers to set another password
	Passkey    PasskeyView
	// Only is the one way to sign in that Organization takes, or SignInAny.
	Only         SignInOnly
	Organization string
	Effort       EffortView
	Providers    []ProviderButton
	// Connecting is the provider of an account that is to be connected with who signs in here, or "", and ConnectingLabel how
	// the provider calls the account.
	Connecting, ConnectingLabel string
	// SSO says beside a wrong password that some people sign in with a provider alone; Discovers leads to the page that asks for an address.
	SSO, Discovers bool
}

// IdentifyView is the sign-in page that asks for an address or user name alone.
type IdentifyView struct{ SignInView }

// A SignInOnly is the one way to sign in that an organization takes: a key of the translations.
type SignInOnly string

// The ways to sign in.
const (
	SignInAny      SignInOnly = ""
	SignInPasskey  SignInOnly = "signin.only.passkey"
	SignInPassword SignInOnly = "signin.only.password"
)

// usernameAutocomplete has browsers offer passkeys where they offer names.
func usernameAutocomplete(v SignInView) string {
	if v.Passkey.Options != "" {
		return "username webauthn"
	}
	return "username"
}

// An Account is one the browser is signed in with.
type Account struct {
	ID, Name, Identifier string
}

// AccountChooserView asks which account to go on with.
type AccountChooserView struct {
	Page
	Client       Client
	Flow, CSRF   string
	RedirectHost string // where the user will really be sent
	Accounts     []Account
}

// An Organization is one that a user can go on with, unless it is suspended.
type Organization struct {
	ID, Name  string
	Suspended bool
}

// OrganizationChooserView asks which organization to go on with, and says so where there is none.
type OrganizationChooserView struct {
	Page
	Client        Client
	Flow, CSRF    string
	User          string
	Organizations []Organization
	Without       bool // whether the user can go on without one
}

// title and lead are keys of texts: of the choice, or of why there is none.
func (v OrganizationChooserView) title() string {
	switch {
	case len(v.Organizations) == 0:
		return "organization.none"
	case !v.open():
		return "organization.closed"
	}
	return "organization.title"
}

func (v OrganizationChooserView) lead() string {
	switch {
	case len(v.Organizations) == 0:
		return "organization.none.says"
	case !v.open():
		return "organization.closed.says"
	}
	return "organization.says"
}

// open reports whether one of the organizations can be chosen.
func (v OrganizationChooserView) open() bool {
	return slices.ContainsFunc(v.Organizations, func(o Organization) bool { return !o.Suspended })
}

// A Scope is one thing a client asks for. Standard scopes are worded by the
// translations, others by their description.
type Scope struct {
	Name, Description string
}

// A Resource is a resource server that a client wants to use, with the scopes there.
type Resource struct {
	Name, Identifier string
	Scopes           []Scope // none: the resource server defines none
}

// ConsentView asks what a client may do.
type ConsentView struct {
	Page
	Client       Client
	Flow, CSRF   string
	Shown        string // digest of what the page says; the form repeats it
	Changed      bool   // whether that changed since the user allowed it
	User         string // how the user recognises themselves
	RedirectHost string // where the user will really be sent
	Organization string // name of the one that it is for, or ""
	Scopes       []Scope
	Resources    []Resource
}

// LogoutConfirmView asks whether to sign out.
type LogoutConfirmView struct {
	Page
	ClientName    string // who asked, or ""
	Request, CSRF string
	// Explanation is for a developer; nil but on a development server.
	Explanation *Explanation
}

// SignedOutView says that the user is signed out, tells the applications of it
// (OpenID Connect Front-Channel Logout 1.0) and leads back to one.
type SignedOutView struct {
	Page
	ClientName string   // whom Continue belongs to
	Continue   string   // registered post-logout URI with its state, or ""
	Return     string   // without it: where the application wants to be entered, or ""
	Host       string   // where Continue really leads
	Frames     []string // https; the policy of the answer must let them be framed
	// Explanation is for a developer; nil but on a development server.
	Explanation *Explanation
}

// ErrorView shows an error that cannot be sent to a client.
type ErrorView struct {
	Page
	Status  int    // of the answer
	Code    string // machine text
	Message string // one sentence, ours, in English
	// Explanation is for a developer; nil but on a development server.
	Explanation *Explanation
	Client      string // name of the application that somebody vouches for, or ""
	Return      string // its registered address, or ""
	Home        string // path of the issuer's home page, or ""
}

// A GoneReason is why a page of a sign-in cannot go on.
type GoneReason int

// The reasons.
const (
	GoneExpired  GoneReason = iota // too old, over, or another browser's
	GoneSignedIn                   // over, and the user is signed in
	GoneCookies                    // the browser keeps no cookies
	GoneNothing                    // there never was a sign-in: a bookmark
)

// GoneView says why a page of a sign-in cannot go on, and leads on.
type GoneView struct {
	Page
	Reason GoneReason
	User   string // with GoneSignedIn
	Client string // name of the application that somebody vouches for, or ""
	Return string // its registered address, or ""
	Again  string // path of ours that starts the same request again, or ""
	Home   string // path of the issuer's home page
}

// A Field is one hidden field of a form.
type Field struct {
	Name, Value string
}

// FormPostView is an authorization response in a form (OAuth 2.0 Form Post
// Response Mode).
type FormPostView struct {
	Page
	Action string
	Fields []Field
}

// OnwardView leads to an address that does not fit into a redirect.
type OnwardView struct {
	Page
	Target string // checked, with the answer
}

// LeaveView shows where an error leads that the user has seen nothing of before:
// by Continue, or by a form.
type LeaveView struct {
	Page
	Client   Client
	Host     string // where the user will really be sent
	Code     string // registered error code
	Continue string // checked, with the answer; or ""
	Action   string // registered; of the form
	Fields   []Field
}
