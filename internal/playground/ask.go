package playground

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// An Ask is what the relying party asks of a sign-in.
type Ask struct {
	Scope     string
	Prompt    string // "" for none
	Resource  string // what the access token is for (RFC 8707); "": nothing in particular
	MaxAge    string // in seconds; "": any
	LoginHint string
	// ACR is the context class that is asked for, or "". With Insist it has to be reached (claims, OpenID
	// Connect Core 1.0 §5.5.1.1); without, it is a wish (acr_values).
	ACR    string
	Insist bool
}

// options are the parameters of the authorization request.
func (a *Ask) options(nonce, verifier string) []oauth2.AuthCodeOption {
	all := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	acr, claims := a.ACR, ""
	if a.ACR != "" && a.Insist {
		acr, claims = "", essential(a.ACR)
	}
	for _, p := range [][2]string{
		{"prompt", a.Prompt},
		{"resource", a.Resource},
		{"max_age", a.MaxAge},
		{"login_hint", a.LoginHint},
		{"acr_values", acr},
		{"claims", claims},
	} {
		if p[1] != "" {
			all = append(all, oauth2.SetAuthURLParam(p[0], p[1]))
		}
	}
	return all
}

// essential is the claims parameter that insists on a context class.
func essential(acr string) string {
	type claim struct {
		Essential bool   `json:"essential"`
		Value     string `json:"value"`
	}
	text, _ := json.Marshal(map[string]map[string]claim{"id_token": {"acr": {Essential: true, Value: acr}}}) // of strings: it cannot fail
	return string(text)
}

// An attempt is a sign-in that was started and not answered.
type attempt struct {
	ask             Ask
	client          Client
	state           string
	nonce, verifier string
	at              time.Time
	attack          Attack // "" of a sign-in
	forged          string // the state that was sent instead, or ""
}

// mostPending bounds how many sign-ins wait for their answers: a browser has tabs.
const mostPending = 8

// await keeps an attempt.
func (p *Playground) await(a attempt) {
	if len(p.pending) == mostPending {
		p.pending = slices.Delete(p.pending, 0, 1)
	}
	p.pending = append(p.pending, a)
}

// answered returns the attempt that has that state. It is answered once.
func (p *Playground) answered(state string) (attempt, bool) {
	i := slices.IndexFunc(p.pending, func(a attempt) bool { return state != "" && a.state == state })
	if i < 0 {
		return attempt{}, false
	}
	found := p.pending[i]
	p.pending = slices.Delete(p.pending, i, i+1)
	return found, true
}

// A Refusal is an error that the issuer answered with.
type Refusal struct{ Code, Description string }

// refusals are what errors mean, in words (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6,
// OpenID Connect Unmet Authentication Requirements 1.0).
var refusals = map[string]string{
	"unmet_authentication_requirements": "Plinto could not reach the level that was insisted on with what this account has. Add a second step or a passkey in the account pages, and try again.",
	"access_denied":                     "Somebody pressed Cancel. Nothing was given to this application.",
	"login_required":                    "Nobody is signed in, and prompt=none allows no page to ask.",
	"interaction_required":              "A page would be needed, and prompt=none allows none.",
	"consent_required":                  "The user has not allowed this application what it asks for, and prompt=none allows no page to ask.",
	"account_selection_required":        "Somebody has to choose an account, and prompt=none allows no page to ask.",
	"invalid_scope":                     "This client may not ask for one of these scopes.",
}

// Error implements error.
func (r *Refusal) Error() string {
	said := strings.TrimSpace("The issuer answered " + r.Code + ". " + refusals[r.Code])
	if refusals[r.Code] == "" && r.Description != "" {
		said += " " + r.Description
	}
	return said
}
