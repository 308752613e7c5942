package discovery

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
)

// A Handler serves the metadata documents.
type Handler struct {
	Locales []string                  // BCP 47 tags of the hosted pages
	SignUp  func(*tenant.Tenant) bool // whether people may make accounts for themselves
	// Drafts has the document name what drafts define. That of OpenID Connect names registered
	// members only, which is what its certification wants.
	Drafts bool

	documents sync.Map // issuer → document; bounded by the number of tenants
}

// A document is what was last written for a tenant, and of which policies.
type document struct {
	*web.Static
	of        policies
	levels    tenant.ACRLevels
	languages []string
}

// policies are the settings that the documents tell of.
type policies struct{ requirePAR, registration, implicit, signUp bool }

// ServeHTTP serves GET and HEAD of a document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := tenant.Must(r.Context())
	mode := t.Settings.Registration.Mode
	now := policies{t.Settings.RequirePAR, mode == tenant.RegistrationToken || mode == tenant.RegistrationOpen, t.Settings.AllowImplicit, h.SignUp(t)}
	if doc, ok := h.documents.Load(t.Issuer); ok && doc.(document).of == now && doc.(document).levels.Same(t.Settings.ACRLevels) &&
		slices.Equal(doc.(document).languages, t.Settings.Languages) {
		doc.(document).ServeHTTP(w, r)
		return
	}
	locales := h.Locales
	if len(t.Settings.Languages) > 0 {
		locales = t.Settings.Languages
	}
	described := describe(t, locales, now.signUp)
	if now.registration {
		described.RegistrationEndpoint = t.URL(paths.Register)
	}
	if h.Drafts {
		described.ChallengeEndpoint = t.URL(paths.Challenge)
	}
	body, err := json.Marshal(described)
	if err != nil {
		panic(err) // the document holds nothing that cannot be written
	}
	doc := web.NewStatic("application/json", "public, max-age=300", body)
	h.documents.Store(t.Issuer, document{doc, now, t.Settings.ACRLevels, t.Settings.Languages})
	doc.ServeHTTP(w, r)
}
