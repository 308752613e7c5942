package provider

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
)

// FED-23: whatever else holds, a session of a provider that the client does not take is none for it, also right after the sign-in.
func TestFlowNext_takesNoSessionOfAnotherProvider(t *testing.T) {
	t.Parallel()
	session := &identity.Session{ID: uuid.New(), UserID: uuid.New(), AuthTime: time.Now()}
	facts := Facts{Now: time.Now(), Client: &Client{FirstParty: true}, Session: session, OtherProvider: true}
	for name, flow := range map[string]*Flow{"before": {}, "signed in": {UserID: session.UserID, SessionID: session.ID, SignedIn: true}} {
		if got := flow.Next(facts); got != (Decision{Step: StepSignIn}) || flow.Why(facts) != WhyProvider {
			t.Errorf("%s: %+v, %s", name, got, flow.Why(facts))
		}
		flow.Request.Prompt = []string{PromptNone}
		if got := flow.Next(facts); got.Error != "login_required" {
			t.Errorf("%s, silently: %+v", name, got)
		}
	}
}

func TestFlowWhy_namesTheRequirementThatIsNotMet(t *testing.T) {
	t.Parallel()
	now, alice, bob := time.Now(), uuid.New(), uuid.New()
	session := &identity.Session{ID: uuid.New(), UserID: alice, AuthTime: now.Add(-time.Hour)}
	minute := int64(60)
	own, other := &Client{FirstParty: true}, &Client{}
	for want, c := range map[string]struct {
		flow    Flow
		client  *Client
		session *identity.Session
	}{
		"":              {Flow{}, own, session},
		WhyUser:         {Flow{Refused: "access_denied"}, own, session},
		WhyNobody:       {Flow{}, own, nil},
		WhyOtherUser:    {Flow{UserID: bob}, own, session},
		WhyPromptLogin:  {Flow{Request: Request{Prompt: []string{"login"}}}, own, session},
		WhyPromptCreate: {Flow{Request: Request{Prompt: []string{"create"}}}, own, session},
		WhyPromptSelect: {Flow{Request: Request{Prompt: []string{"select_account"}}}, own, session},
		WhyPromptAgain:  {Flow{Request: Request{Prompt: []string{"consent"}}}, own, session},
		WhyMaxAge:       {Flow{Request: Request{MaxAge: &minute}}, own, session},
		WhyHint:         {Flow{Request: Request{HintSubject: "somebody"}}, own, session},
		WhyACR:          {Flow{Request: Request{ACRValues: []string{"unknown"}, ACREssential: true}}, own, session},
		WhyNoConsent:    {Flow{}, other, session},
		WhyImpersonable: {Flow{Request: Request{RedirectURI: "com.example.app:/cb"}}, &Client{Metadata: Metadata{ApplicationType: ApplicationNative, TokenEndpointAuthMethod: AuthNone}}, session},
	} {
		facts := Facts{Now: now, Client: c.client, Session: c.session}
		if got := c.flow.Why(facts); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if decision := c.flow.Next(facts); (decision.Step == StepRespond) != (want == "") {
			t.Errorf("%q: decided on %v", want, decision)
		}
	}
}
