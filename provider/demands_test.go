package provider

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/organization"
	"plinto/tenant"
)

func TestDemandsOf_areTheOrganizationsOwn(t *testing.T) {
	t.Parallel()
	off := tenant.MFA{Policy: tenant.MFAOff, Passkeys: tenant.PasskeysOff}
	for name, c := range map[string]struct {
		mfa    tenant.MFA
		policy organization.Policy
		want   Demands
	}{
		"nothing":                         {},
		"a factor":                        {policy: organization.Policy{MFA: tenant.MFARequired}, want: Demands{Factor: true}},
		"a factor where there are none":   {mfa: off, policy: organization.Policy{MFA: tenant.MFARequired}},
		"passwords":                       {policy: organization.Policy{SignInMethods: []string{organization.MethodPassword}}, want: Demands{NoPasskey: true, NoMail: true}},
		"passkeys":                        {policy: organization.Policy{SignInMethods: []string{organization.MethodPasskey}}, want: Demands{NoPassword: true, NoMail: true}},
		"passkeys where there are none":   {mfa: off, policy: organization.Policy{SignInMethods: []string{organization.MethodPasskey}}, want: Demands{NoPassword: true, NoPasskey: true, NoMail: true}},
		"passwords where there is no key": {mfa: off, policy: organization.Policy{SignInMethods: []string{organization.MethodPassword}}},
		"short sessions":                  {policy: organization.Policy{SessionTTL: tenant.Duration(time.Hour), SessionIdleTTL: tenant.Duration(time.Minute)}, want: Demands{Age: time.Hour, Idle: time.Minute}},
	} {
		if got := DemandsOf(&tenant.Settings{MFA: c.mfa}, &c.policy); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// ORG-10, ORG-11, ORG-12: what a session has to show for an organization, and where the user goes when it does not.
func TestFlowNext_holdsWhatTheOrganizationAsksFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	fresh, old := now.Add(-time.Minute), now.Add(-2*time.Hour)
	password, key, both := []string{"pwd"}, []string{"swk", "user", "mfa"}, []string{"pwd", "otp", "mfa"}
	session := func(amr []string, auth, seen time.Time, gap time.Duration) identity.Session {
		return identity.Session{ID: uuid.New(), UserID: uuid.New(), AMR: amr, AuthTime: auth, SeenAt: seen, Gap: gap, SecondFactor: len(amr) > 1}
	}
	waived := session(password, fresh, now, 0)
	waived.SecondFactor, waived.WaivedBy = true, uuid.New()
	factor, hour, noPassword, noKey := Demands{Factor: true}, Demands{Age: time.Hour, Idle: 30 * time.Minute}, Demands{NoPassword: true}, Demands{NoPasskey: true}
	passes, asks := Decision{Step: StepRespond}, Decision{Step: StepSignIn}
	for name, c := range map[string]struct {
		demands Demands
		session identity.Session
		want    Decision
	}{
		"nothing":                         {Demands{}, session(password, old, old, old.Sub(old)), passes},
		"a factor, none":                  {factor, session(password, fresh, now, 0), Decision{Step: StepEnrol}},
		"a factor, proved":                {factor, session(both, fresh, now, 0), passes},
		"a factor, a passkey":             {factor, session(key, fresh, now, 0), passes},
		"a factor, a remembered browser":  {factor, waived, Decision{Step: StepFactor}},
		"nothing, a remembered browser":   {Demands{}, waived, passes},
		"short sessions, fresh":           {hour, session(password, fresh, now, 0), passes},
		"short sessions, old":             {hour, session(password, old, now, 0), asks},
		"short sessions, idle":            {hour, session(password, now.Add(-50*time.Minute), now.Add(-40*time.Minute), 0), asks},
		"short sessions, idle in between": {hour, session(password, now.Add(-50*time.Minute), now, 40*time.Minute), asks},
		"no password, a password":         {noPassword, session(password, fresh, now, 0), asks},
		"no password, a passkey":          {noPassword, session(key, fresh, now, 0), passes},
		"no passkey, a password":          {noKey, session(password, fresh, now, 0), passes},
		"no passkey, a passkey":           {noKey, session(key, fresh, now, 0), asks},
		"nobody can sign in":              {Demands{NoPassword: true, NoPasskey: true}, session(both, fresh, now, 0), Decision{StepRefuse, "unmet_authentication_requirements"}},
	} {
		m := Membership{ID: uuid.New(), Demands: c.demands}
		flow := Flow{Request: Request{ClientID: "app", Organization: "acme"}, Organization: m}
		facts := Facts{Now: now, Client: &Client{FirstParty: true}, Session: &c.session, Memberships: []Membership{m}}
		if got := flow.Next(facts); got != c.want {
			t.Errorf("%s: got %+v (%s), want %+v", name, got, flow.Why(facts), c.want)
		}
		flow.UserID, flow.SessionID, flow.SignedIn = c.session.UserID, c.session.ID, true
		proved := c.want
		if proved == asks && c.demands == hour {
			proved = passes // it was proved just now
		}
		if got := flow.Next(facts); got != proved {
			t.Errorf("%s, signed in: got %+v, want %+v", name, got, proved)
		}
		flow.Request.Prompt = []string{PromptNone}
		if got := flow.Next(facts); (proved == passes) != (got == passes) {
			t.Errorf("%s, silently: got %+v", name, got)
		}
	}
}

// ORG-13: what a grant has to show when it is used again.
func TestDemands_meets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		demands Demands
		amr     []string
		want    bool
	}{
		"nothing":              {Demands{}, nil, true},
		"a factor, without":    {Demands{Factor: true}, []string{"pwd"}, false},
		"a factor, with":       {Demands{Factor: true}, []string{"pwd", "otp", "mfa"}, true},
		"no mail":              {Demands{NoMail: true}, []string{"email", "otp", "mfa"}, false},
		"mail":                 {Demands{}, []string{"email"}, true},
		"no mail, password":    {Demands{NoMail: true}, []string{"pwd"}, true},
		"no password":          {Demands{NoPassword: true}, []string{"pwd", "otp", "mfa"}, false},
		"no password, passkey": {Demands{NoPassword: true}, []string{"pwd", "hwk", "user", "mfa"}, true},
		"no passkey":           {Demands{NoPasskey: true}, []string{"hwk", "user", "mfa"}, false},
		"no passkey, neither":  {Demands{NoPasskey: true}, []string{"otp"}, false},
		"no password, neither": {Demands{NoPassword: true}, []string{"otp"}, false},
		"any way":              {Demands{}, []string{"otp"}, true},
		"no passkey, password": {Demands{NoPasskey: true}, []string{"pwd", "hwk", "user"}, true},
	} {
		if got := c.demands.Meets(c.amr); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
