package browser

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// Refused answers an error of Flow or PostedFlow. For a flow that is over, or belongs to
// another browser, it shows a page with a way on; it returns other errors.
func (b *Browser) Refused(w http.ResponseWriter, r *http.Request, err error) error {
	var gone *goneError
	if errors.As(err, &gone) {
		return b.gone(w, r, gone)
	}
	return err
}

// FlowAnswered says that the flow was answered already.
func (b *Browser) FlowAnswered(w http.ResponseWriter, r *http.Request, flow *provider.Flow) error {
	return b.gone(w, r, &goneError{id: flow.ID, clientID: flow.Request.ClientID})
}

func (b *Browser) gone(w http.ResponseWriter, r *http.Request, e *goneError) error {
	view := ui.GoneView{Page: b.Page(w, r, e.flow), Home: tenant.Must(r.Context()).Path + "/"}
	session, err := b.Session(w, r)
	if err != nil {
		return err
	}
	switch {
	case session != nil:
		view.Reason = ui.GoneSignedIn
		if view.User, err = b.label(r, session); err != nil {
			return err
		}
	case b.blocked(r, e.id):
		view.Reason = ui.GoneCookies
	case e.clientID == "":
		view.Reason = ui.GoneNothing
	default:
		view.Reason = ui.GoneExpired
	}
	if e.startsAgain() {
		view.Again = tenant.Must(r.Context()).Path + paths.Continue + "?flow=" + e.flow.Handle()
	}
	if view.Client, view.Return, err = b.WayBack(r, e.clientID); err != nil {
		return err
	}
	status := http.StatusBadRequest
	if r.Method != http.MethodPost && (session != nil || r.URL.Query().Get("flow") == "") {
		status = http.StatusOK // nothing went wrong
	}
	return web.Render(w, r, status, ui.Gone(view))
}

func (b *Browser) label(r *http.Request, session *identity.Session) (string, error) {
	user, err := b.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return "", fmt.Errorf("find user: %w", err)
	}
	return UserLabel(&user), nil
}

// WayBack returns what a page says of a client that it leads back to, and the address: where
// the client wants sign-ins to begin (OpenID Connect Core 1.0 §4), else its home page. Both are
// as it was registered, and shown only where somebody vouches for the client: nobody can
// make a page of ours lead anywhere. An unknown client has neither.
func (b *Browser) WayBack(r *http.Request, clientID string) (name, address string, err error) {
	if clientID == "" {
		return "", "", nil
	}
	client, err := b.Clients.ByClientID(r.Context(), clientID)
	if errors.Is(err, fault.NotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find client: %w", err)
	}
	t := tenant.Must(r.Context())
	if !client.DisabledAt.IsZero() || !client.Leads(t) {
		return "", "", nil
	}
	return client.DisplayName(), startOf(client, t.Issuer), nil
}

// startOf is where a client wants to be entered from here, or "".
func startOf(c *provider.Client, issuer string) string {
	u, err := url.Parse(c.InitiateLoginURI)
	if c.InitiateLoginURI == "" || err != nil {
		return c.ClientURI
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.Values{"iss": {issuer}}.Encode()
	return u.String()
}
