package provider

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

// A Request is a validated authorization request: client and redirect URI are
// known to belong together, every parameter has its type, nothing is pending.
// It never changes once it is made.
type Request struct {
	ClientID        string   `json:"c"`
	RedirectURI     string   `json:"r"`
	RedirectURISent bool     `json:"rs,omitempty"`
	ResponseType    string   `json:"rt"`
	ResponseMode    string   `json:"rm"`
	Scopes          []string `json:"s,omitempty"`
	Resources       []string `json:"a,omitempty"`
	State           string   `json:"st,omitempty"`
	Nonce           string   `json:"n,omitempty"`
	Challenge       string   `json:"ch,omitempty"`
	Prompt          []string `json:"p,omitempty"`
	MaxAge          *int64   `json:"ma,omitempty"` // seconds
	LoginHint       string   `json:"lh,omitempty"`
	HintSubject     string   `json:"hs,omitempty"` // who it has to be: of the id_token_hint, or of the claims parameter
	UILocales       []string `json:"ul,omitempty"`
	ACRValues       []string `json:"acr,omitempty"`
	// ACREssential says that one of ACRValues must be reached (OpenID Connect Core
	// 1.0 §5.5.1.1).
	ACREssential bool `json:"ae,omitempty"`
	// Pushed is the hash of the request_uri it was pushed under (RFC 9126), or nil.
	Pushed []byte          `json:"pu,omitempty"`
	Claims json.RawMessage `json:"cl,omitempty"`
	// Organization is the public id or slug of the one that the client wants tokens for, or "".
	Organization string `json:"o,omitempty"`
	// Connection is the slug of the connection to an identity provider with which the client wants the user to sign in, or "".
	Connection string `json:"co,omitempty"`
	// DomainHint is the domain of the user's address, as far as the client knows it, or "".
	DomainHint string `json:"dh,omitempty"`
	// ClientMark is the mark of the client as the request was received. Another client of
	// its client_id has another, and so has the same one after it was disabled.
	ClientMark string `json:"cm,omitempty"`
}

// Prompts reports whether the request holds that prompt value.
func (r *Request) Prompts(value string) bool { return slices.Contains(r.Prompt, value) }

// Answers reports whether the answer holds that word of the response type: code,
// token or id_token.
func (r *Request) Answers(word string) bool {
	return slices.Contains(strings.Fields(r.ResponseType), word)
}

// ConsentScopes are what the user has to allow: the scopes, and those that stand for
// the claims asked for one by one. A client must not get by the claims parameter
// what nobody was asked about.
func (r *Request) ConsentScopes() []string {
	scopes := r.Scopes
	for _, member := range []string{"id_token", "userinfo"} {
		for _, name := range RequestedClaims(r.Claims, member) {
			if s := ScopeOfClaim(name); s != "" && !slices.Contains(scopes, s) {
				scopes = append(slices.Clip(scopes), s)
			}
		}
	}
	return scopes
}

