package discovery

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"sync"

	"plinto/internal/memory"
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

	// Memory is where documents are held; nil: one of their own.
	Memory *memory.Space[tenant.ID]

	once      sync.Once
	documents *memory.Cache[tenant.ID, *document]
}

// A document is what was last written for a tenant, and what it tells of.
type document struct {
	*web.Static
	of        policies
	levels    tenant.ACRLevels
	languages []string
}

// policies are the issuer and the settings that the documents tell of.
type policies struct {
	issuer                                     string
	requirePAR, registration, implicit, signUp bool
}

// held are the documents in memory. What they tell of is compared each time, so their age does not matter.
func (h *Handler) held() *memory.Cache[tenant.ID, *document] {
	h.once.Do(func() {
		name := "openid_documents"
		if h.Drafts {
			name = "oauth_documents"
		}
		h.documents = memory.New[tenant.ID, *document](h.Memory, memory.Options{Name: name, Limits: memory.Limits{Unannounced: math.MaxInt64}})
	})
	return h.documents
}

// ServeHTTP serves GET and HEAD of a document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := tenant.Must(r.Context())
	mode := t.Settings.Registration.Mode
	now := policies{t.Issuer, t.Settings.RequirePAR, mode == tenant.RegistrationToken || mode == tenant.RegistrationOpen, t.Settings.AllowImplicit, h.SignUp(t)}
	doc, ok := h.held().Held(r.Context(), memory.Key[tenant.ID]{Scope: t.ID})
	if !ok || !doc.tells(t, now) {
		doc = h.renew(r.Context(), t, now)
	}
	doc.ServeHTTP(w, r)
}

// renew has the document in memory tell what it should, once however many ask.
func (h *Handler) renew(ctx context.Context, t *tenant.Tenant, now policies) *document {
	use := memory.Use[*document]{Fits: func(d *document) bool { return d.tells(t, now) }, Due: func(*document) bool { return false }}
	doc, _ := h.held().GetFor(ctx, memory.Key[tenant.ID]{Scope: t.ID}, use, func(context.Context) (*document, error) {
		return h.write(t, now), nil // it never fails
	})
	return doc
}

// tells reports whether d is what would be written now.
func (d *document) tells(t *tenant.Tenant, now policies) bool {
	return d.of == now && d.levels.Same(t.Settings.ACRLevels) && slices.Equal(d.languages, t.Settings.Languages)
}

func (h *Handler) write(t *tenant.Tenant, now policies) *document {
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
	return &document{doc, now, t.Settings.ACRLevels, t.Settings.Languages}
}
