package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"plinto/federation"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

const (
	logoutRoundCookie = "plinto_lr"
	// maxRoundCookie is how much a browser is sure to keep, with the name (RFC 6265 §6.1 has 4096 bytes). A user with a
	// longer state is not sent on to the client after the provider: a page of ours says that they are signed out.
	maxRoundCookie = 3900
)

// LogOut serves GET /federation/{connection}/log-out: who has signed out here asks the provider of SAML to sign them out too. They come
// back to SingleLogout; where that is not to be, they go on at once.
func (h *Handler) LogOut(w http.ResponseWriter, r *http.Request) error {
	slug := slugIn(r.URL, paths.FederationLogOut)
	to, round, err := h.SignIns.AskLogout(r.Context(), slug, r.URL.Query().Get("to"))
	if fault.KindOf(err) != "" {
		return h.loggedOut(w, r, slug, round.State)
	}
	if err != nil {
		return err
	}
	if kept := h.Browser.Seal(r, logoutRoundCookie, round); len(kept) <= maxRoundCookie {
		h.Browser.Cookies(r).Set(w, logoutRoundCookie, kept, federation.RoundLife)
	}
	return h.Browser.Leave(w, r, to.URL, to.Form)
}

// loggedOut leads on who is back from a provider, or was not led there.
func (h *Handler) loggedOut(w http.ResponseWriter, r *http.Request, slug, state string) error {
	page := tenant.Must(r.Context()).Path + strings.Replace(paths.FederationLoggedOut, "{connection}", url.PathEscape(slug), 1)
	if state != "" {
		page += "?" + url.Values{"state": {state}}.Encode()
	}
	return h.Browser.Redirect(w, r, page)
}

// SingleLogout serves GET and POST /federation/{connection}/slo (SAML Profiles 2.0 §4.4): requests of the provider, and its answers to
// ours.
func (h *Handler) SingleLogout(w http.ResponseWriter, r *http.Request) error {
	slug := slugIn(r.URL, paths.FederationSLO)
	form, message, err := logoutMessage(r)
	if err != nil {
		return err
	}
	switch asks, answers := form.Has("SAMLRequest"), form.Has("SAMLResponse"); {
	case asks && !answers:
		return h.askedToLogOut(w, r, slug, message)
	case !asks && answers && r.Method == http.MethodPost && !form.Has(repeated):
		return h.again(w, r, slug, form)
	case !asks && answers:
		return h.logoutAnswered(w, r, slug, message)
	}
	return h.Browser.ErrorPage(w, r, http.StatusBadRequest, federation.ErrLogoutMessage.Code, federation.ErrLogoutMessage.Message)
}

func logoutMessage(r *http.Request) (form web.Form, m *federation.LogoutMessage, err error) {
	if r.Method != http.MethodPost {
		if form, err = web.ParseQuery(r.URL.RawQuery); err != nil {
			return form, nil, err
		}
		return form, &federation.LogoutMessage{Query: r.URL.RawQuery, RelayState: form.Get("RelayState")}, nil
	}
	if form, err = web.ParseLargeForm(r, maxResponse); err != nil {
		return form, nil, err
	}
	return form, &federation.LogoutMessage{Form: url.Values(form), RelayState: form.Get("RelayState")}, nil
}

// again sends an answer once more, from here: the browser's cookies are there then. See Consume.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, slug string, form web.Form) error {
	c := &federation.Connection{Slug: slug, Spec: federation.Spec{Kind: federation.KindSAML}}
	return web.Render(w, r, http.StatusOK, ui.FormPost(ui.FormPostView{
		Page: h.Browser.Page(w, r, nil), Action: federation.LogoutServiceURI(tenant.Must(r.Context()), c),
		Fields: []ui.Field{{Name: "SAMLResponse", Value: form.Get("SAMLResponse")}, {Name: "RelayState", Value: form.Get("RelayState")}, {Name: repeated, Value: "1"}},
	}))
}

// logoutAnswered leads on who is back from a provider. Where they go on is kept in this browser alone; an answer that is not to their
// request leads to the page that says that they are signed out.
func (h *Handler) logoutAnswered(w http.ResponseWriter, r *http.Request, slug string, m *federation.LogoutMessage) error {
	var round federation.LogoutRound
	cookies := h.Browser.Cookies(r)
	kept, _ := cookies.Read(r, logoutRoundCookie)
	if !h.Browser.Unseal(r, logoutRoundCookie, kept, &round) {
		return h.loggedOut(w, r, slug, "")
	}
	err := h.SignIns.LogoutAnswered(r.Context(), slug, &round, m)
	if fault.KindOf(err) != "" {
		return h.loggedOut(w, r, slug, "")
	}
	if err != nil {
		return err
	}
	cookies.Clear(w, logoutRoundCookie)
	return h.loggedOut(w, r, slug, round.State)
}

// askedToLogOut ends the sessions that a request of a provider is about. A request that is no good is not answered: nobody knows who
// wrote it.
func (h *Handler) askedToLogOut(w http.ResponseWriter, r *http.Request, slug string, m *federation.LogoutMessage) error {
	ctx := r.Context()
	buckets := limitLogout.Networks(h.Address(r), slug)
	if wait := h.Limiter.Wait(ctx, buckets...); wait > 0 {
		browser.Wait(w, errThrottled.After(wait))
		return h.Browser.ErrorPage(w, r, web.StatusOf(errThrottled), errThrottled.Code, errThrottled.Message)
	}
	to, err := h.Logouts.Asked(ctx, slug, m)
	if fault.KindOf(err) == fault.Invalid {
		_ = h.Limiter.Verdict(context.WithoutCancel(ctx), false, buckets...)
	}
	if f, ok := fault.As(err); ok {
		return h.Browser.ErrorPage(w, r, web.StatusOf(err), f.Code, f.Message)
	}
	if err != nil {
		return err
	}
	if to.URL == "" {
		return h.loggedOut(w, r, slug, "")
	}
	return h.Browser.Leave(w, r, to.URL, to.Form)
}