// A Flow is one authorization request on its way through the hosted pages: the
// request, and what the steps learned. It is kept sealed in a cookie of the
// browser that started it, or in a row that a cookie of that browser opens, so only
// that browser can go on with it.
type Flow struct {
	ID        uuid.UUID `json:"i"`
	CSRF      string    `json:"x"` // random; every form of the flow repeats it
	StartedAt time.Time `json:"t"`
	Request   Request   `json:"q"`

	// UserID is who the flow is bound to once somebody signed in or answered in it.
	UserID uuid.UUID `json:"u,omitzero"`
	// SessionID is the session that the proof of SignedIn made.
	SessionID uuid.UUID `json:"ss,omitzero"`
	// SignedIn says that UserID proved who they are within this flow.
	SignedIn bool `json:"si,omitempty"`
	// Switch says that the user asked to use another account.
	Switch bool `json:"sw,omitempty"`
	// Chosen says that the user picked the account of the session.
	Chosen bool `json:"ac,omitempty"`
	// Consented is ConsentRequest.Digest of what UserID allowed within this flow, or "".
	Consented string `json:"cd,omitempty"`
	// SigningUp is the address that an account is being made for, or nil.
	SigningUp *identity.SignUp `json:"su,omitempty"`
	// Recovering is what somebody who forgot their password has shown so far, or nil.
	Recovering *identity.Recovery `json:"re,omitempty"`
	// HasAccount says that the user was asked to make an account and has one.
	HasAccount bool `json:"ha,omitempty"`
	// ByMail is who signs in with a code of a mail, or nil.
	ByMail *identity.MailSignIn `json:"bm,omitempty"`
	// Connecting is an account at an identity provider that the user has shown and that belongs to nobody here, or nil.
	Connecting *identity.PendingIdentity `json:"ci,omitempty"`
	// Led says that the browser was led to an identity provider in this flow: it is not led there again by itself.
	Led bool `json:"le,omitempty"`
	// Identifier is what was typed on the page that asks for an address or user name alone, or "".
	Identifier string `json:"id,omitempty"`
	// Proved is what the user proved where a second factor is missing, or a look at the mail of
	// who signs in with a password alone in a new browser; or nil.
	Proved *FirstProof `json:"fp,omitempty"`
	// Enrolling is the secret of an authenticator app that the user EnrollingOf is adding, or nil: see Enrols.
	Enrolling   []byte    `json:"en,omitempty"`
	EnrollingOf uuid.UUID `json:"eo,omitzero"`
	// Codes are new recovery codes that the user CodesOf has not put away yet; uuid.Nil: an earlier version did not say whose they are.
	Codes   []string  `json:"rc,omitempty"`
	CodesOf uuid.UUID `json:"ro,omitzero"`
	// Offer says that a passkey is to be offered to who signed in with a password.
	Offer bool `json:"op,omitempty"`
	// Silent says that the browser is to make a passkey by itself, before one is offered.
	Silent bool `json:"sp,omitempty"`
	// Key is what the user of the session has, where the organization takes passkeys alone and the session shows
	// none; as things were at the last decision.
	Key identity.KeyHolding `json:"k,omitzero"`
	// Organization is the one that the answer is for, as things were at the last decision.
	Organization Membership `json:"or,omitzero"`
	// Shown is the organization whose look the pages have while nobody is signed in: the one that the request
	// names, if it shows itself to strangers, or that of an invitation.
	Shown Membership `json:"sh,omitzero"`
	// Picked is the organization that UserID chose; Alone says that they go on without one.
	Picked uuid.UUID `json:"pi,omitzero"`
	Alone  bool      `json:"al,omitempty"`
	// Refused holds the error the user chose (access_denied), or "".
	Refused string `json:"no,omitempty"`

	// Row is the version of the flow's row; 0: the flow is in a cookie.
	Row int `json:"-"`
}

// Bind notes that the user of s proved who they are in this flow, which made s. What
// somebody else answered before is forgotten.
func (f *Flow) Bind(s *identity.Session) {
	if f.UserID != s.UserID {
		f.Consented, f.Picked, f.Alone = "", uuid.Nil, false
	}
	f.UserID, f.SessionID, f.SignedIn, f.Chosen, f.Switch, f.SigningUp = s.UserID, s.ID, true, true, false, nil
	f.Proved, f.Enrolling, f.Recovering, f.ByMail = nil, nil, nil, nil
}

// SwitchUser notes that the user wants to go on as somebody else. What was
// answered so far is forgotten.
func (f *Flow) SwitchUser() {
	f.UserID, f.SignedIn, f.Chosen, f.Consented, f.Switch = uuid.Nil, false, false, "", true
	f.Picked, f.Alone, f.Key = uuid.Nil, false, identity.KeyHolding{}
	f.Proved, f.Enrolling, f.Codes, f.Recovering, f.Offer, f.Silent, f.ByMail = nil, nil, nil, nil, false, false, nil
}

// Seen reports whether the user did anything on a page of the flow.
func (f *Flow) Seen() bool {
	return f.Refused != "" || f.SignedIn || f.Chosen || f.Consented != "" || f.Switch || f.HasAccount || f.Proved != nil || f.Alone || f.Picked != uuid.Nil
}

// A Decision is the next step, with the error to answer when it is StepRefuse.
type Decision struct {
	Step  Step
	Error string // registered authorization error code
}

// Facts is what Next looks at besides the flow.
type Facts struct {
	Now     time.Time
	Client  *Client
	Session *identity.Session // the browser's live session, or nil
	Subject string            // of the session's user for the client
	Asked   ConsentRequest    // what the user has to be told, as things are now
	Consent Consent           // of the session's user for the client
	// Management is the identifier of the tenant's management API.
	Management string
	// Memberships are those of the session's user: in the organization that the request names, or all.
	Memberships []Membership
	// Named is the organization that the request names, where nobody is signed in and it shows itself to strangers.
	Named Membership
	// ACRLevels are the tenant's.
	ACRLevels tenant.ACRLevels
	MFA       tenant.MFA            // the tenant's
	Password  tenant.PasswordPolicy // same
	// Development says that apps on loopback are the developer's own.
	Development bool
	// OtherProvider says that the session was begun with an identity provider that the client does not take.
	OtherProvider bool
}

// A requirement has to be met before the client gets its answer.
type requirement struct {
	step   Step // where it is met; StepRefuse: nowhere
	needed func(*Flow, Facts) bool
	// errorWhenSilent is the answer where no page may be shown (OpenID Connect Core 1.0
	// §3.1.2.6), and always where there is none.
	errorWhenSilent string
	// why says in a stable code why it is needed, where it is.
	why func(*Flow, Facts) string
	// at is step where that depends on facts; nil: step.
	at func(*Flow, Facts) Step
}

