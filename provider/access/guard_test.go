package access

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/inspection"
	"plinto/tenant"
)

const issuer = "https://a.example"

// tokens know some.
type tokens map[string]*inspection.Inspected

func (t tokens) InspectAccess(_ context.Context, token string) (*inspection.Inspected, error) {
	if token == "down" {
		return nil, errors.New("no database")
	}
	if i, ok := t[token]; ok {
		return i, nil
	}
	return nil, provider.ErrTokenUnknown
}

func inspected(audience, scope string) *inspection.Inspected {
	i := &inspection.Inspected{}
	i.Claims.Audience, i.Claims.Scope = []string{audience}, scope
	return i
}

// RFC 6750 §3.1: each refusal has its status, code and challenge.
func TestRequire_refusesByTheBook_RFC6750_3_1(t *testing.T) {
	t.Parallel()
	g := &Guard{Tokens: tokens{"good": inspected(issuer, "openid users:read"), "foreign": inspected("https://api.example", "users:read")}}
	type asked struct {
		method, query, header, form string
		scopes                      []string
	}
	for name, tt := range map[string]struct {
		asked
		status int // 0: let through
		header string
	}{
		"good":                     {asked{header: "Bearer good", scopes: []string{"users:read"}}, 0, ""},
		"scheme in capitals":       {asked{header: "BEARER good"}, 0, ""},
		"in a form":                {asked{method: http.MethodPost, form: "access_token=good"}, 0, ""},
		"good, after spaces":       {asked{header: "bearer   good", scopes: []string{"users:read"}}, 0, ""},
		"none":                     {asked{}, 401, `Bearer realm="` + issuer + `"`},
		"another scheme":           {asked{header: "Basic Z29vZDpnb29k"}, 401, `Bearer realm="` + issuer + `"`},
		"unknown":                  {asked{header: "Bearer bad"}, 401, `error="invalid_token"`},
		"in the query":             {asked{query: "?access_token=good"}, 400, `error="invalid_request"`},
		"in header and form":       {asked{method: http.MethodPost, header: "Bearer good", form: "access_token=good"}, 400, `error="invalid_request"`},
		"without the scope":        {asked{header: "Bearer good", scopes: []string{"openid", "users:write"}}, 403, `error="insufficient_scope"`},
		"which scopes are missing": {asked{header: "Bearer good", scopes: []string{"openid", "users:write"}}, 403, `scope="openid users:write"`},
		"for another server":       {asked{header: "Bearer foreign", scopes: []string{"users:read"}}, 403, `error="insufficient_scope"`},
	} {
		method := http.MethodGet
		if tt.method != "" {
			method = tt.method
		}
		r := httptest.NewRequest(method, issuer+"/users"+tt.query, strings.NewReader(tt.form))
		if tt.asked.header != "" {
			r.Header.Set("Authorization", tt.asked.header)
		}
		if tt.form != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}
		r = r.WithContext(tenant.With(r.Context(), &tenant.Tenant{Issuer: issuer}))
		got, err := g.Require(r, tt.scopes...)
		if tt.status == 0 {
			if err != nil || got == nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var refused *web.OAuthError
		if !errors.As(err, &refused) || refused.Status != tt.status || !strings.Contains(refused.Header.Get("WWW-Authenticate"), tt.header) {
			t.Errorf("%s: %v, %+v; want %d %s", name, err, refused, tt.status, tt.header)
		}
	}
}

// A token that cannot be looked up is not called bad: the client would throw it away.
func TestRequire_saysNothingOfTokensThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, issuer+"/users", nil)
	r.Header.Set("Authorization", "Bearer down")
	r = r.WithContext(tenant.With(r.Context(), &tenant.Tenant{Issuer: issuer}))
	_, err := (&Guard{Tokens: tokens{}}).Require(r)
	var refused *web.OAuthError
	if err == nil || errors.As(err, &refused) {
		t.Errorf("got %v, want the error itself", err)
	}
}
