package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/identity/device"
	"plinto/internal/fault"
	"plinto/internal/logs"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
	"plinto/ui"
)

// A Visit is a request to a page of a flow that this browser began. What it reads of the
// client and the session is read once.
type Visit struct {
	W    http.ResponseWriter
	R    *http.Request
	Flow *provider.Flow
	Form web.Form // what was posted, with the flow's CSRF value; nil of a GET

	browser *Browser
	client  *provider.Client
	session *identity.Session
	looked  bool // for session, which may be none
	device  *device.Token
}

// A Step answers a visit.
type Step func(ctx context.Context, v *Visit) error

// View serves the GET of a page of a flow.
func (b *Browser) View(step Step) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		flow, err := b.Flow(r)
		if err != nil {
			return b.Refused(w, r, err)
		}
		trace(r, flow)
		return b.run(step, &Visit{W: w, R: r, Flow: flow, browser: b})
	}
}

// run takes a step. Whoever may not sign in as they did is led to their identity provider.
func (b *Browser) run(step Step, v *Visit) error {
	ctx := v.R.Context()
	err := step(ctx, v)
	if b.Realm == nil || !errors.Is(err, identity.ErrProviderRequired) {
		return err
	}
	v.Flow.Proved, v.Flow.ByMail = nil, nil
	return b.Realm.Required(ctx, v, err)
}

// A Realm leads people to the identity providers that their organizations have them sign in with.
type Realm interface {
	// Demands answers the visit of whoever typed an address of a domain whose people sign in so alone, and reports whether it
	// did. That depends on the domain only, whether somebody has the address or not.
	Demands(ctx context.Context, v *Visit, typed string) (bool, error)
	// Required answers a visit in which somebody proved who they are in another way: err is identity.ErrProviderRequired.
	Required(ctx context.Context, v *Visit, err error) error
}

// Demands is that of Realm, where there is one.
func (v *Visit) Demands(ctx context.Context, typed string) (bool, error) {
	if v.browser.Realm == nil {
		return false, nil
	}
	return v.browser.Realm.Demands(ctx, v, typed)
}

// Submit serves the POST of a page of a flow.
func (b *Browser) Submit(step Step) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := web.ParseForm(r, web.MaxForm)
		if err != nil {
			return err
		}
		flow, err := b.PostedFlow(r, form)
		if err != nil {
			return b.Refused(w, r, err)
		}
		trace(r, flow)
		return b.run(step, &Visit{W: w, R: r, Flow: flow, Form: form, browser: b})
	}
}

// Visit opens a flow of this browser by its handle, for the page of a link that goes on with it. The
// page has a CSRF value of its own. ErrNoFlow.
func (b *Browser) Visit(w http.ResponseWriter, r *http.Request, handle string) (*Visit, error) {
	flow, err := b.flow(r, handle)
	if err != nil {
		return nil, err
	}
	trace(r, flow)
	return &Visit{W: w, R: r, Flow: flow, browser: b}, nil
}

// trace notes which flow a request belongs to.
func trace(r *http.Request, flow *provider.Flow) {
	trail := web.TrailOf(r.Context())
	trail.Flow, trail.ClientID = flow.ID.String(), flow.Request.ClientID
	logs.Note(r.Context(), logs.ClientID, flow.Request.ClientID)
}

// Purpose is what the user signs in for.
func (v *Visit) Purpose(ctx context.Context, now time.Time) (identity.Purpose, error) {
	session, err := v.Session()
	return identity.Purpose{
		ClientID: v.Flow.Request.ClientID, ACRValues: v.Flow.Request.ACRValues,
		Demanded: v.Flow.WhySignIn(session, tenant.Must(ctx).Settings.ACRLevels, now),
	}, err
}

// Refuse notes in the trail of the request which error its page shows.
func (v *Visit) Refuse(ctx context.Context, status int, err error) {
	if f, ok := fault.As(err); ok {
		web.TrailOf(ctx).Refuse(status, f.Code, err.Error())
	}
}

// Client returns the client of the flow, which may have been disabled meanwhile.
// provider.ErrClientNotFound.
func (v *Visit) Client(ctx context.Context) (*provider.Client, error) {
	if v.client == nil {
		client, err := v.browser.Clients.ByClientID(ctx, v.Flow.Request.ClientID)
		if err != nil {
			return nil, fmt.Errorf("find client: %w", err)
		}
		v.client = client
	}
	return v.client, nil
}

// Session returns the browser's live session, or nil.
func (v *Visit) Session() (*identity.Session, error) {
	if !v.looked {
		session, err := v.browser.Session(v.W, v.R)
		if err != nil {
			return nil, err
		}
		v.session, v.looked = session, true
	}
	return v.session, nil
}

// User returns the user of a session.
func (v *Visit) User(ctx context.Context, session *identity.Session) (identity.User, error) {
	return v.UserByID(ctx, session.UserID)
}

// UserByID returns a user. identity.ErrUserNotFound.
func (v *Visit) UserByID(ctx context.Context, id uuid.UUID) (identity.User, error) {
	user, err := v.browser.Users.ByID(ctx, id)
	if err != nil {
		return user, fmt.Errorf("find user: %w", err)
	}
	return user, nil
}

// Device returns what the browser's device cookie says.
func (v *Visit) Device() *device.Token {
	if v.device == nil {
		held := v.browser.Device(v.R)
		v.device = &held
	}
	return v.device
}

// SignedIn gives the browser the session that the step started, and notes whom it signed in.
func (v *Visit) SignedIn(in *identity.SignedIn) {
	v.browser.KeepSession(v.W, v.R, in.Token, in.Session)
	v.browser.Remember(v.W, v.R, v.Device(), in.User.ID)
}

// Page returns the frame of the page, in a language of the request.
func (v *Visit) Page() ui.Page { return v.browser.Page(v.W, v.R, v.Flow) }

// Render answers with a page.
func (v *Visit) Render(status int, page web.Component) error {
	return web.Render(v.W, v.R, status, page)
}

// Lead keeps the flow and leads to a page of the same step.
func (v *Visit) Lead(page string) error { return v.browser.Lead(v.W, v.R, v.Flow, page) }

// See leads to a page of the same step; the flow is as it was.
func (v *Visit) See(page string) error {
	v.browser.See(v.W, v.R, page, v.Flow)
	return nil
}

// Save keeps the flow where the page is shown again.
func (v *Visit) Save() error { return v.browser.SaveFlow(v.W, v.R, v.Flow) }

// Follow goes where the dispatcher takes the flow.
func (v *Visit) Follow(move dispatch.Move) error {
	return v.browser.Follow(v.W, v.R, v.Flow, move)
}

// Return keeps what the step learned, and goes on from there.
func (v *Visit) Return() error { return v.browser.Return(v.W, v.R, v.Flow) }

// Cancel ends the flow as the user wants it: the client is told.
func (v *Visit) Cancel() error {
	v.Flow.Refused = "access_denied"
	return v.Return()
}

// Leaves handles the buttons that leave a step, "cancel" and "use another account", and reports whether one was pressed.
func (v *Visit) Leaves() (bool, error) {
	switch v.Form.Get("action") {
	case "cancel":
		return true, v.Cancel()
	case "other":
		v.Flow.SwitchUser()
		return true, v.Return()
	default:
		return false, nil
	}
}
