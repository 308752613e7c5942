package browser

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/mailaddr"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Browser serves what the hosted pages share.
type Browser struct {
	Sessions  identity.Sessions
	Box       *secret.Box // seals flows
	DeviceKey [32]byte    // marks devices, and forms outside a flow
	// Secure is whether the issuer is https. Only a loopback development server is not.
	Secure bool
	// Development adds to error pages what a developer can do about them.
	Development bool
	Now         func() time.Time
}

// Cookies returns where cookies of the request's issuer live.
func (b *Browser) Cookies(r *http.Request) web.CookieScope { return b.scope(r) }

func (b *Browser) scope(r *http.Request) web.CookieScope {
	t := tenant.Must(r.Context())
	return web.CookieScope{Secure: b.Secure, Path: t.Path, Slug: t.Slug}
}

// See sends the browser to a page of the flow.
func (b *Browser) See(w http.ResponseWriter, r *http.Request, page string, flow uuid.UUID) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", tenant.Must(r.Context()).Path+page+"?flow="+flow.String())
	w.WriteHeader(http.StatusSeeOther)
}

// Advance keeps what a step learned and goes back to the dispatcher.
func (b *Browser) Advance(w http.ResponseWriter, r *http.Request, flow *provider.Flow) {
	b.SaveFlow(w, r, flow)
	b.See(w, r, "/oauth2/authorize/continue", flow.ID)
}

// SessionCSRF returns the value that forms outside a flow repeat.
func (b *Browser) SessionCSRF(r *http.Request, s *identity.Session) string {
	t := tenant.Must(r.Context())
	return base64.RawURLEncoding.EncodeToString(secret.MAC(b.DeviceKey, "csrf", t.ID.String(), s.ID.String())[:16])
}

// SessionCSRFValid checks it.
func (b *Browser) SessionCSRFValid(r *http.Request, s *identity.Session, got string) bool {
	return secret.Equal([]byte(b.SessionCSRF(r, s)), []byte(got))
}

// Refused answers a form that cannot be accepted: one of another browser's or of
// a finished flow starts again, a forged one is refused.
func (b *Browser) Refused(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, ErrNoFlow) {
		return b.StartAgain(w, r)
	}
	return err
}

// StartAgain says that the sign-in cannot go on in this browser.
func (b *Browser) StartAgain(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusBadRequest, ui.StartAgain(ui.StartAgainView{Page: b.Page(w, r, nil)}))
}

// ErrorPage shows an error that cannot be sent to a client. Both texts are ours.
func (b *Browser) ErrorPage(w http.ResponseWriter, r *http.Request, status int, code, message string) error {
	view := ui.ErrorView{Page: b.Page(w, r, nil), Code: code, Message: message}
	if b.Development {
		view.Hints = hints[code]
	}
	return web.Render(w, r, status, ui.Error(view))
}

// hints are what a developer can do about an error that only the user sees.
var hints = map[string][]string{
	"invalid_redirect_uri": {
		"Compare redirect_uri with what the client registered: every byte counts, also a slash at the end.",
		"plinto client show lists what it registered.",
	},
	"invalid_client":      {"Is client_id right, and is this the issuer of the client's tenant? plinto client list shows the clients."},
	"invalid_request_uri": {"A pushed request is good for a minute and for one answer, and for the client that pushed it."},
}

// Page returns the frame of a page: language, nonce, brand.
func (b *Browser) Page(_ http.ResponseWriter, r *http.Request, flow *provider.Flow) ui.Page {
	var wanted []string
	if flow != nil {
		wanted = flow.Request.UILocales
	}
	p := ui.Page{
		Locale: ui.Match(wanted, r.Header.Get("Accept-Language")),
		Nonce:  web.Nonce(r.Context()), RequestID: web.RequestID(r.Context()),
	}
	if t, err := tenant.From(r.Context()); err == nil {
		p.Base = t.Path
		p.Brand = ui.Brand{Name: t.Name, LogoURL: t.Settings.LogoURL, AccentColor: t.Settings.AccentColor}
	}
	return p
}

// ClientView is what pages show of a client.
func ClientView(c *provider.Client) ui.Client {
	return ui.Client{Name: c.DisplayName(), LogoURL: c.LogoURI, PolicyURL: c.PolicyURI, TermsURL: c.TosURI, URL: c.ClientURI}
}

// RedirectHost is where the user will really be sent: a client's name can be
// anything, this cannot.
func RedirectHost(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Host != "" {
		return u.Host
	}
	return u.Scheme + ":"
}

// UserLabel is how a user recognises themselves.
func UserLabel(u *identity.User) string {
	switch {
	case u.Email != "":
		return mailaddr.Display(u.Email)
	case u.Username != "":
		return u.Username
	default:
		return u.Profile.Name
	}
}

func sortIDs(ids []uuid.UUID) {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}
