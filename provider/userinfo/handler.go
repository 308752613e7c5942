package userinfo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/provider/inspection"
	"plinto/provider/seal"
	"plinto/tenant"
)

// A Handler serves GET and POST /oauth2/userinfo.
type Handler struct {
	Access  *access.Guard
	Sealer  *seal.Sealer
	Clients provider.Clients
	Scopes  provider.ScopePolicy
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowCrossOrigin(w, r, "GET, POST") {
		web.OAuth(h.userinfo).ServeHTTP(w, r)
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
	asked, err := h.asked(r.Context(), client, inspected.Grant.Claims)
	if err != nil {
		return err
	}
	claims := provider.UserinfoClaims(inspected.Claims.Subject, &inspected.User, inspected.Scopes(), asked)
	inspected.Claims.Add(claims)
	body, contentType, err := h.answer(r, client, claims)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) //nolint:gosec // JSON or a JWT, typed as such and nosniff; a client that is gone cannot be told
	return nil
}

// asked is the claims parameter of a grant as far as the client may have today what it asks for.
func (h *Handler) asked(ctx context.Context, c *provider.Client, parameter json.RawMessage) (json.RawMessage, error) {
	if len(parameter) == 0 {
		return nil, nil // nearly always
	}
	allowed, err := h.Scopes.Allowed(ctx, c)
	if err != nil {
		return nil, err
	}
	return provider.ClaimsWithin(parameter, allowed), nil
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
	token, err := h.Sealer.Seal(r.Context(), c, seal.Sealing{
		SignAlg: c.UserinfoSignedAlg, EncryptAlg: c.UserinfoEncryptedAlg, EncryptEnc: c.UserinfoEncryptedEnc,
	}, "", body)
	if err != nil {
		return nil, "", fmt.Errorf("seal userinfo: %w", err)
	}
	return []byte(token), "application/jwt", nil
}

// authenticate returns the access token of the request, if it is a user's and for userinfo.
func (h *Handler) authenticate(r *http.Request) (*inspection.Inspected, error) {
	inspected, err := h.Access.Require(r, provider.ScopeOpenID)
	if err == nil && !inspected.ForUser() {
		err = access.Insufficient(r, provider.ScopeOpenID)
	}
	return inspected, err
}
