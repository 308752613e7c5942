package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"plinto/dispatch"
	"plinto/event/audit"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/account"
	"plinto/identity/addresses"
	"plinto/identity/device"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/identity/passwords"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/organization/apikey"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Handler serves the pages.
type Handler struct {
	Account     *account.Service
	Factors     *mfa.Service
	Passkeys    *passkey.Service
	Passwords   *passwords.Service
	Directory   *identity.Directory
	Addresses   *addresses.Service
	Devices     *device.Service
	Connections *provider.Connections
	Consents    *provider.ConsentService
	Activity    *audit.Reader
	APIKeys     *apikey.Service
	SignIns     *federation.SignIns
	Starter     *identity.SessionStarter
	Dispatcher  *dispatch.Dispatcher
	Browser     *browser.Browser
	// Address returns the client's address.
	Address func(*http.Request) string
	// Place says roughly where an IP address is, in a language (BCP 47), or ""; nil: nobody knows.
	Place func(address, lang string) string
	Mails bool // the server sends mail
	Now   func() time.Time
}

// A visit is a request to a page of who is signed in.
type visit struct {
	*Handler
	w       http.ResponseWriter
	r       *http.Request
	tenant  *tenant.Tenant
	session *identity.Session
	user    identity.User
	form    web.Form // what was posted, with the session's CSRF value; nil of a GET
	notice  ui.Notice
}

// A page answers a visit.
type page func(ctx context.Context, v *visit) error

// View serves the GET of a page.
func (h *Handler) View(p page) web.Handler { return h.view(p, false) }

// ViewFresh is View of a page on which something is changed that protects the account.
func (h *Handler) ViewFresh(p page) web.Handler { return h.view(p, true) }

func (h *Handler) view(p page, fresh bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := h.enter(w, r, fresh, pathOf(r))
		if v == nil {
			return err
		}
		if v.notice = v.told(); v.notice == "" && r.URL.Query().Has(again) {
			v.notice = ui.NoticeAgain
		}
		return p(r.Context(), v)
	}
}

// display is the context of a page that may be read from a replica, where that has all that the browser
// changed. Such a page decides nothing, and nobody else does by what it shows: browsers forget passkeys that a page
// does not list, so pages with passkeys are not among them.
func (v *visit) display(ctx context.Context) context.Context {
	return v.Browser.Display(ctx, v.r, v.session)
}

// wrote notes how far the database is after a form.
func (v *visit) wrote() {
	if v.form != nil {
		v.Browser.ReadOwnWrites(v.w, v.r, v.session)
	}
}

// Submit serves the POST of a page.
func (h *Handler) Submit(p page) web.Handler { return h.submit(p, false) }

// SubmitFresh is Submit of a page on which something is changed that protects the account.
func (h *Handler) SubmitFresh(p page) web.Handler { return h.submit(p, true) }

func (h *Handler) submit(p page, fresh bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := web.ParseForm(r, web.MaxForm, rightField)
		if err != nil {
			return err
		}
		v, err := h.enter(w, r, fresh, backTo(r, form))
		if v == nil {
			return err
		}
		if !h.Browser.SessionCSRFValid(r, v.session, form.Get("csrf")) {
			return browser.ErrForged
		}
		v.form = form
		return p(r.Context(), v)
	}
}

// pathOf is the address of a page below the issuer, with its query.
func pathOf(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return r.URL.Path
	}
	return r.URL.Path + "?" + r.URL.RawQuery
}

// onOneThing are the pages whose address names what they are about.
var onOneThing = []string{paths.AccountRename, paths.AccountRemove, paths.AccountEmailPrimary, paths.AccountEmailRemove}

// again is in the address of a list to which the browser comes back once the user has proved who
// they are: what they chose has to be chosen again.
const again = "again"

// backTo is the page that a form was on.
func backTo(r *http.Request, form web.Form) string {
	if r.URL.Path == paths.AccountDevices {
		return r.URL.Path + "?" + again + "=1"
	}
	if slices.Contains(onOneThing, r.URL.Path) {
		return r.URL.Path + "?" + url.Values{"id": {form.Get("id")}}.Encode()
	}
	return r.URL.Path
}

// enter finds out who visits. Where something is missing for the page, the browser is led to
// where that is proved, and back to the page; then it returns nil.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request, fresh bool, back string) (*visit, error) {
	ctx, t := r.Context(), tenant.Must(r.Context())
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return nil, err
	}
	flow := h.Browser.NewFlow(provider.AccountRequest(t, back, fresh))
	move, err := h.Dispatcher.Decide(ctx, flow, provider.AccountClient(t), session)
	if err != nil {
		return nil, fmt.Errorf("decide on page: %w", err)
	}
	if move.Page != "" {
		move.Changed = true // it is new
		return nil, h.Browser.Follow(w, r, flow, move)
	}
	v := &visit{Handler: h, w: w, r: r, tenant: t, session: session}
	if v.user, err = h.Directory.Users.ByID(ctx, session.UserID); err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return v, nil
}

// over reports whether everything of the user ended while the page was used: then the browser is
// led to the page again, which asks who it is.
func over(err error) bool {
	return errors.Is(err, identity.ErrNoSession) || errors.Is(err, identity.ErrRefused)
}

// frame is what the page shares with all others.
func (v *visit) frame(section ui.Section) ui.AccountFrame {
	return ui.AccountFrame{
		Page: v.Browser.Page(v.w, v.r, nil), Section: section, CSRF: v.Browser.SessionCSRF(v.r, v.session),
		User: browser.UserLabel(&v.user), Name: v.user.Profile.Name, Notice: v.notice,
	}
}

func (v *visit) render(status int, page web.Component) error {
	v.wrote()
	return web.Render(v.w, v.r, status, page)
}

// see leads to another page, which says what was done.
func (v *visit) see(page string, notice ui.Notice) error {
	v.wrote()
	v.tell(notice)
	return v.Browser.Redirect(v.w, v.r, v.tenant.Path+page)
}

// device is the hash of the browser's secret, or nil.
func (v *visit) device() []byte {
	d := v.Browser.Device(v.r)
	return d.Hash()
}

// place is where an address is, in the language of the page.
func (v *visit) place(address string) string {
	if v.Place == nil {
		return ""
	}
	return v.Place(address, v.Browser.Page(v.w, v.r, nil).Locale.Lang())
}
