package federation

import (
	"context"
	"net/url"
	"time"

	"plinto/federation/preset"
	"plinto/identity"
	"plinto/internal/fault"
)

// A Connector talks to providers of one kind. What it is told by them is not believed until Finish has checked it.
type Connector interface {
	// Begin returns how the browser goes to the provider. ErrUnavailable, ErrMisconfigured.
	Begin(ctx context.Context, c *Connection, r Round, ask Ask) (Departure, error)
	// Finish checks the answer that the browser brought to the callback, whose state is of the round. ErrDenied,
	// ErrUnavailable, ErrMisconfigured, ErrAnswer.
	Finish(ctx context.Context, c *Connection, r Round, answer url.Values) (Assertion, error)
	// Probe tries what can be tried without a user.
	Probe(ctx context.Context, c *Connection) Report
	// Available reports whether the provider answered lately, or nobody asked it.
	Available(ctx context.Context, c *Connection) bool
}

// A Departure is how a browser goes to a provider: to an address, or with a form that it posts there.
type Departure struct {
	URL  string
	Form url.Values // nil: there is none
}

// A Round is one way to the provider and back.
type Round struct {
	State, Nonce, Verifier, RedirectURI string

	BegunAt time.Time
	// MaxAge is how long before that the user may have proved to the provider who they are, in seconds; nil: any time.
	MaxAge *int64
	// AuthTime says that the provider has to say when they did: the client asked for MaxAge (OpenID Connect Core 1.0 §2). One that says that it
	// tells has to anyway.
	AuthTime bool
}

// Ask is what the provider is asked for (OpenID Connect Core 1.0 §3.1.2.1).
type Ask struct {
	LoginHint string
	Prompt    string // "login", "select_account" or ""
	MaxAge    *int64 // seconds
	UILocales string
}

// An Assertion is what a provider says of an account of its, after it was checked that it says so, of this round.
type Assertion struct {
	Issuer, Subject string

	Email         string
	EmailVerified bool // the claim is the JSON value true
	Profile       identity.Profile
	Username      string // preferred_username, for the label
	ACR           string
	AMR           []string
	SessionID     string // sid: the provider's own session, or ""
	SessionName   []byte // how the provider is asked to end that one, sealed; nil: it is not asked so
	// Claims are all that the provider says, for the mapping of the connection: at most MaxClaims bytes.
	Claims preset.Claims

	want []Given // the roles that its groups give

	// ID names what the provider said, where that counts once whatever round it answers (SAML); "": it has no name.
	ID string
	// Until is when the provider wants the session to end; zero: it does not say.
	Until time.Time
}

// label is how people know the account.
func (a *Assertion) label() string {
	for _, s := range []string{a.Email, a.Username, a.Profile.Name} {
		if s != "" {
			return s
		}
	}
	return a.Subject
}

// A Report is what a Probe found.
type Report struct {
	Endpoints Endpoints
	Checks    []Check
}

// A Check is one thing that was looked at.
type Check struct {
	Name    string // stable
	OK      bool
	Warning bool   // it works, and somebody should look
	Detail  string // in our words
}

// Passed reports whether sign-ins can work.
func (r *Report) Passed() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// Errors of sign-ins with a provider. None repeats what it says. The causes are for the log.
var (
	ErrDisabled      = fault.New(fault.NotFound, "connection_disabled", "Nobody signs in with this provider at the moment.")
	ErrSuspended     = fault.New(fault.NotFound, "connection_suspended", "The organization of this provider is suspended, so nobody signs in with it.")
	ErrDenied        = fault.New(fault.Forbidden, "federation_denied", "The sign-in was cancelled at the provider, or the provider refused it.")
	ErrUnavailable   = fault.New(fault.Unavailable, "federation_unavailable", "The provider does not answer at the moment.")
	ErrMisconfigured = fault.New(fault.Unavailable, "federation_misconfigured", "The provider and this server do not fit together. Whoever looks after this server has to see to it.")
	ErrAnswer        = fault.New(fault.Forbidden, "federation_answer", "The answer of the provider cannot be accepted.")
	ErrNotAllowed    = fault.New(fault.Forbidden, "federation_refused", "This account cannot sign in here.")
)
