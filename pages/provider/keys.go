package provider

import (
	"net/http"

	"plinto/internal/paths"
)

// Keys serves GET /federation/{connection}/jwks.json: the public key with which we show a provider who we are. A connection
// that shows a secret has an empty set.
func (h *Handler) Keys(w http.ResponseWriter, r *http.Request) error {
	set, err := h.JWKS(r.Context(), slugIn(r.URL, paths.FederationKeys))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, err = w.Write(set)
	return err
}
