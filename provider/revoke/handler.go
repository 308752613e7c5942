package revoke

import (
	"errors"
	"net/http"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/inspection"
)

// A Handler serves POST /oauth2/revoke.
type Handler struct {
	Clients *clientauth.Authenticator
	Tokens  *inspection.Inspector
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowCrossOrigin(w, r, "POST") {
		web.OAuth(h.revoke).ServeHTTP(w, r)
	}
}

// revoke answers 200 without a body for tokens that are unknown or dead already
// (RFC 7009 §2.2), and never when the token still lives: a store that is away is 503.
func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	h.Clients.AllowOrigin(w, r, form)
	client, err := h.Clients.Authenticate(r.Context(), r, form)
	if err != nil {
		return err
	}
	web.AllowOrigin(w, r, client.Origins())
	token := form.Get("token")
	if token == "" {
		return &web.OAuthError{Code: "invalid_request", Description: "token is missing"}
	}
	err = h.Tokens.Revoke(r.Context(), client, token)
	if errors.Is(err, provider.ErrClientMismatch) {
		// RFC 7009 §2.1: refused, and the client is told.
		return &web.OAuthError{Code: "unauthorized_client", Description: "the token was issued to another client", Cause: err}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}
