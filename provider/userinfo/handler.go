package userinfo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plinto/internal/fault"
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
	token, err := bearer(r)
	if err != nil {
		return err
	}
	if token == "" {
		return challenge(r, http.StatusUnauthorized, "", "")
	}
	inspected, err := h.Engine.InspectAccess(r.Context(), token)
	if errors.Is(err, fault.NotFound) {
		return challenge(r, http.StatusUnauthorized, "invalid_token", "the access token is unknown, expired or revoked")
	}
	if err != nil {
		return err
	}
	if !inspected.ForUser() || !slices.Contains(inspected.Scopes(), provider.ScopeOpenID) || !forUs(r, inspected) {
		return challenge(r, http.StatusForbidden, "insufficient_scope", "the access token was not issued for userinfo")
	}
	h.allow(w, r, inspected.Claims.ClientID)
	body, err := json.Marshal(provider.UserinfoClaims(&inspected.User, inspected.Scopes(), inspected.Grant.Claims))
	if err != nil {
		return fmt.Errorf("write userinfo: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}

// forUs: a token for a resource server alone is no business of userinfo.
func forUs(r *http.Request, i *engine.Inspected) bool {
	return slices.Contains(i.Claims.Audience, tenant.Must(r.Context()).Issuer)
}

func (h *Handler) allow(w http.ResponseWriter, r *http.Request, clientID string) {
	if r.Header.Get("Origin") == "" {
		return
	}
	if c, err := h.Clients.ByClientID(r.Context(), clientID); err == nil {
		web.AllowOrigin(w, r, c.Origins())
	}
}

// bearer finds the token in the header or, of a form, in the body (RFC 6750 §2);
// in both is an error, and in the query it is never looked for (RFC 9700 §4.3.2).
func bearer(r *http.Request) (string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") == "" {
		return strings.TrimSpace(token), nil
	}
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return "", err
	}
	if token != "" && form.Has("access_token") {
		return "", challenge(r, http.StatusBadRequest, "invalid_request", "the access token is sent in more than one way")
	}
	if token == "" {
		token = form.Get("access_token")
	}
	return strings.TrimSpace(token), nil
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
