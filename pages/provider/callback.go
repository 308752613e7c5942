package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
)

// Callback serves GET /federation/{connection}/callback. What began in one browser ends there: the state names a flow, or a
// session, which this browser has to have.
func (h *Handler) Callback(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	holder, err := federation.HolderOf(values.Get("state"))
	if err != nil || len(values["state"]) > 1 {
		return h.wrongState(w, r)
	}
	return h.answered(w, r, &federation.Answer{Slug: slugIn(r.URL, paths.FederationCallback), Holder: holder, Values: values})
}

// answered goes on with an answer in the flow, or the session, that its state names.
func (h *Handler) answered(w http.ResponseWriter, r *http.Request, answer *federation.Answer) error {
	if answer.Holder.Purpose == federation.ToConnect {
		return h.connected(w, r, answer)
	}
	v, err := h.Browser.Visit(w, r, answer.Holder.ID.String())
	if err != nil {
		return h.Browser.Refused(w, r, err)
	}
	answer.Device, answer.ClientID = v.Device().Hash(), v.Flow.Request.ClientID
	answer.MaxAge, answer.AuthTime = fresh(v.Flow)
	return h.finish(r.Context(), v, answer)
}

// maxPosted bounds a form that the page of a provider posts, in bytes.
const maxPosted = 16 << 10

// Posted serves POST /federation/{connection}/callback: the page of a provider posts its answer, so the cookies of the flow are
// not sent along. Nothing is done but that the browser comes again, by itself.
func (h *Handler) Posted(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseRepeatable(r, maxPosted)
	if err != nil {
		return err
	}
	query, err := h.SignIns.FormPost(r.Context(), slugIn(r.URL, paths.FederationCallback), url.Values(form))
	if f, ok := fault.As(err); ok {
		return h.Browser.ErrorPage(w, r, web.StatusOf(err), f.Code, f.Message)
	}
	if err != nil {
		return err
	}
	return h.Browser.Redirect(w, r, tenant.Must(r.Context()).Path+strings.Replace(paths.FederationCallback, "{connection}", slugIn(r.URL, paths.FederationCallback), 1)+"?"+query.Encode())
}

// slugIn is the connection in an address of that form.
func slugIn(u *url.URL, form string) string {
	before, after, _ := strings.Cut(form, "{connection}")
	return strings.TrimSuffix(strings.TrimPrefix(u.Path, before), after)
}

// finish goes on with who came back from a provider.
func (h *Handler) finish(ctx context.Context, v *browser.Visit, answer *federation.Answer) error {
	takes, err := takes(ctx, v)
	if err != nil {
		return err
	}
	if !takes(answer.Slug) {
		return h.failed(ctx, v, "", federation.ErrNotFound)
	}
	h.limit(answer, h.Address(v.R), v.Device())
	result, err := h.SignIns.Finish(ctx, answer)
	if err == nil {
		err = h.enter(ctx, v, &result)
	}
	if err == nil {
		return nil
	}
	v.Flow.Proved = nil
	if errors.Is(err, identity.ErrProviderRequired) {
		return h.Required(ctx, v, err)
	}
	return h.failed(ctx, v, result.Connection.Name, err)
}

// enter signs the user in, or goes on to what else is asked for.
func (h *Handler) enter(ctx context.Context, v *browser.Visit, r *federation.Result) error {
	if r.Pending != nil {
		v.Flow.Connecting, v.Flow.ByMail, v.Flow.Recovering, v.Flow.Proved, v.Flow.SigningUp = r.Pending, nil, nil, nil, nil
		return v.Lead(paths.Login)
	}
	v.Flow.Connecting = nil
	if err := v.Admit(ctx, h.Starter, r.Proof, h.Now()); err != nil {
		return err
	}
	move, held := h.Dispatcher.Hold(ctx, v.Flow, r.Proof, false)
	if !held {
		return v.StartSession(ctx, h.Starter, h.Dispatcher, *r.Proof, browser.Start{Now: h.Now()})
	}
	// What is kept in the flow instead of a session takes the round too.
	if spend := r.Proof.Spend; spend != nil {
		if err := h.Tx.InTx(ctx, spend); err != nil {
			return err
		}
	}
	return v.Follow(move)
}

// wrongState answers who comes back with a state that is not of this browser.
func (h *Handler) wrongState(w http.ResponseWriter, r *http.Request) error {
	return h.Browser.ErrorPage(w, r, web.StatusOf(federation.ErrState), federation.ErrState.Code, federation.ErrState.Message)
}

// connected ends a round of the account pages: of the session that began it.
func (h *Handler) connected(w http.ResponseWriter, r *http.Request, answer *federation.Answer) error {
	ctx := r.Context()
	session, err := h.Browser.Session(w, r)
	if err != nil {
		return err
	}
	if session == nil || session.ID != answer.Holder.ID {
		return h.wrongState(w, r)
	}
	// A GET is answered from a copy of the session as a rule. This one changes something.
	if _, err = h.Browser.Sessions.Current(ctx, session.TokenHash); errors.Is(err, identity.ErrNoSession) {
		return h.wrongState(w, r)
	}
	if err != nil {
		return err
	}
	user, err := h.Users.ByID(ctx, session.UserID)
	if err != nil {
		return err
	}
	if !user.NotBefore.Equal(session.Mark) {
		return h.wrongState(w, r)
	}
	device := h.Browser.Device(r)
	h.limit(answer, h.Address(r), &device)
	c, err := h.SignIns.Connect(ctx, answer, &user)
	if err != nil {
		return h.Browser.IdentityProblem(w, r, err, c.Name)
	}
	return h.Browser.Redirect(w, r, tenant.Must(ctx).Path+paths.AccountIdentities)
}
