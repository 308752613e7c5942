package access

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"plinto/identity"
	"plinto/internal/logs"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/inspection"
	"plinto/tenant"
)

// An Inspector knows access tokens. *inspection.Inspector is one.
type Inspector interface {
	// InspectAccess returns what a live token says. provider.ErrTokenUnknown.
	InspectAccess(ctx context.Context, token string) (*inspection.Inspected, error)
}

// A Guard lets requests with a good access token through.
type Guard struct{ Tokens Inspector }

// Require returns the token of the request if it is alive, for this server and of all of
// the scopes. Otherwise a *web.OAuthError with the challenge of RFC 6750 §3:
// invalid_request (400), invalid_token (401) or insufficient_scope (403).
func (g *Guard) Require(r *http.Request, scopes ...string) (*inspection.Inspected, error) {
	token, err := Bearer(r)
	if err != nil {
		return nil, err
	}
	return g.Admit(r, token, tenant.Must(r.Context()).Issuer, scopes...)
}

// Admit is Require of a token that Bearer found, for any audience.
func (g *Guard) Admit(r *http.Request, token, audience string, scopes ...string) (*inspection.Inspected, error) {
	inspected, err := g.Tokens.InspectAccess(r.Context(), token)
	if errors.Is(err, provider.ErrTokenUnknown) {
		return nil, Challenge(r, http.StatusUnauthorized, "invalid_token", "the access token is unknown, expired or revoked")
	}
	if err != nil {
		return nil, err
	}
	// A token for another audience alone is no business of this one's endpoints.
	if !slices.Contains(inspected.Claims.Audience, audience) || !hasAll(inspected.Scopes(), scopes) {
		return nil, Insufficient(r, scopes...)
	}
	logs.Note(r.Context(), logs.ClientID, inspected.Claims.ClientID)
	if inspected.ForUser() {
		logs.NoteID(r.Context(), logs.UserID, identity.UserPrefix, inspected.Grant.UserID)
	}
	return inspected, nil
}

// Insufficient refuses a good token that is not for what is asked of it, and names the
// scopes that are needed.
func Insufficient(r *http.Request, scopes ...string) error {
	return Challenge(r, http.StatusForbidden, "insufficient_scope", "the access token was not issued for this", scopes...)
}

func hasAll(has, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(has, s) })
}

// Bearer finds the token in the header or, of a form, in the body (RFC 6750 §2). None is an error,
// more than one too, and so is one in the query: that ends up in logs (RFC 9700 §4.3.2).
func Bearer(r *http.Request) (string, error) {
	var found []string
	for _, line := range r.Header["Authorization"] {
		if scheme, token := web.Credentials(line); strings.EqualFold(scheme, "Bearer") {
			found = append(found, strings.TrimSpace(token))
		}
	}
	if r.Method == http.MethodPost && isForm(r) {
		form, err := web.ParseForm(r, web.MaxForm)
		if err != nil {
			return "", err
		}
		found = append(found, form.Given("access_token")...)
	}
	if len(found) > 1 || r.URL.RawQuery != "" && !plainQuery(r.URL.RawQuery) {
		return "", Challenge(r, http.StatusBadRequest, "invalid_request", "the access token is sent in more than one way or in the query, or a parameter is repeated")
	}
	if len(found) == 0 || found[0] == "" {
		return "", Challenge(r, http.StatusUnauthorized, "", "")
	}
	return found[0], nil
}

// plainQuery reports whether a query holds no token and no parameter twice (RFC 6750
// §3.1). Nothing else of it is read.
func plainQuery(raw string) bool {
	query, err := web.ParseQuery(raw)
	return err == nil && !query.Has("access_token")
}

func isForm(r *http.Request) bool {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// Challenge is a refusal with its WWW-Authenticate (RFC 6750 §3). A request without any
// token gets a challenge without an error code (""). scopes are those that are needed.
func Challenge(r *http.Request, status int, code, description string, scopes ...string) *web.OAuthError {
	value := `Bearer realm="` + tenant.Must(r.Context()).Issuer + `"`
	if code != "" {
		value += `, error="` + code + `", error_description="` + description + `"`
	} else {
		code, description = "invalid_token", "an access token is required"
	}
	if len(scopes) > 0 {
		value += `, scope="` + strings.Join(scopes, " ") + `"`
	}
	return &web.OAuthError{Code: code, Description: description, Status: status, Header: http.Header{"Www-Authenticate": {value}}}
}
