package token

import (
	"encoding/json"
	"fmt"
	"net/http"

	"plinto/internal/web"
	"plinto/provider/clientauth"
	"plinto/provider/engine"
)

// A Handler serves POST /oauth2/token.
type Handler struct {
	Clients *clientauth.Authenticator
	Engine  *engine.Engine
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		web.OAuth(h.token).ServeHTTP(w, r)
	case http.MethodOptions:
		web.Preflight(w, r, "POST")
	default:
		w.Header().Set("Allow", "POST, OPTIONS")
		web.MethodNotAllowed(w, r)
	}
}

func (h *Handler) token(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm, "resource")
	if err != nil {
		return err
	}
	h.Clients.AllowOrigin(w, r, form)
	response, err := h.Engine.Token(r.Context(), r, form)
	if err != nil {
		return err
	}
	body, err := json.Marshal(response) //nolint:gosec // the tokens are the answer
	if err != nil {
		return fmt.Errorf("write token response: %w", err)
	}
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Cache-Control"] = noStore
	header["Pragma"] = noCache // RFC 6749 §5.1
	_, _ = w.Write(body)       // a client that is gone cannot be told
	return nil
}

var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noCache  = []string{"no-cache"}
)
