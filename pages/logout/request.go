package logout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A request is what a client asked for when it wants the user signed out, validated. It travels sealed
// between the endpoint and the confirmation page.
type request struct {
	ClientID string `json:"c,omitempty"` // client_id, when one is known
	Redirect string `json:"r,omitempty"` // registered for the client, or ""
	State    string `json:"s,omitempty"`
	Subject  string `json:"u,omitempty"` // of a valid hint
	SID      string `json:"i,omitempty"` // of a valid hint
	Hinted   bool   `json:"h,omitempty"` // whether the hint was valid, and nothing else doubtful
	// Unvouched says that nobody vouches for where the client leads users.
	Unvouched bool `json:"d,omitempty"`
	// Unfollowed is where the client wants the user back and is not let: for developers, see explain.
	Unfollowed string    `json:"x,omitempty"`
	UILocales  []string  `json:"l,omitempty"` // of the pages
	At         time.Time `json:"t"`
}

const (
	requestTTL = 10 * time.Minute
	maxState   = 4096 // bytes; a longer one is left out

	maxUnfollowed = 1024 // bytes of an address that developers are shown
)

// read validates the parameters. It leaves out what is not valid instead of refusing the
// request: then the user is asked, and not redirected.
func (h *Handler) read(ctx context.Context, params web.Form) (request, *provider.Client, error) {
	empty := request{At: h.Now()}
	empty.UILocales = ui.Supported(strings.Fields(params.Get("ui_locales")))
	redirect := params.Get("post_logout_redirect_uri")
	if h.Browser.Development && len(redirect) <= maxUnfollowed {
		empty.Unfollowed = redirect
	}
	q := empty
	hint, id := params.Get("id_token_hint"), params.Get("client_id")
	if id == "" {
		id = claimedAudience(hint)
	}
	if id == "" {
		return empty, nil, nil
	}
	client, err := h.Clients.ByClientID(ctx, id)
	if errors.Is(err, fault.NotFound) || err == nil && !client.DisabledAt.IsZero() {
		return empty, nil, nil
	}
	if err != nil {
		return request{}, nil, fmt.Errorf("find client: %w", err)
	}
	if hint != "" && !q.readHint(ctx, h.Hints, client, hint) {
		return empty, nil, nil // also when hint and client_id contradict each other
	}
	q.ClientID, q.Unvouched = client.ClientID, !client.Leads(tenant.Must(ctx))
	if slices.Contains(client.PostLogoutRedirectURIs, redirect) {
		q.Redirect, q.Unfollowed = redirect, ""
	} else if redirect != "" {
		q.Hinted = false
		notRegistered(ctx, client)
	}
	if state := params.Get("state"); len(state) <= maxState {
		q.State = state
	}
	return q, client, nil
}

// notRegistered notes why the user stays here: to the application it looks as if logging out did not work. What was sent
// is not kept, it can hold anything.
func notRegistered(ctx context.Context, client *provider.Client) {
	trail := web.TrailOf(ctx)
	trail.ClientID, trail.Known = client.ClientID, true
	trail.Decide("stay", "unregistered_logout", map[string]string{"registered": strings.Join(client.PostLogoutRedirectURIs, " ")})
}

// claimedAudience is who a hint says it was issued to, before anything of it is verified.
func claimedAudience(hint string) string {
	payload, _, err := jwt.Peek(hint)
	if err != nil {
		return ""
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil || len(claims.Audience) != 1 {
		return ""
	}
	return claims.Audience[0]
}

// readHint reads an ID token that we issued to the client, and which may have expired.
func (q *request) readHint(ctx context.Context, hints Hints, client *provider.Client, token string) bool {
	payload, err := hints.OwnToken(ctx, client, token)
	if err != nil {
		return false
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil || claims.Issuer != tenant.Must(ctx).Issuer || claims.Subject == "" || !slices.Contains(claims.Audience, client.ClientID) {
		return false
	}
	var own struct {
		SID string `json:"sid"`
	}
	if json.Unmarshal(payload, &own) != nil {
		return false
	}
	q.Hinted, q.Subject, q.SID = true, claims.Subject, own.SID
	return true
}

// matches reports whether the hint belongs to this browser's own session.
func (h *Handler) matches(r *http.Request, q request, s *identity.Session, client *provider.Client) bool {
	if !q.Hinted || client == nil {
		return false
	}
	subject := h.Subjects.Of(tenant.Must(r.Context()).ID, client, s.UserID)
	return q.Subject == subject && q.SID == provider.SID(s.ID, client.ID)
}

// open returns the sealed request, or an empty one when it is absent, old or forged.
func (h *Handler) open(r *http.Request, sealed string) request {
	var q request
	if !h.Browser.Unseal(r, "logout", sealed, &q) || h.Now().Sub(q.At) > requestTTL {
		return request{}
	}
	return q
}

// target is where the client wants the user back, with its state and nothing else.
func (q *request) target() string {
	if q.State == "" || q.Redirect == "" {
		return q.Redirect
	}
	u, err := url.Parse(q.Redirect)
	if err != nil {
		return q.Redirect
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.Values{"state": {q.State}}.Encode()
	return u.String()
}
