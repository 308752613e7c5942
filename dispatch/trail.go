package dispatch

import (
	"context"
	"strconv"
	"strings"
	"time"

	"plinto/internal/logs"
	"plinto/internal/web"
	"plinto/provider"
)

// steps are how the trail of a request calls them.
var steps = map[provider.Step]string{
	provider.StepSignIn: "sign_in", provider.StepSignUp: "sign_up", provider.StepSelectAccount: "select_account",
	provider.StepDevice: "device_code", provider.StepFactor: "second_factor", provider.StepEnrol: "enrol", provider.StepCodes: "recovery_codes",
	provider.StepPassword: "new_password", provider.StepOffer: "passkey_offer", provider.StepPasskey: "passkey_demanded",
	provider.StepConnect: "connect_identity", provider.StepKeep: "keep_account",
	provider.StepOrganization: "organization", provider.StepConsent: "consent", provider.StepRespond: "respond", provider.StepRefuse: "refuse",
}

// note adds a decision to the trail of the request, with what it was made of.
func note(ctx context.Context, flow *provider.Flow, facts provider.Facts, decision provider.Decision) {
	trail := web.TrailOf(ctx)
	trail.ClientID, trail.Flow = flow.Request.ClientID, flow.ID.String()
	logs.Note(ctx, logs.ClientID, flow.Request.ClientID)
	said := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			said[name] = value
		}
	}
	set("error", decision.Error)
	set("prompt", strings.Join(flow.Request.Prompt, " "))
	set("acr_values", strings.Join(flow.Request.ACRValues, " "))
	if flow.Request.MaxAge != nil {
		set("max_age", strconv.FormatInt(*flow.Request.MaxAge, 10))
	}
	if s := facts.Session; s != nil {
		set("acr", s.ACR)
		set("amr", strings.Join(s.AMR, " "))
		set("session_age", facts.Now.Sub(s.AuthTime).Round(time.Second).String())
		set("proved_in_flow", strconv.FormatBool(flow.SignedIn && flow.SessionID == s.ID))
	}
	trail.Decide(steps[decision.Step], flow.Why(facts), said)
}
