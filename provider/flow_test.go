package provider

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

func TestFlowNext_decides(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	alice, bob := uuid.New(), uuid.New()
	session := &identity.Session{UserID: alice, AuthTime: now.Add(-time.Hour)}
	third := &Client{Metadata: Metadata{TokenEndpointAuthMethod: AuthBasic}}
	first := &Client{FirstParty: true}
	app := &Client{Metadata: Metadata{TokenEndpointAuthMethod: AuthNone}}
	ownApp := &Client{FirstParty: true, Metadata: Metadata{TokenEndpointAuthMethod: AuthNone, ApplicationType: ApplicationNative}}
	ownPage := &Client{FirstParty: true, Metadata: Metadata{TokenEndpointAuthMethod: AuthNone, ApplicationType: ApplicationWeb}}
	scopes := []string{"openid", "profile"}
	asked := ConsentRequest{Name: "App", RedirectHost: "rp.example", Permissions: []Permission{{Scope: "openid"}, {Scope: "profile"}}}
	allowed := Consent{Shown: asked.Shown(), Permissions: asked.Permissions}
	manages := asked
	manages.Permissions = append(slices.Clone(asked.Permissions), Permission{Resource: "https://id.example/api", Scope: "users:read"})
	justNow := &identity.Session{UserID: alice, AuthTime: now}
	renamed, more := asked, asked
	renamed.Name = "Bank"
	more.Permissions = append(more.Permissions, Permission{Scope: "email"})
	seconds := func(n int64) *int64 { return &n }
	levels := tenant.ACRLevels{{ACR: "low", AMR: []string{"pwd"}}, {ACR: "high", AMR: []string{"hwk"}}}
	due := &identity.Session{UserID: alice, AuthTime: now, AMR: []string{"pwd"}, PasswordState: identity.PasswordDue}
	dueLong, dueElse, breached := *due, *due, *due
	dueLong.AuthTime, dueElse.AMR, breached.PasswordState = now.Add(-time.Hour), []string{"hwk"}, identity.PasswordBreached
	stepped := breached
	stepped.AMR = []string{"pwd", "otp", "mfa"}
	low := &identity.Session{UserID: alice, AuthTime: now, ACR: "low", AMR: []string{"pwd"}}

	tests := map[string]struct {
		flow  Flow
		facts Facts
		want  Decision
	}{
		"nobody signed in": {Flow{}, Facts{Client: first}, Decision{Step: StepSignIn}},
		"nobody signed in, silent": {
			Flow{Request: Request{Prompt: []string{"none"}}},
			Facts{Client: first},
			Decision{StepRefuse, "login_required"},
		},
		"session, first party": {Flow{Request: Request{Scopes: scopes}}, Facts{Client: first, Session: session}, Decision{Step: StepRespond}},
		"session, third party, not asked before": {
			Flow{Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session},
			Decision{Step: StepConsent},
		},
		"session, third party, silent, not asked before": {
			Flow{Request: Request{Scopes: scopes, Prompt: []string{"none"}}},
			Facts{Client: third, Session: session},
			Decision{StepRefuse, "consent_required"},
		},
		"rights in the management API, old proof": {
			Flow{Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepSignIn},
		},
		"rights in the management API, proof of just now": {
			Flow{Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: justNow, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepConsent},
		},
		"rights in the management API, by an app that another one can pretend to be, old proof": {
			Flow{Chosen: true, Request: Request{Scopes: scopes, RedirectURI: "http://127.0.0.1:8123/callback"}},
			Facts{Client: ownApp, Session: session, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepSignIn},
		},
		"rights in the management API, by an app that another one can pretend to be, proof of just now": {
			Flow{Chosen: true, Request: Request{Scopes: scopes, RedirectURI: "http://127.0.0.1:8123/callback"}},
			Facts{Client: ownApp, Session: justNow, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepRespond},
		},
		"rights in the management API, by a site of the tenant's own": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "https://console.example/cb"}},
			Facts{Client: ownPage, Session: session, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepRespond},
		},
		"rights in the management API, given before": {
			Flow{Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: manages, Consent: Consent{Shown: manages.Shown(), Permissions: manages.Permissions}, Management: "https://id.example/api", Now: now},
			Decision{Step: StepRespond},
		},
		"consent remembered": {Flow{Request: Request{Scopes: scopes}}, Facts{Client: third, Session: session, Asked: asked, Consent: allowed}, Decision{Step: StepRespond}},
		"consent remembered for fewer scopes": {
			Flow{Request: Request{Scopes: append(scopes, "email")}},
			Facts{Client: third, Session: session, Asked: more, Consent: allowed},
			Decision{Step: StepConsent},
		},
		"consent remembered of a page that showed something else": {
			Flow{Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: renamed, Consent: allowed},
			Decision{Step: StepConsent},
		},
		"consent given here": {
			Flow{UserID: alice, Consented: asked.Digest(), Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: asked},
			Decision{Step: StepRespond},
		},
		"consent given here, the client has changed since": {
			Flow{UserID: alice, Consented: asked.Digest(), Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: renamed},
			Decision{Step: StepConsent},
		},
		"consent remembered, prompt=consent": {
			Flow{Request: Request{Scopes: scopes, Prompt: []string{"consent"}}},
			Facts{Client: third, Session: session, Asked: asked, Consent: allowed},
			Decision{Step: StepConsent},
		},
		"first party, prompt=consent": {Flow{Request: Request{Prompt: []string{"consent"}}}, Facts{Client: first, Session: session}, Decision{Step: StepConsent}},
		"native app with its own scheme is asked every time": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "com.example.app:/cb"}},
			Facts{Client: app, Session: session, Asked: asked, Consent: allowed},
			Decision{Step: StepConsent},
		},
		"native app on loopback is asked every time": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "http://127.0.0.1:5173/cb"}},
			Facts{Client: app, Session: session, Asked: asked, Consent: allowed},
			Decision{Step: StepConsent},
		},
		"native app with a claimed https address is not": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "https://app.example/cb"}},
			Facts{Client: app, Session: session, Asked: asked, Consent: allowed},
			Decision{Step: StepRespond},
		},
		"native app of the tenant's own, with a session": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "com.example.app:/cb"}},
			Facts{Client: ownApp, Session: session},
			Decision{Step: StepSelectAccount},
		},
		"native app of the tenant's own, silent": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "http://127.0.0.1/cb", Prompt: []string{"none"}}},
			Facts{Client: ownApp, Session: session},
			Decision{StepRefuse, "interaction_required"},
		},
		"native app of the tenant's own, silent, on a developer's machine": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "http://127.0.0.1/cb", Prompt: []string{"none"}}},
			Facts{Client: ownApp, Session: session, Development: true},
			Decision{StepRefuse, "interaction_required"},
		},
		"native app of the tenant's own, signed in here": {
			Flow{UserID: alice, SignedIn: true, Chosen: true, Request: Request{Scopes: scopes, RedirectURI: "com.example.app:/cb"}},
			Facts{Client: ownApp, Session: session},
			Decision{Step: StepRespond},
		},
		"page of the tenant's own on localhost, silent": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "http://localhost:5173/cb", Prompt: []string{"none"}}},
			Facts{Client: ownPage, Session: session},
			Decision{StepRefuse, "interaction_required"},
		},
		"page of the tenant's own on localhost, silent, on a developer's machine": {
			Flow{Request: Request{Scopes: scopes, RedirectURI: "http://localhost:5173/cb", Prompt: []string{"none"}}},
			Facts{Client: ownPage, Session: session, Development: true},
			Decision{Step: StepRespond},
		},
		"another password is due": {Flow{}, Facts{Client: first, Session: due}, Decision{Step: StepPassword}},
		"another password is due, before a passkey is offered": {
			Flow{Offer: true, SignedIn: true, UserID: due.UserID, SessionID: due.ID},
			Facts{Client: first, Session: due},
			Decision{Step: StepPassword},
		},
		"a passkey is offered": {
			Flow{Offer: true, SignedIn: true, UserID: low.UserID, SessionID: low.ID}, Facts{Client: first, Session: low}, Decision{Step: StepOffer},
		},
		"a passkey is offered to nobody silently": {
			Flow{Offer: true, SignedIn: true, UserID: low.UserID, SessionID: low.ID, Request: Request{Prompt: []string{"none"}}},
			Facts{Client: first, Session: low},
			Decision{Step: StepRespond},
		},
		"another password is due, silent": {
			Flow{Request: Request{Prompt: []string{"none"}}},
			Facts{Client: first, Session: due},
			Decision{StepRefuse, "login_required"},
		},
		"another password is due, the proof is old": {Flow{}, Facts{Client: first, Session: &dueLong}, Decision{Step: StepSignIn}},
		"another password is due, the proof is old but of this flow": {
			Flow{UserID: alice, SignedIn: true},
			Facts{Client: first, Session: &dueLong},
			Decision{Step: StepSignIn},
		},
		"rights over the tenant, the proof is old but of this flow": {
			Flow{UserID: alice, SignedIn: true, Request: Request{Scopes: scopes}},
			Facts{Client: third, Session: session, Asked: manages, Management: "https://id.example/api", Now: now},
			Decision{Step: StepSignIn},
		},
		"a second factor is added, the proof is old but of this flow": {
			Flow{UserID: alice, SignedIn: true},
			Facts{Client: first, Session: session, MFA: tenant.MFA{Policy: tenant.MFARequired}, Now: now},
			Decision{Step: StepSignIn},
		},
		"a passkey is offered, the proof is old": {
			Flow{Offer: true, Silent: true, SignedIn: true, UserID: alice}, Facts{Client: first, Session: session, Now: now}, Decision{Step: StepRespond},
		},
		"another password is due, signed in without one": {Flow{}, Facts{Client: first, Session: &dueElse}, Decision{Step: StepRespond}},
		"another password is due, and a second factor": {
			Flow{},
			Facts{Client: first, Session: due, MFA: tenant.MFA{Policy: tenant.MFARequired}},
			Decision{Step: StepEnrol},
		},
		"a breached password is flagged": {Flow{}, Facts{Client: first, Session: &breached}, Decision{Step: StepRespond}},
		"a breached password is changed": {
			Flow{},
			Facts{Client: first, Session: &breached, Password: tenant.PasswordPolicy{Breached: tenant.BreachedChange}},
			Decision{Step: StepPassword},
		},
		"a breached password takes a second factor": {
			Flow{},
			Facts{Client: first, Session: &breached, Password: tenant.PasswordPolicy{Breached: tenant.BreachedStepUp}},
			Decision{Step: StepEnrol},
		},
		"a breached password took a second factor": {
			Flow{},
			Facts{Client: first, Session: &stepped, Password: tenant.PasswordPolicy{Breached: tenant.BreachedStepUp}},
			Decision{Step: StepRespond},
		},
		"prompt=login": {Flow{Request: Request{Prompt: []string{"login"}}}, Facts{Client: first, Session: session}, Decision{Step: StepSignIn}},
		"prompt=login, signed in here": {
			Flow{UserID: alice, SignedIn: true, Request: Request{Prompt: []string{"login"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepRespond},
		},
		"prompt=login, signed in here, in a session that is over": {
			Flow{UserID: alice, SignedIn: true, SessionID: uuid.New(), Request: Request{Prompt: []string{"login"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepSignIn},
		},
		"max_age passed":  {Flow{Request: Request{MaxAge: seconds(60)}}, Facts{Client: first, Session: session}, Decision{Step: StepSignIn}},
		"max_age holds":   {Flow{Request: Request{MaxAge: seconds(7200)}}, Facts{Client: first, Session: session}, Decision{Step: StepRespond}},
		"max_age=0":       {Flow{Request: Request{MaxAge: seconds(0)}}, Facts{Client: first, Session: &identity.Session{UserID: alice, AuthTime: now}}, Decision{Step: StepSignIn}},
		"max_age, silent": {Flow{Request: Request{MaxAge: seconds(60), Prompt: []string{"none"}}}, Facts{Client: first, Session: session}, Decision{StepRefuse, "login_required"}},
		"max_age, slow typist signed in here": {
			Flow{UserID: alice, SignedIn: true, Request: Request{MaxAge: seconds(1)}},
			Facts{Client: first, Session: session},
			Decision{Step: StepRespond},
		},
		"hint names somebody else": {Flow{Request: Request{HintSubject: "bob"}}, Facts{Client: first, Session: session, Subject: "alice"}, Decision{Step: StepSignIn}},
		"hint names somebody else, silent": {
			Flow{Request: Request{HintSubject: "bob", Prompt: []string{"none"}}},
			Facts{Client: first, Session: session, Subject: "alice"},
			Decision{StepRefuse, "login_required"},
		},
		"hint names bob, alice signed in here": {
			Flow{UserID: alice, SignedIn: true, Request: Request{HintSubject: "bob"}},
			Facts{Client: first, Session: session, Subject: "alice"},
			Decision{StepRefuse, "login_required"},
		},
		"hint names the user": {Flow{Request: Request{HintSubject: "alice"}}, Facts{Client: first, Session: session, Subject: "alice"}, Decision{Step: StepRespond}},
		"essential acr is reached": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"urn:x", tenant.ACRPassword}}},
			Facts{Client: first, Session: &identity.Session{UserID: alice, AuthTime: now, ACR: tenant.ACRPassword, AMR: []string{"pwd"}}},
			Decision{Step: StepRespond},
		},
		"essential acr is below the one reached": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"low"}}},
			Facts{Client: first, ACRLevels: levels, Session: &identity.Session{UserID: alice, AuthTime: now, ACR: "high", AMR: []string{"hwk"}}},
			Decision{Step: StepRespond},
		},
		"essential acr is above the one reached": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"high"}}},
			Facts{Client: first, ACRLevels: levels, Session: low},
			Decision{Step: StepSignIn},
		},
		"essential acr is above the one reached, silent": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"high"}, Prompt: []string{"none"}}},
			Facts{Client: first, ACRLevels: levels, Session: low},
			Decision{StepRefuse, "login_required"},
		},
		"essential acr was not reached by signing in here": {
			Flow{UserID: alice, SignedIn: true, Request: Request{ACREssential: true, ACRValues: []string{"high"}}},
			Facts{Client: first, ACRLevels: levels, Session: low},
			Decision{StepRefuse, "unmet_authentication_requirements"},
		},
		"essential acr, the session's is no level any more": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"low", tenant.ACRPassword}}},
			Facts{Client: first, ACRLevels: levels, Session: &identity.Session{UserID: alice, AuthTime: now, ACR: tenant.ACRPassword, AMR: []string{"pwd"}}},
			Decision{Step: StepSignIn},
		},
		"essential acr, the session's takes more by now": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"high"}}},
			Facts{Client: first, ACRLevels: levels, Session: &identity.Session{UserID: alice, AuthTime: now, ACR: "high", AMR: []string{"pwd"}}},
			Decision{Step: StepSignIn},
		},
		"essential acr can be reached": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{tenant.ACRPassword}}},
			Facts{Client: first, Session: &identity.Session{UserID: alice, AuthTime: now}},
			Decision{Step: StepSignIn},
		},
		"essential acr cannot be reached": {
			Flow{Request: Request{ACREssential: true, ACRValues: []string{"urn:mace:incommon:iap:silver"}}},
			Facts{Client: first, Session: session},
			Decision{StepRefuse, "unmet_authentication_requirements"},
		},
		"acr is voluntary": {
			Flow{Request: Request{ACRValues: []string{"urn:mace:incommon:iap:silver"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepRespond},
		},
		"prompt=create": {Flow{Request: Request{Prompt: []string{"create"}}}, Facts{Client: first}, Decision{Step: StepSignUp}},
		"prompt=create with a session": {
			Flow{Request: Request{Prompt: []string{"create"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepSignUp},
		},
		"prompt=create, account made": {
			Flow{UserID: alice, SignedIn: true, Request: Request{Prompt: []string{"create"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepRespond},
		},
		"prompt=create, has an account": {
			Flow{HasAccount: true, Request: Request{Prompt: []string{"create"}}},
			Facts{Client: first},
			Decision{Step: StepSignIn},
		},
		"prompt=create, has an account and a session": {
			Flow{HasAccount: true, Request: Request{Prompt: []string{"create"}}},
			Facts{Client: first, Session: session},
			Decision{Step: StepSelectAccount},
		},
		"prompt=create, for a user who exists": {
			Flow{Request: Request{Prompt: []string{"create"}, HintSubject: "alice"}},
			Facts{Client: first},
			Decision{Step: StepSignIn},
		},
		"select_account":   {Flow{Request: Request{Prompt: []string{"select_account"}}}, Facts{Client: first, Session: session}, Decision{Step: StepSelectAccount}},
		"account selected": {Flow{UserID: alice, Chosen: true, Request: Request{Prompt: []string{"select_account"}}}, Facts{Client: first, Session: session}, Decision{Step: StepRespond}},
		"flow of another user than the session's": {
			Flow{UserID: bob, SignedIn: true, Consented: asked.Digest()},
			Facts{Client: third, Session: session},
			Decision{Step: StepSignIn},
		},
		"another account wanted": {Flow{Switch: true}, Facts{Client: first, Session: session}, Decision{Step: StepSignIn}},
		"refused by the user":    {Flow{Refused: "access_denied"}, Facts{Client: first, Session: session}, Decision{StepRefuse, "access_denied"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.facts.Now = now
			if got := tt.flow.Next(tt.facts); got != tt.want {
				t.Errorf("Next() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestFlowBind_forgetsWhatAnotherUserAnswered(t *testing.T) {
	t.Parallel()
	f := Flow{UserID: uuid.New(), Consented: "what was shown"}
	f.Bind(&identity.Session{ID: uuid.New(), UserID: uuid.New()})
	if f.Consented != "" {
		t.Error("a consent survived the change of user")
	}
}

// A step that has to be met somewhere has a page of its own; what answers the client has none.
func TestSteps_havePages(t *testing.T) {
	t.Parallel()
	seen := map[string]Step{}
	for _, r := range requirements {
		page := r.step.Page()
		if (page != "") != (r.step != StepRefuse) {
			t.Errorf("step %d has the page %q", r.step, page)
		}
		if other, taken := seen[page]; taken && other != r.step {
			t.Errorf("steps %d and %d share the page %q", r.step, other, page)
		}
		seen[page] = r.step
	}
	if page := StepRespond.Page(); page != "" {
		t.Errorf("the answer has the page %q", page)
	}
}
