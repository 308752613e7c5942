package browser

import (
	"errors"
	"net/http"
	"time"

	"plinto/identity"
	"plinto/tenant"
)

// A Link is the page of a one-time link. What the address holds is kept in a cookie, so that
// it stays in no history and in no Referer.
type Link struct {
	Path       string // of the page, below the issuer
	Cookie     string
	Form       string            // what the form of the page is for: see FormCSRF
	WellFormed func(string) bool // whether a token is worth keeping
}

// linkLife is how long a browser keeps what the address of a one-time link held.
const linkLife = 30 * time.Minute

// KeepLink keeps the token of the address and leads to the page without it; false when the
// address holds none. It spends nothing: mail scanners and previews open links too.
func (b *Browser) KeepLink(w http.ResponseWriter, r *http.Request, l *Link) bool {
	token := r.URL.Query().Get("token")
	if token == "" {
		return false
	}
	if l.WellFormed(token) {
		b.scope(r).Set(w, l.Cookie, token, linkLife)
	}
	http.Redirect(w, r, tenant.Must(r.Context()).Path+l.Path, http.StatusSeeOther)
	return true
}

// LinkToken returns the token that the browser keeps, or "".
func (b *Browser) LinkToken(r *http.Request, l *Link) string {
	token, _ := b.scope(r).Read(r, l.Cookie)
	return token
}

// LinkCSRF is what the form repeats: only a page of ours knows it, even if a browser sent
// neither Origin nor Sec-Fetch-Site and the cookie from another site.
func (b *Browser) LinkCSRF(r *http.Request, l *Link) string {
	return b.FormCSRF(r, l.Form, b.LinkToken(r, l))
}

// ForgetLink removes the token from the browser.
func (b *Browser) ForgetLink(w http.ResponseWriter, r *http.Request, l *Link) {
	b.scope(r).Clear(w, l.Cookie)
}

// LinkUnknown draws the page of a link that is not good. Other errors pass.
func (b *Browser) LinkUnknown(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, identity.ErrLinkUnknown) {
		return b.ErrorPage(w, r, http.StatusNotFound, identity.ErrLinkUnknown.Code, identity.ErrLinkUnknown.Message)
	}
	return err
}
