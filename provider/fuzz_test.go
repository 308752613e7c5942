package provider

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
)

// FuzzFlow lets people do anything in any order, by the pages or past them. The
// client gets an answer only for who is signed in, and who did what the request
// demands; a silent request shows no page.
func FuzzFlow(f *testing.F) {
	for _, seed := range [][]byte{{}, {0}, {0, 1, 2, 3, 4, 5, 6, 7}, {4, 0, 2}, {1, 0, 4, 1, 2}, {3, 3, 0}, {5, 2, 0, 6}} {
		for _, prompt := range []string{"", "none", "login", "consent", "select_account", "create"} {
			f.Add(seed, prompt, int64(-1), false)
			f.Add(seed, prompt, int64(0), true)
		}
	}
	users := []uuid.UUID{uuid.New(), uuid.New()}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, steps []byte, prompt string, maxAge int64, firstParty bool) {
		flow := Flow{Request: Request{Prompt: []string{prompt}, Scopes: []string{"openid", "email"}}}
		if maxAge >= 0 {
			flow.Request.MaxAge = &maxAge
		}
		asked := ConsentRequest{Name: "App", Permissions: []Permission{{Scope: "openid"}, {Scope: "email"}}}
		facts := Facts{Now: now, Asked: asked, Client: &Client{FirstParty: firstParty, Metadata: Metadata{TokenEndpointAuthMethod: AuthBasic}}}
		for _, step := range steps[:min(len(steps), 64)] {
			user := users[step>>3&1]
			switch step & 7 {
			case 0, 1: // a page's sign-in
				facts.Session = &identity.Session{ID: uuid.New(), UserID: user, AuthTime: now}
				flow.Bind(facts.Session)
			case 2: // a page's consent, of whoever has the session
				if facts.Session != nil {
					flow.UserID, flow.Consented = facts.Session.UserID, asked.Digest()
				}
			case 3:
				flow.SwitchUser()
			case 4: // another tab
				facts.Session = &identity.Session{ID: uuid.New(), UserID: user, AuthTime: now.Add(-time.Hour)}
			case 5:
				facts.Session = nil
			case 6:
				flow.Chosen = true
			case 7:
				flow.Refused = "access_denied"
			}
			checkDecision(t, &flow, facts, flow.Next(facts))
		}
	})
}

func checkDecision(t *testing.T, flow *Flow, facts Facts, d Decision) {
	t.Helper()
	silent := flow.Request.Prompts("none")
	proved := flow.SignedIn && facts.Session != nil && flow.SessionID == facts.Session.ID
	switch d.Step {
	case StepRefuse:
		if d.Error == "" {
			t.Error("refused without a reason")
		}
	case StepRespond:
		s := facts.Session
		switch {
		case s == nil:
			t.Fatal("answered for nobody")
		case flow.Refused != "" || flow.Switch:
			t.Error("answered although the user refused or wanted another account")
		case flow.UserID != uuid.Nil && flow.UserID != s.UserID:
			t.Error("answered for another user than who acted in the flow")
		case flow.Request.Prompts("login") && !proved, flow.Request.Prompts("select_account") && !flow.Chosen:
			t.Error("answered without what the client demanded")
		case flow.Consented == "" && (flow.Request.Prompts("consent") || !facts.Client.FirstParty && !facts.Consent.Covers(&facts.Asked)):
			t.Error("answered without consent")
		case flow.Request.MaxAge != nil && !proved && facts.Now.Unix()-s.AuthTime.Unix() > *flow.Request.MaxAge:
			t.Error("answered for a sign-in that is too old")
		}
	default:
		if silent {
			t.Errorf("a silent request shows page %d", d.Step)
		}
	}
}

// FuzzRequestedClaims reads any claims parameter: names only, and only of JSON.
func FuzzRequestedClaims(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"userinfo":{"email":null}}`, `{"id_token":{"auth_time":{"essential":true}}}`, `{"userinfo":1}`, `[]`, `{"userinfo":{"\u0000":null}}`} {
		f.Add([]byte(seed), "userinfo")
	}
	f.Fuzz(func(t *testing.T, parameter []byte, member string) {
		names := RequestedClaims(parameter, member)
		if len(names) > 0 && !json.Valid(parameter) {
			t.Errorf("%q asks for %v", parameter, names)
		}
		u := &identity.User{ID: uuid.New(), Email: "a@example.com"}
		claims := UserinfoClaims("subject", u, nil, parameter)
		if claims["sub"] != "subject" {
			t.Errorf("%q makes sub %v", parameter, claims["sub"])
		}
		for name := range claims {
			if name != "sub" && !slices.Contains(RequestedClaims(parameter, "userinfo"), name) {
				t.Errorf("%q: %s was not asked for", parameter, name)
			}
		}
	})
}
