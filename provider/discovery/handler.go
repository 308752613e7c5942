package discovery

import (
	"encoding/json"
	"net/http"
	"sync"

	"plinto/identity"
	"plinto/internal/web"
	"plinto/tenant"
)

const acrPassword = identity.ACRPassword

// A Handler serves the metadata documents.
type Handler struct {
	Locales []string // BCP 47 tags of the hosted pages

	documents sync.Map // issuer → *web.Static; bounded by the number of tenants
}

// ServeHTTP serves GET and HEAD of both documents.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := tenant.Must(r.Context())
	if doc, ok := h.documents.Load(t.Issuer); ok {
		doc.(*web.Static).ServeHTTP(w, r)
		return
	}
	body, err := json.Marshal(describe(t, h.Locales))
	if err != nil {
		panic(err) // the document holds nothing that cannot be written
	}
	doc := web.NewStatic("application/json", "public, max-age=300", body)
	h.documents.Store(t.Issuer, doc)
	doc.ServeHTTP(w, r)
}
