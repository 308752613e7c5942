package invitation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/organization/invitation"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

var link = browser.Link{Path: paths.Invitation, Cookie: "plinto_invitation", Form: "invitation", WellFormed: invitation.LinkWellFormed}

// A Handler serves the links of mails.
type Handler struct {
	Invitations *invitation.Service
	Users       identity.Users
	Clients     provider.Clients
	Dispatcher  *dispatch.Dispatcher
	Browser     *browser.Browser
	// Address returns the client's address.
	Address func(*http.Request) string
}

// A visit is a request of who has a link.
type visit struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	offer invitation.Offer
	user  *identity.User // who is signed in, or nil
}

// Show serves GET /invitation. It changes nothing: mail scanners and previews open links too.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	if h.Browser.KeepLink(w, r, &link) {
		return nil
	}
	v, err := h.enter(w, r)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	return v.show(r.Context(), http.StatusOK, ui.SignUpAccountView{})
}

func (h *Handler) enter(w http.ResponseWriter, r *http.Request) (*visit, error) {
	offer, err := h.Invitations.For(r.Context(), h.Browser.LinkToken(r, &link))
	if err != nil {
		return nil, err
	}
	session, err := h.Browser.Session(w, r)
	if err != nil || session == nil {
		return &visit{Handler: h, w: w, r: r, offer: offer}, err
	}
	user, err := h.Users.ByID(r.Context(), session.UserID)
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return &visit{h, w, r, offer, &user}, nil
}

// show draws the page of what the reader can do.
func (v *visit) show(ctx context.Context, status int, form ui.SignUpAccountView) error {
	state, err := v.state(ctx)
	if err != nil {
		return err
	}
	return v.render(ctx, status, state, form, "")
}

func (v *visit) state(ctx context.Context) (ui.InvitationState, error) {
	if v.offer.State != invitation.Open {
		return ui.InvitationState(v.offer.State), nil // they have the same names
	}
	if v.user == nil {
		if v.offer.Account {
			return ui.InvitationSignIn, nil
		}
		return ui.InvitationNew, nil
	}
	holds, err := v.Invitations.Holds(ctx, v.user.ID, v.offer.Email)
	switch {
	case err != nil:
		return "", err
	case holds:
		return ui.InvitationAccept, nil
	case !v.offer.Account:
		return ui.InvitationNew, nil
	case same(v.user.Email, v.offer.Email):
		return ui.InvitationUnproved, nil
	default:
		return ui.InvitationSwitch, nil
	}
}

func same(a, b string) bool {
	first, err := identity.Canonical(a)
	second, other := identity.Canonical(b)
	return err == nil && other == nil && first == second
}

func (v *visit) render(ctx context.Context, status int, state ui.InvitationState, form ui.SignUpAccountView, next string) error {
	browser.AskNewcomer(ctx, &form)
	form.Page, form.CSRF, form.Email = v.Browser.Page(v.w, v.r, nil), v.Browser.LinkCSRF(v.r, &link), v.offer.Email
	if in := v.organization(); !v.offer.Organization.Suspended() {
		form.Brand = browser.BrandFor(tenant.Must(ctx), &in)
	}
	if state != ui.InvitationNew {
		form.Email = mailaddr.Display(v.offer.Email)
	}
	view := ui.InvitationView{
		SignUpAccountView: form, State: state, Organization: v.offer.Organization.Name, Inviter: v.offer.InvitedBy, Roles: v.offer.Roles, Next: next,
	}
	if v.user != nil {
		view.User = browser.UserLabel(v.user)
	}
	return web.Render(v.w, v.r, status, ui.Invitation(view))
}

// Submit serves POST /invitation.
func (h *Handler) Submit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	v, err := h.enter(w, r)
	if err != nil {
		return h.Browser.LinkUnknown(w, r, err)
	}
	if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get("csrf"))) {
		return browser.ErrForged
	}
	if v.offer.State != invitation.Open {
		return v.show(r.Context(), http.StatusConflict, ui.SignUpAccountView{})
	}
	switch form.Get("action") {
	case "sign-in":
		return v.signIn(r.Context())
	case "join":
		return v.join(r.Context(), form)
	default:
		return v.accept(r.Context())
	}
}

