package clientauth

import (
	"net/http"

	"plinto/internal/web"
)

// AllowOrigin lets a page of the client that a form names read the answer, refusals
// included. Only public clients live in pages, and they name themselves in the body.
func (a *Authenticator) AllowOrigin(w http.ResponseWriter, r *http.Request, form web.Form) {
	if r.Header.Get("Origin") == "" || !wellFormedID(form.Get("client_id")) {
		return
	}
	if c, err := a.Clients.ByClientID(r.Context(), form.Get("client_id")); err == nil {
		web.AllowOrigin(w, r, c.Origins())
	}
}
