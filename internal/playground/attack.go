package playground

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"plinto/internal/paths"
)

// An Attack is what somebody could do with what they saw, stole or changed. It is made against the running
// server; nothing about its answer is known beforehand.
type Attack string

// The attacks. Those of State, Verifier and Expired lead through the browser.
const (
	Replay   Attack = "replay"   // a code is redeemed twice
	Verifier Attack = "verifier" // a code is redeemed without the verifier of its challenge
	State    Attack = "state"    // an answer has a state that was not sent
	Expired  Attack = "expired"  // an access token is used after its end
	Foreign  Attack = "foreign"  // an access token is used at another issuer
	Thief    Attack = "thief"    // a refresh token is used by another client
	Tampered Attack = "tampered" // an access token is changed
)

// title is that of a step of an attack, or else another one.
func (a Attack) title(other string) string {
	if a == "" {
		return other
	}
	return "Attack: " + map[Attack]string{
		Replay: "a code that was used already", Verifier: "a stolen code", State: "an answer that was not asked for", Expired: "a token that is over",
		Foreign: "a token of another issuer", Thief: "a stolen refresh token", Tampered: "a token that was changed",
	}[a]
}

// Others are whom an attack needs besides.
type Others struct {
	Issuer string // another one of the installation
	Client Client // another client of the same issuer, whose tokens live two seconds
}

// Attack makes an attack, or begins one and returns where to send the browser. It needs somebody who is
// signed in.
func (p *Playground) Attack(a Attack, others Others) (address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil {
		return "", errNotSignedIn
	}
	switch a {
	case Replay:
		return "", p.replay()
	case Foreign:
		return "", p.use(a, p.tokens.AccessToken, others.Issuer+paths.UserInfo,
			"The access token is sent to "+others.Issuer+". Each issuer is a world of its own: were it taken, whoever runs one application of one tenant could read every other tenant.")
	case Thief:
		return "", p.steal(others.Client)
	case Tampered:
		return "", p.use(a, tampered(p.tokens.AccessToken), p.provider.UserInfoEndpoint(),
			"One character in the middle of the access token is another one. Were it taken, anybody could write themselves another subject, more scopes or a later end.")
	case Verifier:
		return p.ask(p.client, attempt{attack: a, ask: Ask{Scope: p.asked.Scope}},
			"Somebody begins a sign-in as usual, and its code is stolen on the way back: from a log, a history, a Referer or a hostile app on the same phone.")
	case State:
		return p.ask(p.client, attempt{attack: a, ask: Ask{Scope: p.asked.Scope}},
			"Somebody hostile has a browser open an authorization request, or an answer, that is not this application's own: the state is not the one that the application remembers.")
	case Expired:
		return p.ask(others.Client, attempt{attack: a, ask: Ask{Scope: "openid"}},
			"A client whose access tokens live two seconds asks for one. It belongs to plinto dev, and the same server issues the token: nothing else about it is special.")
	}
	return "", errors.New("There is no such attack.") //nolint:revive,staticcheck // a sentence of the page
}

// replay redeems the code of the sign-in again, and looks what became of its tokens (RFC 6749 §4.1.2).
func (p *Playground) replay() error {
	if p.redeemed.code == "" {
		return errNotSignedIn
	}
	_, err := p.send(p.client, p.provider.Endpoint().TokenURL, url.Values{
		"grant_type": {"authorization_code"}, "code": {p.redeemed.code}, "redirect_uri": {p.client.RedirectURL}, "code_verifier": {p.redeemed.verifier},
	})
	p.tried(Replay, "The code of your sign-in is redeemed a second time, with everything right. A code works once: a second one who has it must have stolen it, or the first one did.")
	if err != nil {
		return err
	}
	return p.use(Replay, p.tokens.AccessToken, p.provider.UserInfoEndpoint(),
		"Nobody knows which of the two was the thief. So the tokens of that code ended too, yours among them. Sign in again.")
}

