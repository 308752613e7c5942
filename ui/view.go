package ui

// A Page is the frame every page is drawn in.
type Page struct {
	Locale    Locale
	Nonce     string // CSP nonce of the answer
	RequestID string
	Base      string // path of the issuer: "" or "/t/<slug>"
	Brand     Brand
}

// A Brand is how a tenant looks.
type Brand struct {
	Name        string
	LogoURL     string // https
	AccentColor string // "#rrggbb"; anything else is ignored
}

// A Client is what a page shows of the application that asks.
type Client struct {
	Name      string
	LogoURL   string // https; not shown otherwise
	PolicyURL string
	TermsURL  string
	URL       string
}

// A SignInProblem is why the sign-in form is shown again.
type SignInProblem string

// The problems. None tells whether the user exists.
const (
	SignInWrong     SignInProblem = "signin.wrong"
	SignInThrottled SignInProblem = "signin.throttled"
	SignInBusy      SignInProblem = "signin.busy"
)

// SignInView is the sign-in page.
type SignInView struct {
	Page
	Client     Client
	Flow, CSRF string
	Username   string // prefilled
	ReauthUser string // who has to confirm that it is them, or ""
	Problem    SignInProblem
	RetryAfter int  // seconds, with SignInThrottled and SignInBusy
	SignUp     bool // whether people may make accounts for themselves
}

// A SignUpProblem is why a sign-up form is shown again.
type SignUpProblem string

// The problems. None tells a stranger whether an address has an account.
const (
	SignUpEmail       SignUpProblem = "signup.problem.email"
	SignUpDomain      SignUpProblem = "signup.problem.domain"
	SignUpUnreachable SignUpProblem = "signup.problem.unreachable"
	SignUpThrottled   SignUpProblem = "signup.problem.throttled"
	SignUpBusy        SignUpProblem = "signup.problem.busy"
	SignUpCodeWrong   SignUpProblem = "signup.problem.code"
	SignUpName        SignUpProblem = "signup.problem.name"
	SignUpNoPassword  SignUpProblem = "signup.problem.missing"
	SignUpPassword    SignUpProblem = "signup.problem.password"
	SignUpTaken       SignUpProblem = "signup.problem.taken"
)

// SignUpFrame is what the sign-up pages share.
type SignUpFrame struct {
	Page
	Client     Client
	Flow, CSRF string
}

// SignUpView asks for the address of a new account.
type SignUpView struct {
	SignUpFrame
	Email      string // prefilled
	Problem    SignUpProblem
	RetryAfter int // seconds, with SignUpThrottled and SignUpBusy
}

// SignUpCodeView asks for the code that was mailed, and for the rest of the account.
type SignUpCodeView struct {
	SignUpFrame
	Email, Code, Name string
	Problem           SignUpProblem
	Detail            string // what the password rules say, with SignUpPassword; English
	RetryAfter        int    // seconds, with SignUpThrottled and SignUpBusy
}

// An Account is one the browser is signed in with.
type Account struct {
	ID, Name, Identifier string
}

// AccountChooserView asks which account to go on with.
type AccountChooserView struct {
	Page
	Client     Client
	Flow, CSRF string
	Accounts   []Account
}

// A Scope is one thing a client asks for. Standard scopes are worded by the
// translations, others by their description.
type Scope struct {
	Name, Description string
}

// ConsentView asks what a client may do.
type ConsentView struct {
	Page
	Client       Client
	Flow, CSRF   string
	User         string // how the user recognises themselves
	RedirectHost string // where the user will really be sent
	Scopes       []Scope
}

// LogoutConfirmView asks whether to sign out.
type LogoutConfirmView struct {
	Page
	ClientName string // who asked, or ""
	Wish, CSRF string
}

// SignedOutView says that the user is signed out, tells the applications of it
// (OpenID Connect Front-Channel Logout 1.0) and leads back to one.
type SignedOutView struct {
	Page
	ClientName string   // whom Continue belongs to
	Continue   string   // registered post-logout URI with its state, or ""
	Host       string   // where Continue really leads
	Frames     []string // https; the policy of the answer must let them be framed
}

// ErrorView shows an error that cannot be sent to a client.
type ErrorView struct {
	Page
	Code    string   // machine text
	Message string   // one sentence, ours
	Hints   []string // what a developer can do; development only
}

// StartAgainView says that a sign-in cannot go on in this browser.
type StartAgainView struct {
	Page
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

// SetupAdminView makes the first administrator.
type SetupAdminView struct {
	Page
	CSRF        string
	Email, Name string
	Error       string
	Field       string // what Error is about: "name", "email", "password" or ""
}

// SetupDoneView says that the first administrator exists.
type SetupDoneView struct {
	Page
	Email string
}

// HomeView is the root of an issuer.
type HomeView struct {
	Page
	Discovery string
	User      string // signed in, or ""
	SignOut   string // where the sign-out form goes
	CSRF      string
}

// A Link is a line of the development home page.
type Link struct {
	Title, URL, Text string
}

// DevHomeView is /dev: what there is to try.
type DevHomeView struct {
	Page
	Links          []Link
	User, Password string
}

// Mail is one caught mail.
type Mail struct {
	ID, From, To, Subject, Time, Text, HTML string
}

// MailListView is /dev/mail.
type MailListView struct {
	Page
	Mails []Mail
}

// MailView is one caught mail.
type MailView struct {
	Page
	Mail Mail
}

// An Exchange is one HTTP request of the playground with its answer, as sent.
type Exchange struct {
	Title, Text       string
	Request, Response string
	Tokens            []Token
}

// A Token is a decoded token: header and claims as indented JSON.
type Token struct {
	Name, Header, Claims string
}

// PlaygroundView is the development relying party.
type PlaygroundView struct {
	Page
	Issuer, ClientID string
	Scope, Prompt    string
	Exchanges        []Exchange
	SignedIn         bool
	CanRefresh       bool
	Error            string
}
