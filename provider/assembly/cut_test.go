package assembly

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/identity"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// assembled assembles the usual request with those parameters instead.
func assembled(t *testing.T, with url.Values) (*Result, error) {
	t.Helper()
	a, ctx, _ := world()
	a.SignUp = func(*tenant.Tenant) bool { return false }
	query, err := url.ParseQuery(usual)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range with {
		query[name] = values
	}
	params, err := web.ParseQueryRepeatable(query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return a.Assemble(ctx, params)
}

// NET-21: a stranger's link makes the server and the browser carry what means something
// and nothing else, however long it is.
func TestAssemble_keepsNothingThatMeansNothing(t *testing.T) {
	t.Parallel()
	padding := strings.Repeat("x", 500)
	got, err := assembled(t, url.Values{
		"ui_locales": {"tlh " + padding + " de fr-" + padding}, "acr_values": {padding + " " + tenant.ACRPassword + " " + tenant.ACRPassword + " " + padding},
		"prompt": {strings.Repeat("login consent ", 300)}, "login_hint": {padding}, "display": {padding}, "claims_locales": {padding}, padding[:100]: {padding},
		"claims": {`{"userinfo":{"email":null,"` + padding + `":null},"id_token":{"` + padding + `":{"essential":true}},"` + padding + `":{}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Request
	if !cmp.Equal(r.UILocales, []string{"de"}) || !cmp.Equal(r.ACRValues, []string{tenant.ACRPassword}) || !cmp.Equal(r.Prompt, []string{"consent", "login"}) || r.LoginHint != "" || string(r.Claims) != `{"userinfo":{"email":null}}` {
		t.Errorf("kept locales %q, acr %q, prompt %q, hint %q, claims %s", r.UILocales, r.ACRValues, r.Prompt, r.LoginHint, r.Claims)
	}
}

// Identity providers are compared with it in nanoseconds, where ten thousand million seconds are a negative number.
func TestAssemble_ageHasAnEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"60": 60, "9999999999": longestAge, "9223372036854775807": longestAge} {
		got, err := assembled(t, url.Values{"max_age": {text}})
		if err != nil || got.Request.MaxAge == nil || *got.Request.MaxAge != want || time.Duration(*got.Request.MaxAge)*time.Second < 0 {
			t.Errorf("max_age=%s is %v, %v", text, got, err)
		}
	}
}

// What nobody can reach is not carried, but that it was essential is: the request fails.
func TestAssemble_remembersThatAnUnreachableClassWasEssential(t *testing.T) {
	t.Parallel()
	got, err := assembled(t, url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"values":["urn:mace:incommon:iap:silver"]}}}`}, "acr_values": {tenant.ACRPassword}})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Request.ACREssential || len(got.Request.ACRValues) != 0 {
		t.Errorf("essential %t, values %q", got.Request.ACREssential, got.Request.ACRValues)
	}
	flow := provider.Flow{Request: got.Request}
	facts := provider.Facts{Client: got.Client, Session: &identity.Session{ACR: tenant.ACRPassword}}
	if d := flow.Next(facts); d.Error != "unmet_authentication_requirements" {
		t.Errorf("decided %+v", d)
	}
}

// RFC 6749 §4.1.2.1: the error gives the state back as it came, in the mode asked for.
func TestAssemble_errorsKeepTheState(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s", MaxState)
	for name, c := range map[string]struct {
		with        url.Values
		code, state string
	}{
		"as long as it may be":    {url.Values{"state": {long}}, "", long},
		"longer":                  {url.Values{"state": {long + "x"}, "response_mode": {"form_post"}}, "invalid_request", long + "x"},
		"with control characters": {url.Values{"state": {"a\nb"}, "response_mode": {"form_post"}}, "invalid_request", "a\nb"},
		"beside another error":    {url.Values{"state": {long}, "scope": {"no-such"}}, "invalid_scope", long},
		"beside a bad mode":       {url.Values{"state": {long}, "response_mode": {"smoke"}}, "invalid_request", long},
		"given twice":             {url.Values{"state": {"a", "b"}}, "invalid_request", ""},
	} {
		got, err := assembled(t, c.with)
		var refused *Refusal
		if errors.As(err, &refused) != (c.code != "") || refused != nil && refused.Code != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
		if !got.Answerable || got.Request.State != c.state {
			t.Errorf("%s: answerable %t, state of %d bytes, want %d", name, got.Answerable, len(got.Request.State), len(c.state))
		}
		if mode := c.with.Get("response_mode"); mode == "form_post" && got.Request.ResponseMode != mode {
			t.Errorf("%s: answered by %s", name, got.Request.ResponseMode)
		}
	}
}

// RED-21: that a request is silent is known before anything else of it is.
func TestAssemble_knowsSilentRequestsFromTheirFirstError(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]bool{"none": true, "none login": true, "login": false, "": false} {
		got, err := assembled(t, url.Values{"prompt": {prompt}, "scope": {"no-such"}})
		if err == nil || got.Request.Prompts("none") != want {
			t.Errorf("%q: %v, silent %t", prompt, err, got.Request.Prompts("none"))
		}
	}
}
