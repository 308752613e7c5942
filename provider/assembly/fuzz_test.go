package assembly

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// FuzzAssemble sends whatever it likes as the query of an authorization request.
// Nothing may fail but by a refusal, nothing may be answered to an address that is
// not registered, and what is accepted is within what the client may ask for.
func FuzzAssemble(f *testing.F) {
	for _, seed := range []string{
		usual, "", "client_id=web", "client_id=web&client_id=web", strings.ReplaceAll(usual, "S256", "plain"),
		usual + "&prompt=none+login", usual + "&max_age=-1", usual + "&max_age=99999999999999999999", usual + "&response_mode=form_post.jwt",
		usual + `&claims={"id_token":{"acr":{"essential":true,"values":["a"]},"sub":{"value":"user_1"}}}`, usual + `&claims={"id_token":{"acr":1}}`,
		usual + "&request=e30.e30.", usual + "&request_uri=urn:ietf:params:oauth:request_uri:x", usual + "&scope=openid", usual + "&resource=a&resource=b",
		strings.Replace(usual, "rp.example", "rp.example%40evil.example", 1), strings.Replace(usual, "state=0", "state=%00", 1), usual + "&id_token_hint=x.y.z",
	} {
		f.Add(seed)
	}
	a, ctx, o := world()
	a.SignUp = func(*tenant.Tenant) bool { return false }
	allowed, err := a.Scopes.Allowed(ctx, &o.client)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		params, err := web.ParseQueryRepeatable(query)
		if err != nil {
			return
		}
		if params.Has("request") || params.Has("request_uri") || params.Has("id_token_hint") {
			return // the packages that open tokens have fuzz tests of their own
		}
		result, err := a.Assemble(ctx, params)
		if err != nil {
			var refused *Refusal
			if !errors.As(err, &refused) && fault.KindOf(err) == "" {
				t.Fatalf("%q: %v is no refusal", query, err)
			}
		}
		if result == nil {
			return
		}
		if result.Answerable && !slices.Contains(o.client.RedirectURIs, result.Request.RedirectURI) {
			t.Errorf("%q: answered to %q", query, result.Request.RedirectURI)
		}
		if err == nil {
			accepted(t, query, result.Request, allowed)
		}
	})
}

func accepted(t *testing.T, query string, r provider.Request, allowed []string) {
	t.Helper()
	for _, s := range r.Scopes {
		if !slices.Contains(allowed, s) {
			t.Errorf("%q: scope %q", query, s)
		}
	}
	if !slices.Contains([]string{"query", "form_post", "query.jwt", "form_post.jwt", "fragment.jwt"}, r.ResponseMode) {
		t.Errorf("%q: response_mode %q", query, r.ResponseMode)
	}
	if len(r.State) > MaxState || len(r.Nonce) > maxNonce || !visible(r.State+r.Nonce+r.LoginHint) {
		t.Errorf("%q: state %q, nonce %q, login_hint %q", query, r.State, r.Nonce, r.LoginHint)
	}
	if slices.Contains(r.Prompt, "none") && len(r.Prompt) > 1 || r.MaxAge != nil && *r.MaxAge < 0 || r.Challenge != "" && !isS256(r.Challenge) {
		t.Errorf("%q: %+v", query, r)
	}
}
