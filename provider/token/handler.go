package token

import (
	"context"
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
	// Observe is told of every request, by its grant_type as it was sent and what it was refused with; nil: nobody is.
	Observe func(ctx context.Context, grantType string, refused error)
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowCrossOrigin(w, r, "POST") {
		web.OAuth(h.token).ServeHTTP(w, r)
	}
}

func (h *Handler) token(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm, "resource")
	if err != nil {
		h.observe(r, form, err)
		return err
	}
	h.Clients.AllowOrigin(w, r, form)
	response, err := h.Engine.Token(r.Context(), r, form)
	h.observe(r, form, err)
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

func (h *Handler) observe(r *http.Request, form web.Form, refused error) {
	if h.Observe != nil {
		h.Observe(r.Context(), form.Get("grant_type"), refused)
	}
}

var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noCache  = []string{"no-cache"}
)
