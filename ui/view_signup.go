package ui

// A SignUpProblem is why a sign-up form is shown again.
type SignUpProblem string

// The problems. None tells a stranger whether an address has an account.
const (
	SignUpEmail       SignUpProblem = "signup.wrong.email"
	SignUpDomain      SignUpProblem = "signup.wrong.domain"
	SignUpUnreachable SignUpProblem = "signup.wrong.unreachable"
	SignUpThrottled   SignUpProblem = "common.throttled"
	SignUpBusy        SignUpProblem = "common.busy"
	SignUpCodeWrong   SignUpProblem = "signup.wrong.code"
	SignUpExpired     SignUpProblem = "signup.wrong.expired"
	SignUpLongName    SignUpProblem = "signup.wrong.name"
	SignUpOddName     SignUpProblem = "signup.wrong.characters"
	SignUpTaken       SignUpProblem = "signup.wrong.taken"
	SignUpLogin       SignUpProblem = "signup.wrong.username"
	SignUpLoginTaken  SignUpProblem = "signup.wrong.username_taken"
	SignUpPassword    SignUpProblem = "password" // Password of the view says why
)

// field is the field that the problem is about, or "" for none in particular.
func (p SignUpProblem) field() string {
	switch p {
	case SignUpEmail, SignUpDomain, SignUpUnreachable:
		return "email"
	case SignUpCodeWrong:
		return "code"
	case SignUpLongName, SignUpOddName:
		return "name"
	case SignUpLogin, SignUpLoginTaken:
		return "login"
	case SignUpPassword:
		return "password"
	default:
		return ""
	}
}

func (p SignUpProblem) at(field string) bool { return p.field() == field }

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
	Effort     EffortView
}

// SignUpCodeView asks for the code that was mailed.
type SignUpCodeView struct {
	SignUpFrame
	Email      string
	Code       string // as it was typed
	Life       int    // seconds that a code is good
	Again      bool   // whether this is not the first code
	Problem    SignUpProblem
	RetryAfter int // seconds, with SignUpThrottled and SignUpBusy
	Effort     EffortView
}

// SignUpAccountView asks for a name and a password, where the tenant has them for a user name too.
type SignUpAccountView struct {
	SignUpFrame
	Email, Name string
	AskLogin    bool   // for a user name
	Login       string // the user name as it was typed
	MaxName     int    // characters
	Rules       PasswordRules
	Problem     SignUpProblem
	Password    PasswordProblem // with SignUpPassword
	RetryAfter  int             // seconds, with SignUpThrottled and SignUpBusy
}
