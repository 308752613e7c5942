package browser

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/internal/brand"
	"plinto/internal/freshness"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Browser serves what the hosted pages share.
type Browser struct {
	Sessions  identity.Sessions
	Users     identity.Users
	Clients   provider.Clients
	Flows     provider.Flows
	Box       *secret.Box          // seals flows
	Positions *freshness.Positions // of what browsers changed
	DeviceKey [32]byte             // marks devices, and forms outside a flow
	// Secure is whether the issuer is https. Only a loopback development server is not.
	Secure bool
	// Development adds to error pages what a developer can do about them, which repeats
	// what was sent.
	Development bool
	// Dir and Program are how a developer calls plinto for this server: the program, in
	// a directory with its settings. "" for the name alone, anywhere.
	Dir, Program string
	Now          func() time.Time
	// Realm leads people to their identity providers; nil: there are none.
	Realm Realm
}

// Cookies returns where cookies of the request's issuer live.
func (b *Browser) Cookies(r *http.Request) web.CookieScope { return b.scope(r) }

func (b *Browser) scope(r *http.Request) web.CookieScope {
	t := tenant.Must(r.Context())
	return web.CookieScope{Secure: b.Secure, Path: t.Path, Slug: t.Slug}
}

// See sends the browser to a page of the flow.
func (b *Browser) See(w http.ResponseWriter, r *http.Request, page string, flow *provider.Flow) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", tenant.Must(r.Context()).Path+page+"?flow="+flow.Handle())
	w.WriteHeader(http.StatusSeeOther)
}

// Lead stores the flow and sends the browser to a page of it. When another tab changed the
// flow first, the dispatcher decides the next page from what that tab stored.
func (b *Browser) Lead(w http.ResponseWriter, r *http.Request, flow *provider.Flow, page string) error {
	err := b.SaveFlow(w, r, flow)
	if errors.Is(err, provider.ErrFlowGone) {
		page, err = paths.Continue, nil
	}
	if err != nil {
		return err
	}
	b.See(w, r, page, flow)
	return nil
}

// Return keeps what a step learned and goes back to the dispatcher by way of the
// authorization endpoint.
func (b *Browser) Return(w http.ResponseWriter, r *http.Request, flow *provider.Flow) error {
	return b.Lead(w, r, flow, paths.Continue)
}

// Follow answers the browser with where the dispatcher takes its flow.
func (b *Browser) Follow(w http.ResponseWriter, r *http.Request, flow *provider.Flow, move dispatch.Move) error {
	switch {
	case move.Page != "" && move.Changed:
		return b.Lead(w, r, flow, move.Page)
	case move.Page != "":
		b.See(w, r, move.Page, flow)
		return nil
	}
	b.DropFlow(w, r, flow)
	return move.Answer.Send(w, r)
}

// Redirect sends the browser to an address that was checked. An address that is too long
// for a Location header is put into a page instead.
func (b *Browser) Redirect(w http.ResponseWriter, r *http.Request, target string) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if !web.FitsHeader(w, target) {
		if strings.HasPrefix(target, "/") {
			target = strings.TrimSuffix(tenant.Must(r.Context()).Issuer, tenant.Must(r.Context()).Path) + target
		}
		return web.Render(w, r, http.StatusOK, ui.Onward(ui.OnwardView{Page: b.Page(w, r, nil), Target: target}))
	}
	h.Set("Location", target)
	// 303, never 307: a 307 would make the browser repeat a posted password to
	// the client (RFC 9700 §4.12).
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Leave sends the browser to an address that was checked: with a form, if there is one, by itself or, without JavaScript, at a click.
func (b *Browser) Leave(w http.ResponseWriter, r *http.Request, target string, form url.Values) error {
	if form == nil {
		return b.Redirect(w, r, target)
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	view := ui.FormPostView{Page: b.Page(w, r, nil), Action: target}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		view.Fields = append(view.Fields, ui.Field{Name: name, Value: form.Get(name)})
	}
	return web.Render(w, r, http.StatusOK, ui.FormPost(view))
}

// SessionCSRF returns the value that forms outside a flow repeat.
func (b *Browser) SessionCSRF(r *http.Request, s *identity.Session) string {
	return b.FormCSRF(r, "csrf", s.ID.String())
}

