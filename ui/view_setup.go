package ui

// A SetupProblem is why the set-up form is shown again.
type SetupProblem string

// The problems.
const (
	SetupLongName SetupProblem = "signup.wrong.name"
	SetupOddName  SetupProblem = "signup.wrong.characters"
	SetupEmail    SetupProblem = "signup.wrong.email"
	SetupTaken    SetupProblem = "signup.wrong.taken"
	SetupOther    SetupProblem = "error.other.text"
)

// SetupAdminView makes the first administrator.
type SetupAdminView struct {
	Page
	CSRF        string
	Email, Name string
	MaxName     int // characters
	Rules       PasswordRules
	Problem     SetupProblem
	Password    PasswordProblem
}

func (v SetupAdminView) wrong() bool { return v.Problem != "" || v.Password != "" }

// passwordProblem is what is wrong with the password when nothing before it is: the page
// says one thing at a time.
func (v SetupAdminView) passwordProblem() PasswordProblem {
	if v.Problem != "" {
		return ""
	}
	return v.Password
}

func (v SetupAdminView) atEmail() bool { return v.Problem == SetupEmail || v.Problem == SetupTaken }

func (v SetupAdminView) atName() bool { return v.Problem == SetupLongName || v.Problem == SetupOddName }

// SetupDoneView says that the first administrator exists.
type SetupDoneView struct {
	Page
	Email  string
	Issuer string // that the command line signs in at
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
	Links   []Link
	Tenants []DevTenant
	Seed    string // name of the file that the tenants come from
	// Operators are pages for administrators, Login a line for a shell that makes one of the command line.
	Operators []Link
	Login     string
	Waits     bool // there is no administrator yet
}

// DevMissingView is what is at addresses below /dev that lead nowhere.
type DevMissingView struct{ Page }

// A DevTenant is a tenant with whom to sign in as.
type DevTenant struct {
	Name, Issuer, Discovery string
	Problem                 string // why it does not answer here, or ""
	Users                   []DevUser
	More                    int // users that are not listed
}

// A DevUser is a user with the password that the seed says, or "".
type DevUser struct {
	Name, Password string
}

// Mail is one caught mail.
type Mail struct {
	ID, From, To, ReplyTo, Subject, Time, Text, HTML string
	Drawn                                            string // address of the HTML part as readers of mails draw it
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

// A MailKind is a kind of mail with the subject that it has in English.
type MailKind struct {
	Kind, Subject string
}

// MailPreviewsView is /dev/mail/preview: every kind of mail in every language.
type MailPreviewsView struct {
	Page
	Tenant    string // whose mails, or "" when there is no tenant
	Query     string // of every preview's address
	Tenants   []Link
	Languages []string
	Kinds     []MailKind
}

// An Exchange is one HTTP request of the playground with its answer, as sent.
type Exchange struct {
	Number            int
	Title, Text       string
	Request, Response string
	Curl              string // for a shell, or ""
	Spent             bool   // sent again it ends the tokens
	Tokens            []Token
	Verdict           string // of an attack, or ""
	Held              bool   // the attack was refused
}

// A Token is a decoded token: header and claims as indented JSON, and each claim in words.
type Token struct {
	Name, Header, Claims string
	Lines                []PlaygroundLine
}

// PlaygroundView is the development relying party.
type PlaygroundView struct {
	Page
	Client        string // value of the form
	Clients       []PlaygroundClient
	Scope, Prompt string
	AsksSecret    bool       // the client has a secret that has to be entered
	KnowsSecret   bool       // it was, in this browser
	Exchanges     []Exchange // newest first
	SignedIn      bool
	CanRefresh    bool
	CanIntrospect bool
	MayManage     bool   // the client may ask for tokens for the management API
	API, Token    string // of the management API, when the token is for it; the playground is for development
	Tries         []PlaygroundTry
	Attacks       []PlaygroundTry
	Outcome       *PlaygroundOutcome // what the last sign-in showed, or nil
	Error         string
}

// A PlaygroundTry is a sign-in to try, and what will happen.
type PlaygroundTry struct {
	Value, Title, Text string
	Link               Link // "" as its Title: none
}

// A PlaygroundOutcome is what a sign-in showed, in words.
type PlaygroundOutcome struct {
	Title string
	Lines []PlaygroundLine
}

// A PlaygroundLine is one claim and what it means.
type PlaygroundLine struct{ Claim, Value, Text string }

// A PlaygroundClient is a client of the installation.
type PlaygroundClient struct {
	Key, Name, Issuer, URL string
	Current                bool
	Usable                 bool   // the playground can be it
	Adoptable              bool   // it could, were the playground among its redirect URIs
	Why                    string // about it, in words that follow its name; "" for nothing
}

// DevAuthenticatorView shows the code of a key.
type DevAuthenticatorView struct {
	Page
	Apps    []DevApp // of the users of the seed
	Again   int      // seconds until the codes of Apps are others
	Key     string
	Code    string // "": none was asked for
	Left    int    // seconds that it is good for
	Problem bool   // there is no such key
}

// A DevApp is an authenticator app of a user of the seed.
type DevApp struct {
	User, Tenant, Name, Code string
	Used                     bool // the code has signed the user in
}
