package userinfo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/engine"
	"plinto/tenant"
)

// A Handler serves GET and POST /oauth2/userinfo.
type Handler struct {
	Engine  *engine.Engine
	Clients provider.Clients
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodPost:
		web.OAuth(h.userinfo).ServeHTTP(w, r)
	case http.MethodOptions:
		web.Preflight(w, r, "GET, POST")
	default:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		web.MethodNotAllowed(w, r)
	}
}

func (h *Handler) userinfo(w http.ResponseWriter, r *http.Request) error {
	inspected, err := h.authenticate(r)
	var refused *web.OAuthError
	if errors.As(err, &refused) {
		// Any page may read that its token is no good: it has to get another one.
		web.AllowOrigin(w, r, []string{r.Header.Get("Origin")})
	}
	if err != nil {
		return err
	}
	client, err := h.Clients.ByClientID(r.Context(), inspected.Claims.ClientID)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	if r.Header.Get("Origin") != "" {
		web.AllowOrigin(w, r, client.Origins())
	}
	claims := provider.UserinfoClaims(inspected.Claims.Subject, &inspected.User, inspected.Scopes(), inspected.Grant.Claims)
	body, contentType, err := h.answer(r, client, claims)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) //nolint:gosec // JSON or a JWT, typed as such and nosniff; a client that is gone cannot be told
	return nil
}

// answer writes the claims as the client registered: JSON, or a JWT that also says
// who says so to whom (OpenID Connect Core 1.0 §5.3.2).
func (h *Handler) answer(r *http.Request, c *provider.Client, claims map[string]any) (body []byte, contentType string, err error) {
	wrapped := c.UserinfoSignedAlg != "" || c.UserinfoEncryptedAlg != ""
	if wrapped {
		claims["iss"], claims["aud"] = tenant.Must(r.Context()).Issuer, c.ClientID
	}
	if body, err = json.Marshal(claims); err != nil {
		return nil, "", fmt.Errorf("write userinfo: %w", err)
	}
	if !wrapped {
		return body, "application/json", nil
	}
	token, err := h.Engine.Seal(r.Context(), c, engine.Sealing{
		SignAlg: c.UserinfoSignedAlg, EncryptAlg: c.UserinfoEncryptedAlg, EncryptEnc: c.UserinfoEncryptedEnc,
	}, "", body)
	if err != nil {
		return nil, "", fmt.Errorf("seal userinfo: %w", err)
	}
	return []byte(token), "application/jwt", nil
}

// authenticate returns the live access token of the request, if it is for userinfo.
func (h *Handler) authenticate(r *http.Request) (*engine.Inspected, error) {
	token, err := bearer(r)
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, challenge(r, http.StatusUnauthorized, "", "")
	}
	inspected, err := h.Engine.InspectAccess(r.Context(), token)
	if errors.Is(err, provider.ErrTokenUnknown) {
		return nil, challenge(r, http.StatusUnauthorized, "invalid_token", "the access token is unknown, expired or revoked")
	}
	if err != nil {
		return nil, err
	}
	if !inspected.ForUser() || !slices.Contains(inspected.Scopes(), provider.ScopeOpenID) || !forUs(r, inspected) {
		return nil, challenge(r, http.StatusForbidden, "insufficient_scope", "the access token was not issued for userinfo")
	}
	return inspected, nil
}

// forUs: a token for a resource server alone is no business of userinfo.
func forUs(r *http.Request, i *engine.Inspected) bool {
	return slices.Contains(i.Claims.Audience, tenant.Must(r.Context()).Issuer)
}

// bearer finds the token in the header or, of a form, in the body (RFC 6750 §2).
// More than one is an error, and so is one in the query: that ends up in logs
// (RFC 9700 §4.3.2).
func bearer(r *http.Request) (string, error) {
	var found []string
	for _, line := range r.Header["Authorization"] {
		if scheme, token, _ := strings.Cut(line, " "); strings.EqualFold(scheme, "Bearer") {
			found = append(found, strings.TrimSpace(token))
		}
	}
	if r.Method == http.MethodPost && isForm(r) {
		form, err := web.ParseForm(r, web.MaxForm)
		if err != nil {
			return "", err
		}
		found = append(found, form["access_token"]...)
	}
	if len(found) > 1 || r.URL.RawQuery != "" && !plainQuery(r.URL.RawQuery) {
		return "", challenge(r, http.StatusBadRequest, "invalid_request", "the access token is sent in more than one way or in the query, or a parameter is repeated")
	}
	if len(found) == 0 {
		return "", nil
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

// challenge is a refusal with its WWW-Authenticate (RFC 6750 §3). A request
// without any token gets a challenge without an error code.
func challenge(r *http.Request, status int, code, description string) error {
	value := `Bearer realm="` + tenant.Must(r.Context()).Issuer + `"`
	if code != "" {
		value += `, error="` + code + `", error_description="` + description + `"`
	} else {
		code, description = "invalid_token", "an access token is required"
	}
	if code == "insufficient_scope" {
		value += `, scope="openid"`
	}
	return &web.OAuthError{Code: code, Description: description, Status: status, Header: http.Header{"Www-Authenticate": {value}}}
}