// steal uses the refresh token as another client, which proves who it is.
func (p *Playground) steal(other Client) error {
	if p.tokens.RefreshToken == "" {
		return errors.New("This sign-in has no refresh token: ask for the scope offline_access.") //nolint:revive,staticcheck // a sentence of the page
	}
	_, err := p.send(other, p.provider.Endpoint().TokenURL, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.tokens.RefreshToken}})
	p.tried(Thief, "Another client of this tenant, "+other.ID+", proves who it is and presents your refresh token. Were it taken, one application that was broken into would be enough for the users of all.")
	return err
}

// use presents an access token somewhere.
func (p *Playground) use(a Attack, token, address, text string) error {
	err := p.present(token, address)
	p.tried(a, text)
	return err
}

func (p *Playground) present(token, address string) error {
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	_, err = p.roundTrip(req)
	return err
}

// tried turns what was recorded into a step of an attack, with its verdict.
func (p *Playground) tried(a Attack, text string) {
	for _, x := range p.record.take() {
		s := Step{Title: a.title(""), Text: text, Request: x.request, Response: x.response, Curl: x.curl, Held: x.refusal != ""}
		switch {
		case s.Held:
			s.Verdict = "Refused: " + x.refusal
		case x.status == 0:
			s.Verdict = "There was no answer."
		default:
			s.Verdict = "Not refused. This should not be: please report it."
		}
		p.add(s)
	}
}

// tampered is a token with another character in its middle: of a JWT, in its claims.
func tampered(token string) string {
	parts := strings.Split(token, ".")
	i := len(parts) / 2
	b := []byte(parts[i])
	if at := len(b) / 2; len(b) > 0 {
		if b[at] == 'A' {
			b[at] = 'B'
		} else {
			b[at] = 'A'
		}
	}
	parts[i] = string(b)
	return strings.Join(parts, ".")
}

// forged looks whether an answer has the state of an attack, and refuses it as an application does.
func (p *Playground) forged(state string) bool {
	i := slices.IndexFunc(p.pending, func(a attempt) bool { return state != "" && a.forged == state })
	if i < 0 {
		return false
	}
	p.pending = slices.Delete(p.pending, i, i+1)
	p.add(Step{
		Title: State.title(""), Held: true, Verdict: "Refused, by the application",
		Text: "No sign-in of this browser waits for that state, so the code is sent nowhere. Plinto cannot know which browser a state belongs to: this is yours to check. Were it taken, you could be signed in as somebody else without noticing, and what you enter would be theirs.",
	})
	return true
}

// arrived goes on with an attack whose browser came back with a code.
func (p *Playground) arrived(a *attempt, code string) error {
	if a.attack == Verifier {
		_, err := p.send(a.client, p.provider.Endpoint().TokenURL, url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.client.RedirectURL}, "code_verifier": {oauth2.GenerateVerifier()},
		})
		has := "and even has the client's secret"
		if a.client.Public() {
			has = "for which this client needs no secret"
		}
		p.tried(Verifier, "The thief redeems the code, "+has+". What they lack is the verifier, which never left the application (PKCE, RFC 7636). They guess one.")
		return err
	}
	tokens, err := p.redeem(a, code, a.attack.title(""), "The code is redeemed for a token that lives two seconds.")
	if err != nil {
		return err
	}
	p.steps[len(p.steps)-1].Tokens = []Token{p.access(tokens)}
	if err := p.present(tokens.AccessToken, p.provider.UserInfoEndpoint()); err != nil {
		return err
	}
	p.took(a.attack.title(""), "While it lives, it works.")
	over := time.NewTimer(time.Until(tokens.Expiry.Add(time.Second)))
	defer over.Stop()
	<-over.C
	return p.use(a.attack, tokens.AccessToken, p.provider.UserInfoEndpoint(),
		"Two seconds later the same token is sent again. A stolen token is worth something only until it ends: that is why access tokens are short-lived.")
}