// requirements in their order: each may rely on those before it.
var requirements = []requirement{
	{step: StepSignUp, needed: (*Flow).needsSignUp, errorWhenSilent: "interaction_required", why: because(WhyPromptCreate)},
	{step: StepFactor, needed: (*Flow).holdsProof, errorWhenSilent: "login_required", why: (*Flow).whyFactor, at: (*Flow).factorStep},
	{step: StepRefuse, needed: (*Flow).isClosed, errorWhenSilent: "unmet_authentication_requirements", why: because(WhyPolicy)},
	{step: StepSignIn, needed: (*Flow).needsSignIn, errorWhenSilent: "login_required", why: (*Flow).whySignIn},
	// The client asked for one user and got another.
	{step: StepRefuse, needed: (*Flow).hintDiffers, errorWhenSilent: "login_required", why: because(WhyHint)},
	{step: StepFactor, needed: (*Flow).needsFactor, errorWhenSilent: "login_required", why: (*Flow).whyFactor, at: (*Flow).factorStep},
	{step: StepKeep, needed: (*Flow).isDeleted, errorWhenSilent: "interaction_required", why: because(WhyDeletion)},
	{step: StepPassword, needed: (*Flow).needsPassword, errorWhenSilent: "login_required", why: because(WhyPassword)},
	{step: StepPasskey, needed: (*Flow).makesKey, errorWhenSilent: "interaction_required", why: because(WhyNoPasskey)},
	{step: StepRefuse, needed: (*Flow).missesACR, errorWhenSilent: "unmet_authentication_requirements", why: because(WhyACR)},
	{step: StepConnect, needed: (*Flow).asksConnect, errorWhenSilent: "interaction_required", why: because(WhyConnect)},
	{step: StepCodes, needed: (*Flow).showsCodes, errorWhenSilent: "interaction_required", why: because(WhyCodes)},
	{step: StepOffer, needed: (*Flow).offersPasskey, errorWhenSilent: "interaction_required", why: because(WhyOffer)},
	{step: StepSelectAccount, needed: (*Flow).needsChoice, errorWhenSilent: "account_selection_required", why: because(WhyPromptSelect)},
	{step: StepSelectAccount, needed: (*Flow).needsPresence, errorWhenSilent: "interaction_required", why: because(WhyImpersonable)},
	{step: StepRefuse, needed: (*Flow).isNoMember, errorWhenSilent: "access_denied", why: because(WhyNoMember)},
	{step: StepOrganization, needed: (*Flow).needsOrganization, errorWhenSilent: "interaction_required", why: (*Flow).whyOrganization},
	{step: StepConsent, needed: (*Flow).needsConsent, errorWhenSilent: "consent_required", why: (*Flow).whyConsent},
}

// Next decides what has to happen next: the first requirement that is not met. It is
// pure: every step records what it learned and comes back here, so no step can be
// skipped by a direct URL, and the whole decision is one table test.
func (f *Flow) Next(facts Facts) Decision {
	if f.Refused != "" {
		return Decision{StepRefuse, f.Refused}
	}
	facts.MFA = f.Tightened(facts.MFA)
	silent := f.Request.Prompts(PromptNone)
	for _, r := range requirements {
		switch {
		case !r.needed(f, facts):
		case silent, r.step == StepRefuse:
			return Decision{StepRefuse, r.errorWhenSilent}
		case r.at != nil:
			return Decision{Step: r.at(f, facts)}
		default:
			return Decision{Step: r.step}
		}
	}
	return Decision{Step: StepRespond}
}

// needsSignUp reports whether an account has to be offered (Initiating User
// Registration via OpenID Connect 1.0 §4). A request that says who it has to be
// is about an account that exists.
func (f *Flow) needsSignUp(Facts) bool {
	return f.Request.Prompts(PromptCreate) && f.Request.HintSubject == "" && !f.SignedIn && !f.HasAccount
}

