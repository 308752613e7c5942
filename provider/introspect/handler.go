package introspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/inspection"
	"plinto/tenant"
)

// A Handler serves POST /oauth2/introspect.
type Handler struct {
	Clients *clientauth.Authenticator
	Tokens  *inspection.Inspector
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowMethods(w, r, "POST") {
		web.OAuth(h.introspect).ServeHTTP(w, r)
	}
}

// answer holds the members of RFC 7662 §2.2 and what RFC 9068 adds.
type answer struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Username  string   `json:"username,omitempty"`
	Expiry    int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	JTI       string   `json:"jti,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	ACR       string   `json:"acr,omitempty"`
	AMR       []string `json:"amr,omitempty"`
	provider.OrganizationClaims
}

func (h *Handler) introspect(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	caller, err := h.Clients.AuthenticateConfidential(r.Context(), r, form)
	if err != nil {
		return err
	}
	token := form.Get("token")
	if token == "" {
		return &web.OAuthError{Code: "invalid_request", Description: "token is missing"}
	}
	found, err := h.look(r, caller, token)
	if err != nil && !errors.Is(err, provider.ErrTokenUnknown) {
		return err
	}
	body, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("write introspection: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}

// look returns an inactive answer for everything the caller may not know of.
func (h *Handler) look(r *http.Request, caller *provider.Client, token string) (answer, error) {
	if strings.HasPrefix(token, provider.RefreshPrefix) {
		return h.refresh(r, caller, token)
	}
	i, err := h.Tokens.InspectAccess(r.Context(), token)
	if err != nil || !i.MayIntrospect(caller) {
		return answer{}, err
	}
	c := i.Claims
	a := answer{
		Active: true, Scope: c.Scope, ClientID: c.ClientID, TokenType: "Bearer", Expiry: c.Expiry, IssuedAt: c.IssuedAt,
		Subject: c.Subject, Audience: c.Audience, Issuer: c.Issuer, JTI: c.JTI, AuthTime: c.AuthTime, ACR: c.ACR, AMR: c.AMR,
		OrganizationClaims: c.OrganizationClaims,
	}
	if i.ForUser() && c.Subject == i.User.PublicID() {
		// Not beside a pairwise subject: a name would tell whose it is.
		a.Username = i.User.Username
	}
	return a, nil
}

func (h *Handler) refresh(r *http.Request, caller *provider.Client, token string) (answer, error) {
	f, err := h.Tokens.InspectRefresh(r.Context(), caller, token)
	if err != nil {
		return answer{}, err
	}
	return answer{
		Active: true, Scope: strings.Join(f.Grant.Scopes, " "), ClientID: caller.ClientID, TokenType: "refresh_token",
		Expiry: f.Expiry.Unix(), Subject: f.Subject, Issuer: tenant.Must(r.Context()).Issuer,
	}, nil
}