// FormCSRF returns the CSRF value of a form that is bound to a secret of this browser.
func (b *Browser) FormCSRF(r *http.Request, use, of string) string {
	sum := secret.MAC(b.DeviceKey, use, tenant.Must(r.Context()).ID.String(), of)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Seal encrypts and authenticates a value that travels through the browser, for one use.
func (b *Browser) Seal(r *http.Request, use string, value any) string {
	plain, err := json.Marshal(value)
	if err != nil {
		panic(err) // what is sealed holds nothing that cannot be written
	}
	return base64.RawURLEncoding.EncodeToString(b.Box.Seal(plain, use, tenant.Must(r.Context()).ID.String()))
}

// Unseal reads into value what Seal wrote for the same use and tenant. It reports whether
// the text was sealed so.
func (b *Browser) Unseal(r *http.Request, use, sealed string, value any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) == 0 {
		return false
	}
	plain, err := b.Box.Open(raw, use, tenant.Must(r.Context()).ID.String())
	return err == nil && json.Unmarshal(plain, value) == nil
}

// SessionCSRFValid reports whether value is what SessionCSRF returns for the session.
func (b *Browser) SessionCSRFValid(r *http.Request, s *identity.Session, got string) bool {
	return secret.Equal([]byte(b.SessionCSRF(r, s)), []byte(got))
}

// Page returns the frame of a page: language, nonce, brand.
func (b *Browser) Page(_ http.ResponseWriter, r *http.Request, flow *provider.Flow) ui.Page {
	if flow == nil {
		return b.PageIn(r, nil)
	}
	p := b.PageIn(r, flow.Request.UILocales)
	p.Brand = BrandFor(tenant.Must(r.Context()), flow.Look())
	return p
}

// PageIn is Page in the first language of those wanted that the tenant has, else in the
// browser's.
func (b *Browser) PageIn(r *http.Request, wanted []string) ui.Page {
	p := ui.Page{Nonce: web.Nonce(r.Context()), RequestID: web.RequestID(r.Context())}
	var offered []string
	if t, err := tenant.From(r.Context()); err == nil {
		offered = t.Settings.Languages
		p.Base, p.ByEmail = t.Path, !t.Settings.Identifiers.Username()
		p.Brand = brandOf(t, t.Settings.Branding)
	}
	p.Locale = ui.Match(offered, wanted, r.Header.Get("Accept-Language"))
	return p
}

// BrandFor is what pages show of a tenant that are for an organization of it, the zero value for none. One that
// chose nothing about its look is not shown.
func BrandFor(t *tenant.Tenant, in *provider.Membership) ui.Brand {
	if !in.Branded() {
		return brandOf(t, t.Settings.Branding)
	}
	look := in.Branding.Within(t.Settings.Branding)
	shown := brandOf(t, look)
	shown.Organization = in.Name
	if in.Branding.Logo != "" {
		shown.LogoOf = in.Name
	}
	if hash := brand.Hash(look.Look()); hash != "" {
		shown.Style = paths.BrandOrganization + in.ID.String() + "-" + hash + ".css"
	}
	return shown
}

// brandOf is what pages show of a tenant. It costs no statement: settings come with the tenant.
func brandOf(t *tenant.Tenant, b tenant.Branding) ui.Brand {
	shown := ui.Brand{Name: t.Brand(), Terms: b.Links.Terms, Privacy: b.Links.Privacy, Support: b.Links.Support}
	if hash := brand.Hash(b.Look()); hash != "" {
		shown.Style = paths.BrandStyle + hash + ".css"
	}
	if b.Logo != "" {
		shown.Logo = paths.BrandLogo + b.Logo + ".png"
	}
	if b.LogoDark != "" {
		shown.LogoDark = paths.BrandLogo + b.LogoDark + ".png"
	}
	return shown
}

// ClientView is what pages show of a client.
func ClientView(c *provider.Client) ui.Client {
	return ui.Client{
		Name: c.DisplayName(), LogoURL: c.LogoURI, PolicyURL: c.PolicyURI, TermsURL: c.TosURI, URL: c.ClientURI,
		Unvouched: c.Unvouched,
	}
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
