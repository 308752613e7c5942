package provider

import (
	"net/http"
	"net/url"

	"plinto/federation"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// maxResponse bounds the form that brings a response, in bytes.
const maxResponse = 1 << 20

// repeated is the parameter of a response that a page of ours has sent again.
const repeated = "again"

// Consume serves POST /federation/{connection}/acs. The provider's page sends the form from another site, so the browser's
// cookies, which are SameSite=Lax, are not there. A page of ours sends it once more, from here: nothing is kept meanwhile, and
// nobody but this browser has it. Without JavaScript it takes a click.
//
// A response that answers no request of ours has no state: the provider began by itself. Anybody could have whoever opens
// their page signed in with an account of the attacker's so; it is refused.
func (h *Handler) Consume(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseLargeForm(r, maxResponse)
	if err != nil {
		return err
	}
	state, response := form.Get("RelayState"), form.Get("SAMLResponse")
	holder, err := federation.HolderOf(state)
	if err != nil {
		return h.wrongState(w, r)
	}
	c := &federation.Connection{Slug: slugIn(r.URL, paths.FederationACS), Spec: federation.Spec{Kind: federation.KindSAML}}
	if !form.Has(repeated) {
		return web.Render(w, r, http.StatusOK, ui.FormPost(ui.FormPostView{
			Page: h.Browser.Page(w, r, nil), Action: federation.RedirectURI(tenant.Must(r.Context()), c),
			Fields: []ui.Field{{Name: "SAMLResponse", Value: response}, {Name: "RelayState", Value: state}, {Name: repeated, Value: "1"}},
		}))
	}
	return h.answered(w, r, &federation.Answer{Slug: c.Slug, Holder: holder, Values: url.Values{"state": {state}, "SAMLResponse": {response}}})
}

// Unposted serves GET /federation/{connection}/acs, for who opens again, by the address, what answered a form there.
func (h *Handler) Unposted(w http.ResponseWriter, r *http.Request) error { return h.wrongState(w, r) }

// Introduce serves GET /federation/{connection}/metadata: what a provider of SAML has to know of us.
func (h *Handler) Introduce(w http.ResponseWriter, r *http.Request) error {
	document, err := h.Describe(r.Context(), slugIn(r.URL, paths.FederationMetadata))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, err = w.Write(document)
	return err
}