// signIn leads to the sign-in page, and back to the invitation.
func (v *visit) signIn(ctx context.Context) error {
	t := tenant.Must(ctx)
	request := provider.AccountRequest(t, paths.Invitation, false)
	request.LoginHint = v.offer.Email
	if v.user != nil {
		request.Prompt = []string{"select_account"}
	}
	session, err := v.Browser.Session(v.w, v.r)
	if err != nil {
		return err
	}
	flow := v.Browser.NewFlow(request)
	flow.Shown = v.organization()
	move, err := v.Dispatcher.Decide(ctx, flow, provider.AccountClient(t), session)
	if err != nil {
		return fmt.Errorf("decide on page: %w", err)
	}
	if move.Page == "" { // somebody signed in meanwhile
		return v.Browser.Redirect(v.w, v.r, t.Path+paths.Invitation)
	}
	move.Changed = true // it is new
	return v.Browser.Follow(v.w, v.r, flow, move)
}

// organization is what pages show of the one that the invitation is for.
func (v *visit) organization() provider.Membership {
	o := &v.offer.Organization
	return provider.Membership{ID: o.ID, Name: o.Name, Branding: o.Branding}
}

// accept makes who is signed in a member.
func (v *visit) accept(ctx context.Context) error {
	if v.user == nil {
		return v.show(ctx, http.StatusForbidden, ui.SignUpAccountView{})
	}
	_, err := v.Invitations.Accept(ctx, v.Browser.LinkToken(v.r, &link), v.user.ID)
	switch {
	case errors.Is(err, invitation.ErrOther):
		return v.show(ctx, http.StatusForbidden, ui.SignUpAccountView{})
	case errors.Is(err, invitation.ErrOver), errors.Is(err, identity.ErrLinkUnknown):
		return v.again(ctx)
	case err != nil:
		return fmt.Errorf("accept invitation: %w", err)
	}
	return v.done(ctx)
}

// again draws what became of the invitation meanwhile.
func (v *visit) again(ctx context.Context) error {
	var err error
	if v, err = v.enter(v.w, v.r); err != nil {
		return v.Browser.LinkUnknown(v.w, v.r, err)
	}
	return v.show(ctx, http.StatusConflict, ui.SignUpAccountView{})
}

// join makes the account of who has none. The link may have come from somebody else, who wants to
// see what its reader does in an account of theirs: so nobody is signed in.
func (v *visit) join(ctx context.Context, form web.Form) error {
	view, who := browser.ReadNewcomer(v.r, form, v.Address)
	if view.Problem != "" {
		return v.show(ctx, http.StatusUnprocessableEntity, view)
	}
	who.Profile.Locale = v.Browser.Page(v.w, v.r, nil).Locale.Lang()
	device := v.Browser.Device(v.r)
	_, made, err := v.Invitations.Join(ctx, v.Browser.LinkToken(v.r, &link), who, device.Named())
	status, problem, wait := browser.SignUpProblem(v.w, err)
	switch {
	case errors.Is(err, identity.ErrEmailTaken), errors.Is(err, invitation.ErrOver), errors.Is(err, identity.ErrLinkUnknown):
		return v.again(ctx)
	case problem != "":
		view.Problem, view.RetryAfter, view.Password = problem, wait, browser.PasswordProblem(err)
		return v.show(ctx, status, view)
	case err != nil:
		return fmt.Errorf("join by invitation: %w", err)
	}
	v.Browser.Remember(v.w, v.r, &device, made.ID)
	return v.done(ctx)
}

// done says that the reader is a member, and leads on.
func (v *visit) done(ctx context.Context) error {
	next, err := v.next(ctx)
	if err != nil {
		return err
	}
	v.Browser.ForgetLink(v.w, v.r, &link)
	return v.render(ctx, http.StatusOK, ui.InvitationDone, ui.SignUpAccountView{}, next)
}

// next is where the application of an invitation starts a sign-in (OpenID Connect Core 1.0 §4), or
// "" when it names none that can.
func (v *visit) next(ctx context.Context) (string, error) {
	if v.offer.ClientID == "" {
		return "", nil
	}
	client, err := v.Clients.ByClientID(ctx, v.offer.ClientID)
	if errors.Is(err, provider.ErrClientNotFound) || err == nil && !client.DisabledAt.IsZero() {
		return "", nil // the page leads to the account
	}
	if err != nil {
		return "", fmt.Errorf("find client: %w", err)
	}
	to, err := url.Parse(client.InitiateLoginURI)
	if err != nil || client.InitiateLoginURI == "" {
		return "", nil //nolint:nilerr // it was checked when the client was registered
	}
	query := to.Query()
	query.Set("iss", tenant.Must(ctx).Issuer)
	query.Set("login_hint", v.offer.Email)
	to.RawQuery = query.Encode()
	return to.String(), nil
}
