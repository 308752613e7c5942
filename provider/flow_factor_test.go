package provider

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

// DVC-11: a remembered browser does not stand in for the factor where a passkey reaches what the client asks for, as a code does not.
func TestFlow_takesNoDeviceForAKey(t *testing.T) {
	t.Parallel()
	levels := tenant.ACRLevels{{ACR: "low", AMR: []string{"pwd"}}, {ACR: "key", AMR: []string{"pwd", "hwk"}}}
	synced := tenant.ACRLevels{{ACR: "low", AMR: []string{"pwd"}}, {ACR: "key", AMR: []string{"swk", "user"}}}
	beyond := tenant.ACRLevels{{ACR: "low", AMR: []string{"pwd"}}, {ACR: "key", AMR: []string{"fed", "hwk"}}}
	now := time.Now()
	session := &identity.Session{ID: uuid.New(), UserID: uuid.New(), AMR: []string{"pwd"}, ACR: "low", AuthTime: now, SecondFactor: true, WaivedBy: uuid.New()}
	for name, c := range map[string]struct {
		levels    tenant.ACRLevels
		wanted    string
		essential bool
		want      Step
	}{
		"a key":                           {levels, "key", false, StepFactor},
		"a key, essential":                {levels, "key", true, StepFactor},
		"a key that is synced":            {synced, "key", false, StepFactor},
		"a key that is synced, essential": {synced, "key", true, StepFactor},
		"what the password reaches":       {levels, "low", true, StepRespond},
		"what no factor reaches":          {beyond, "key", false, StepRespond},
		"nothing":                         {levels, "", false, StepRespond},
	} {
		for _, signedIn := range []bool{false, true} {
			flow := Flow{UserID: session.UserID, Request: Request{ClientID: "app", ACREssential: c.essential}}
			if c.wanted != "" {
				flow.Request.ACRValues = []string{c.wanted}
			}
			if signedIn {
				flow.SignedIn, flow.SessionID = true, session.ID
			}
			if got := flow.Next(Facts{Now: now, Client: &Client{FirstParty: true}, Session: session, ACRLevels: c.levels}); got.Step != c.want {
				t.Errorf("%s, signed in here: %v: got %+v", name, signedIn, got)
			}
		}
	}
}