// needsSignIn reports whether the session does not do for this request.
func (f *Flow) needsSignIn(facts Facts) bool {
	s := facts.Session
	if s == nil {
		return true
	}
	if f.Switch || f.UserID != uuid.Nil && f.UserID != s.UserID {
		return true // the browser changed user midway: start over with this one's proof
	}
	if facts.OtherProvider {
		return true // also right after a sign-in: it was with another one, or here
	}
	makes := f.makesKey(facts)
	if !f.Organization.Demands.takesMethod(s.AMR) && !makes {
		return true // also right after a sign-in: the other way is left
	}
	if f.SignedIn && f.SessionID == s.ID {
		// Proof given within the flow satisfies prompt=login and any max_age:
		// comparing clocks again would loop for slow typists. It ends with the session
		// it made: a proof from before an eviction is none for a session from after it.
		// What changes the account takes one of just now all the same: the browser may have
		// been left alone since.
		return f.takesFreshProof(facts)
	}
	if f.Request.Prompts("login") || f.hintDiffers(facts) {
		return true
	}
	if f.Organization.Demands.stale(s, facts.Now) {
		return true
	}
	if f.missesACR(facts) && slices.ContainsFunc(f.Request.ACRValues, facts.ACRLevels.Has) && !f.shortOfFactor(facts) {
		return true
	}
	if f.takesFreshProof(facts) {
		return true
	}
	if max := f.Request.MaxAge; max != nil {
		age := facts.Now.Unix() - s.AuthTime.Unix()
		return *max == 0 || age > *max
	}
	return false
}

// takesFreshProof reports whether the session is too old for what comes next: one that was stolen, or left open, must not add a factor,
// set a password or let an application manage the tenant.
func (f *Flow) takesFreshProof(facts Facts) bool {
	if facts.Now.Sub(facts.Session.AuthTime) <= EnrolWithin {
		return false
	}
	return f.makesKey(facts) || f.needsFactor(facts) && !facts.Session.SecondFactor || f.needsPassword(facts) || f.confersRights(facts)
}

// isDeleted reports whether the user's account is going to be deleted: a user who goes on has to say
// that they want to keep it.
func (f *Flow) isDeleted(facts Facts) bool { return !facts.Session.DeleteAt.IsZero() }

// needsPassword reports whether the user of the session has to set another password.
func (f *Flow) needsPassword(facts Facts) bool {
	return identity.DemandsPassword(facts.Password, facts.Session.PasswordState, facts.Session.AMR)
}

// missesACR reports whether the session has not reached what the client insists on.
// needsSignIn comes first where signing in again can help.
func (f *Flow) missesACR(facts Facts) bool {
	s := facts.Session
	return f.Request.ACREssential && !facts.ACRLevels.Satisfies(s.ACR, s.AMR, f.Request.ACRValues)
}

// asksConnect reports whether the user has yet to say whether an account at an identity provider is theirs.
func (f *Flow) asksConnect(facts Facts) bool { return f.Connects(facts.Session) }

// Connects reports whether the user of a session is asked that. The session has to be made by the proof of this flow: whoever
// finds an open session must not answer for its user.
func (f *Flow) Connects(s *identity.Session) bool {
	return f.Connecting != nil && f.SignedIn && f.UserID == s.UserID && f.SessionID == s.ID
}

// showsCodes reports whether the user has yet to put new recovery codes away.
func (f *Flow) showsCodes(facts Facts) bool { return f.ShowsCodes(facts.Session) }

// needsChoice reports whether the user has yet to pick an account.
func (f *Flow) needsChoice(Facts) bool {
	return (f.Request.Prompts("select_account") || f.HasAccount) && !f.Chosen
}

func (f *Flow) hintDiffers(facts Facts) bool {
	return f.Request.HintSubject != "" && f.Request.HintSubject != facts.Subject
}

// needsConsent: first-party clients are the tenant's own. An earlier consent does not
// count for a client that another app on the device can pretend to be.
func (f *Flow) needsConsent(facts Facts) bool {
	if f.Consented != "" && f.Consented == facts.Asked.Digest() {
		return false
	}
	if f.Request.Prompts("consent") {
		return true
	}
	if facts.Client.FirstParty {
		return false
	}
	return facts.impersonable(&f.Request) || !facts.Consent.Covers(&facts.Asked)
}

// confersRights reports whether the user is about to let the client use the management API: they are asked, or they are not and
// another app on the device can pretend to be the client, so that whoever has the session can.
func (f *Flow) confersRights(facts Facts) bool {
	lets := f.needsConsent(facts) || facts.Client.FirstParty && facts.impersonable(&f.Request)
	return lets && facts.Management != "" && slices.ContainsFunc(facts.Asked.Permissions, func(p Permission) bool {
		return p.Resource == facts.Management
	})
}

// needsPresence: a first-party client needs no consent, but where another app on the
// device can pretend to be it, a session alone must not give it a code: the user has
// to do something on a page that names the client (RFC 8252 §8.6).
func (f *Flow) needsPresence(facts Facts) bool {
	if !facts.Client.FirstParty || f.Chosen || f.Consented != "" || f.Request.Prompts("consent") {
		return false
	}
	return facts.impersonable(&f.Request)
}

// impersonable: on a developer's machine a web client on loopback is that developer's.
func (facts *Facts) impersonable(r *Request) bool {
	if facts.Development && facts.Client.ApplicationType == ApplicationWeb && !privateScheme(r.RedirectURI) {
		return false
	}
	return facts.Client.Impersonable(r.RedirectURI)
}
