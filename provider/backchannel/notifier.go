package backchannel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/provider/seal"
	"plinto/tenant"
)

const (
	// answerTimeout is how long a client may take to answer (§2.8 wants the user not to
	// wait, and the queue has others to tell).
	answerTimeout = 5 * time.Second
	// tokenLife is what §2.4 recommends at most.
	tokenLife = 2 * time.Minute
	// tryFor is until when the queue repeats what failed: with its growing pauses
	// (1 s, 16 s, 81 s, 256 s) that is five attempts in six minutes.
	tryFor = 5 * time.Minute
)

// A Sealer signs and encrypts to a client. *seal.Sealer is one.
type Sealer interface {
	Seal(ctx context.Context, c *provider.Client, how seal.Sealing, typ string, payload []byte) (string, error)
}

// A Notifier tells clients. It implements event.Subscriber.
type Notifier struct {
	Clients  provider.Clients
	Subjects provider.Subjects
	Sealer   Sealer
	// Transport reaches clients on behalf of an owner. It must be the protected one,
	// and hand redirects back: egress.Client.For.
	Transport func(egress.Owner) http.RoundTripper
	Outbox    event.Outbox
	Tx        identity.Transactor
	Now       func() time.Time
}

// Subscription implements event.Subscriber.
func (*Notifier) Subscription() event.Subscription {
	return event.Subscription{Name: "backchannel.logout", Lane: event.LaneLogout, Types: []event.Fact{event.LogoutQueued{}}}
}

// Handle implements event.Subscriber: it tells one client of one session. A client
// that is gone by now is done with. Errors are those worth another attempt.
func (n *Notifier) Handle(ctx context.Context, e event.Event) error {
	facts, err := read(e)
	if err != nil {
		return nil //nolint:nilerr // an event that names nobody tells nobody; it will not get better
	}
	client, err := n.Clients.ByClientID(ctx, facts.client)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("find client: %w", err)
	case client.BackchannelLogoutURI == "" || !client.DisabledAt.IsZero():
		return nil
	case client.CreatedAt.After(e.OccurredAt):
		return nil // another one of that client_id: the user never signed in to it
	}
	failed := n.post(ctx, client, facts)
	if failed == nil {
		return nil
	}
	if !failed.final && n.Now().Sub(e.OccurredAt) < tryFor {
		return fmt.Errorf("send logout token to %s: %s: %w", client.ClientID, failed.reason, failed.err)
	}
	return n.giveUp(ctx, e, facts, failed)
}

// facts are what a queued event says.
type facts struct {
	session, user uuid.UUID
	client        string
}

func read(e event.Event) (f facts, err error) {
	queued, is := e.Fact.(event.LogoutQueued)
	if !is || queued.SessionID == uuid.Nil {
		return f, fmt.Errorf("%s names no session", e.Type())
	}
	f.session, f.client = queued.SessionID, queued.ClientID
	f.user, err = tid.Parse(identity.UserPrefix, e.Subject)
	return f, err
}

// A failure is why a client was not told.
type failure struct {
	reason string // stable code for the audit log
	final  bool   // whether another attempt is of no use
	err    error
}

// post makes the token and posts it (§2.5). Only the status of the answer counts.
func (n *Notifier) post(ctx context.Context, c *provider.Client, f facts) *failure {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	token, err := n.token(ctx, c, f)
	if err != nil {
		return &failure{reason: "token_not_made", err: err}
	}
	form := url.Values{"logout_token": {token}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BackchannelLogoutURI, strings.NewReader(form))
	if err != nil {
		return &failure{reason: "uri_not_allowed", final: true, err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	by := egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.Logout, Client: c.ClientID}
	answer, err := n.Transport(by).RoundTrip(r)
	switch {
	case errors.Is(err, egress.ErrURL):
		return &failure{reason: "uri_not_allowed", final: true, err: err}
	case err != nil:
		return &failure{reason: "unreachable", err: err}
	}
	_ = answer.Body.Close() // what a client says besides is nobody's business
	return judge(answer.StatusCode)
}

func judge(status int) *failure {
	switch {
	case status == http.StatusOK || status == http.StatusNoContent:
		return nil
	case status == http.StatusBadRequest:
		return &failure{reason: "refused", final: true, err: errStatus(status)}
	case status >= 300 && status < 400:
		return &failure{reason: "redirected", err: errStatus(status)}
	default:
		return &failure{reason: "failed_there", err: errStatus(status)}
	}
}

type errStatus int

func (s errStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// logoutToken is the claims of a logout token (§2.4). It never has a nonce, so
// that it cannot pass for an ID token.
type logoutToken struct {
	Issuer   string              `json:"iss"`
	Audience string              `json:"aud"`
	Subject  string              `json:"sub"`
	SID      string              `json:"sid"`
	ID       string              `json:"jti"`
	IssuedAt int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	Events   map[string]struct{} `json:"events"`
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// token makes a logout token, signed and encrypted as the client wants its ID
// tokens (§2.4): an HMAC one with its secret, and none never.
func (n *Notifier) token(ctx context.Context, c *provider.Client, f facts) (string, error) {
	t, now := tenant.Must(ctx), n.Now()
	payload, err := json.Marshal(logoutToken{
		Issuer: t.Issuer, Audience: c.ClientID, Subject: n.Subjects.Of(t.ID, c, f.user), SID: provider.SID(f.session, c.ID),
		ID: uuid.NewString(), IssuedAt: now.Unix(), Expires: now.Add(tokenLife).Unix(), Events: map[string]struct{}{logoutEvent: {}},
	})
	if err != nil {
		return "", fmt.Errorf("write logout token: %w", err)
	}
	how := seal.Sealing{SignAlg: c.IDTokenSignedAlg, EncryptAlg: c.IDTokenEncryptedAlg, EncryptEnc: c.IDTokenEncryptedEnc}
	if how.SignAlg == "" {
		how.SignAlg = provider.AlgIDToken
	}
	return n.Sealer.Seal(ctx, c, how, "logout+jwt", payload)
}

// giveUp records that a client was not told. Whoever reads the audit log sees
// where a user may still be signed in.
func (n *Notifier) giveUp(ctx context.Context, e event.Event, f facts, failed *failure) error {
	return n.Tx.InTx(ctx, func(ctx context.Context) error {
		return n.Outbox.Append(ctx, event.Event{
			Fact:    event.LogoutFailed{SessionID: f.session, ClientID: f.client},
			Outcome: "failure", Reason: failed.reason, Actor: event.Actor{Type: "system"},
			Subject: e.Subject, IP: e.IP, UserAgent: e.UserAgent, RequestID: e.RequestID,
		})
	})
}
