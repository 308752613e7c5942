package logout

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/redirecturi"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// An ended is what the last page has to know about a session that has ended: which frames
// to show and where to go then. It is sealed and valid for requestTTL, so that nobody else
// can choose what the page frames or links to.
type ended struct {
	Session    uuid.UUID `json:"i"`           // it has ended
	ClientID   string    `json:"c,omitempty"` // who asked, or ""
	Target     string    `json:"r,omitempty"` // checked, with its state; or ""
	Unfollowed string    `json:"x,omitempty"` // of the request
	UILocales  []string  `json:"l,omitempty"`
	At         time.Time `json:"t"`
	// Upstream is where the provider signs the user out that the session was begun with, and Provider its name; or "". It leads back.
	Upstream string `json:"u,omitempty"`
	Provider string `json:"p,omitempty"`
}

// maxFrames bounds what a browser is made to load at once.
const maxFrames = 50

// seeDone leads to the last page.
func (h *Handler) seeDone(w http.ResponseWriter, r *http.Request, e ended) error {
	return h.Browser.Redirect(w, r, tenant.Must(r.Context()).Path+paths.LoggedOut+"?"+url.Values{"end": {h.Browser.Seal(r, "logged-out", e)}}.Encode())
}

// Done serves GET /logged-out.
func (h *Handler) Done(w http.ResponseWriter, r *http.Request) error {
	view := ui.SignedOutView{Page: h.Browser.Page(w, r, nil)}
	var e ended
	if !h.Browser.Unseal(r, "logged-out", r.URL.Query().Get("end"), &e) || h.Now().Sub(e.At) > requestTTL {
		return web.Render(w, r, http.StatusOK, ui.SignedOut(view))
	}
	view.Page = h.page(w, r, e.UILocales)
	var err error
	if view.Explanation, err = h.explain(r.Context(), e.ClientID, e.Unfollowed); err != nil {
		return err
	}
	if view.Frames, err = h.frames(r, e.Session); err != nil {
		return err
	}
	switch {
	case e.Upstream != "":
		view.Continue, view.ClientName, view.Host = e.Upstream, e.Provider, provider.RedirectHost(e.Upstream)
	case e.Target == "":
		if view.ClientName, view.Return, err = h.Browser.WayBack(r, e.ClientID); err != nil {
			return err
		}
	default:
		client, err := h.Clients.ByClientID(r.Context(), e.ClientID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return fmt.Errorf("find client: %w", err)
		}
		if err == nil {
			view.Continue, view.ClientName, view.Host = e.Target, client.DisplayName(), provider.RedirectHost(e.Target)
		}
	}
	return web.RenderFraming(w, r, http.StatusOK, ui.SignedOut(view), redirecturi.Origins(view.Frames))
}

// frames returns the pages that sign the user out of the session's clients.
func (h *Handler) frames(r *http.Request, session uuid.UUID) ([]string, error) {
	clients, err := h.Participants.Participants(r.Context(), session)
	if err != nil {
		return nil, fmt.Errorf("find clients of session: %w", err)
	}
	issuer := tenant.Must(r.Context()).Issuer
	var frames []string
	for i := range clients {
		page := frame(&clients[i], issuer, session)
		if page != "" && !slices.Contains(frames, page) && len(frames) < maxFrames {
			frames = append(frames, page)
		}
	}
	return frames, nil
}

// frame returns the URL of a client's logout page for a session (Front-Channel Logout 1.0
// §2), or "" when it has none or its origin cannot be named in a Content-Security-Policy.
// The registered URL itself is not changed.
func frame(c *provider.Client, issuer string, session uuid.UUID) string {
	if c.FrontchannelLogoutURI == "" || len(redirecturi.Origins([]string{c.FrontchannelLogoutURI})) == 0 {
		return ""
	}
	u, err := url.Parse(c.FrontchannelLogoutURI)
	if err != nil {
		return ""
	}
	if c.FrontchannelLogoutSessionRequired {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += url.Values{"iss": {issuer}, "sid": {provider.SID(session, c.ID)}}.Encode()
	}
	u.Fragment = ""
	return u.String()
}
