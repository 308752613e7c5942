package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/provider"
	"plinto/tenant"
)

// A Dispatcher decides where flows go.
type Dispatcher struct {
	Clients  provider.Clients
	Scopes   provider.ScopePolicy
	Consents provider.Consents
	Subjects provider.Subjects
	// Memberships are read where the answer can be for an organization.
	Memberships provider.Memberships
	// Keys are read where an organization takes passkeys alone.
	Keys identity.KeyHoldings
	// Providers are asked where a client takes some identity providers only; nil: nobody signs in with one.
	Providers Providers
	// Responder makes the answers that end flows.
	Responder Responder
	Now       func() time.Time
	// Mails reports whether the server sends mail.
	Mails bool
	// Development says that apps on loopback are the developer's own.
	Development bool
}

// Providers know the connections to identity providers.
type Providers interface {
	// Serves reports whether a session that was begun with a connection (uuid.Nil: with none) does for a client that takes
	// those of these slugs; none named: all.
	Serves(ctx context.Context, named []string, connection uuid.UUID) (bool, error)
}

// A Responder makes the answers that clients get. The authorization endpoint has one.
type Responder interface {
	// Repeatable reports whether a request can be answered twice. Users post forms twice,
	// and the browser shows the second answer only. False for answers by form_post, which
	// a reload would post again, and for pushed requests, which are good for one answer.
	Repeatable(r *provider.Request) bool
	// Success stores what the client is granted, last in the transaction of ctx that starts
	// the session. See provider.Codes.IssueLast.
	Success(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (Answer, error)
	// Refusal is the answer with an error code of RFC 6749 §4.1.2.1 or one of its extensions.
	Refusal(flow *provider.Flow, client *provider.Client, code string) Answer
}

// An Answer is the response to a client. It is sent once the transaction is committed.
type Answer interface {
	Send(w http.ResponseWriter, r *http.Request) error
}

// A Move is where a flow goes.
type Move struct {
	provider.Decision
	Page string // where the step happens; "": the client gets its answer
	// Changed says that the flow was changed and has to be kept again.
	Changed bool
	// Answer is what the client gets when Page is "", of Advance only.
	Answer Answer
}

// Errors of flows that cannot go on.
var (
	// ErrOutdated reports a flow that was started for an earlier client of the same
	// client_id, or before the client's grants were ended.
	ErrOutdated = fault.New(fault.NotFound, "flow_outdated", "The application has changed since this sign-in was started.")
	// ErrRedirect reports a redirect URI that the client has given up since the request
	// was checked.
	ErrRedirect = fault.New(fault.NotFound, "redirect_gone", "The redirect URI is no longer registered for the client.")
)

// Client returns the client of a flow that was begun before. provider.ErrClientNotFound
// also when it is disabled; ErrOutdated, ErrRedirect.
func (d *Dispatcher) Client(ctx context.Context, flow *provider.Flow) (*provider.Client, error) {
	client, err := d.Clients.ByClientID(ctx, flow.Request.ClientID)
	if err != nil {
		return nil, err
	}
	if !client.DisabledAt.IsZero() {
		return nil, provider.ErrClientNotFound
	}
	if flow.Request.ClientMark != "" && flow.Request.ClientMark != client.Mark() {
		return nil, ErrOutdated
	}
	if !client.TakesRedirect(flow.Request.RedirectURI) {
		return nil, ErrRedirect
	}
	return client, nil
}

// Prepare reads what Advance needs before the transaction starts: the client, or nil when
// the browser has to go back to the authorization endpoint, which also shows the error of a
// flow that cannot continue.
func (d *Dispatcher) Prepare(ctx context.Context, flow *provider.Flow) (*provider.Client, error) {
	if !d.Responder.Repeatable(&flow.Request) {
		return nil, nil
	}
	client, err := d.Client(ctx, flow)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return client, err
}

// Advance takes a flow to its next step within the request in which the user proved who
// they are. It comes last in the transaction that starts the session: where nothing is
// left to ask, what the client is granted is stored with it. client is of Prepare.
func (d *Dispatcher) Advance(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (Move, error) {
	if client == nil {
		return Move{Page: paths.Continue, Changed: true}, nil
	}
	move, err := d.Decide(ctx, flow, client, session)
	switch {
	case err != nil:
	case move.Page != "":
		move.Changed = true // by the proof
	case move.Step == provider.StepRefuse:
		move.Answer = d.Responder.Refusal(flow, client, move.Error)
	default:
		move.Answer, err = d.Responder.Success(ctx, flow, client, session)
	}
	return move, err
}

// Decide decides the next step of a flow for the user who is signed in, or nobody (nil).
func (d *Dispatcher) Decide(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (Move, error) {
	facts, changed, err := d.look(ctx, flow, client, session)
	if err != nil {
		return Move{}, err
	}
	if facts.Asked, facts.Consent, err = d.asked(ctx, flow, client, session); err != nil {
		return Move{}, err
	}
	decision := flow.Next(facts)
	move := Move{Decision: decision, Page: decision.Step.Page()}
	move.Changed = changed && move.Page != ""
	note(ctx, flow, facts, decision)
	if decision.Step == provider.StepConsent && flow.UserID != session.UserID {
		// Bind the answer to this user: if the browser signs in as another one while the
		// page is open, the form must not count for that one.
		flow.UserID, move.Changed = session.UserID, true
	}
	return move, nil
}

// look reads what the next step is decided on, but for what the user is asked to allow, and notes in the flow what follows of it. It
// reports whether that is anything else than before.
func (d *Dispatcher) look(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (facts provider.Facts, changed bool, err error) {
	late := flow.DropLate(d.Now())
	if facts, err = d.facts(ctx, flow, client, session); err != nil {
		return facts, false, err
	}
	settled := flow.Settle(facts)
	held, err := d.keys(ctx, flow, session)
	return facts, settled || held || late, err
}

// AsksConsent reports whether a flow of who is signed in is at the step in which they say what the client may do, and what they are
// asked there: the steps before it were taken. An earlier answer can be given anew, as users go back.
func (d *Dispatcher) AsksConsent(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (asked provider.ConsentRequest, asks bool, err error) {
	undecided := *flow
	undecided.Consented = ""
	facts, _, err := d.look(ctx, &undecided, client, session)
	if err != nil {
		return asked, false, err
	}
	facts.Asked, err = d.Scopes.ConsentRequest(ctx, client, &undecided.Request, undecided.Organization)
	return facts.Asked, err == nil && undecided.Next(facts).Step == provider.StepConsent, err
}

// facts are what is known of a client and of who is signed in.
func (d *Dispatcher) facts(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (provider.Facts, error) {
	t := tenant.Must(ctx)
	facts := d.basic(ctx, client, session)
	var err error
	if session == nil {
		facts.Named, err = d.named(ctx, flow)
		return facts, err
	}
	if facts.OtherProvider, err = d.otherProvider(ctx, client, session); err != nil {
		return facts, err
	}
	facts.Management = provider.ManagementResource(t)
	facts.Subject = d.Subjects.Of(t.ID, client, session.UserID)
	facts.Memberships, err = d.memberships(ctx, flow, client, session.UserID)
	return facts, err
}

// otherProvider reports whether a session was begun with an identity provider that the client does not take.
func (d *Dispatcher) otherProvider(ctx context.Context, client *provider.Client, session *identity.Session) (bool, error) {
	if d.Providers == nil || len(client.Connections) == 0 {
		return false, nil
	}
	serves, err := d.Providers.Serves(ctx, client.Connections, session.Upstream.Connection)
	return !serves && err == nil, err
}

// asked is what the user has to be told, and what of it they allowed before. Consents are read
// only where they count.
func (d *Dispatcher) asked(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) (asked provider.ConsentRequest, before provider.Consent, err error) {
	r := &flow.Request
	if session == nil || client.FirstParty && flow.Consented == "" && !r.Prompts("consent") && !client.Impersonable(r.RedirectURI) {
		return asked, before, nil // they are not asked, whatever it is
	}
	if asked, err = d.Scopes.ConsentRequest(ctx, client, r, flow.Organization); err != nil {
		return asked, before, err
	}
	if client.FirstParty || flow.Consented != "" {
		return asked, before, nil
	}
	if before, err = d.Consents.Of(ctx, session.UserID, client.ID, asked.Shown()); err != nil {
		return asked, before, fmt.Errorf("read consent: %w", err)
	}
	return asked, before, nil
}
