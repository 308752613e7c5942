package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/breaker"
	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/tenant"
)

// Limits of talking to a provider.
const (
	// patience is how long one answer to a browser waits for a provider, whatever has to be asked.
	patience     = 5500 * time.Millisecond
	maxEntries   = 10_000
	freshFor     = 10 * time.Minute // a discovery document or a key set
	refetchAfter = 30 * time.Second
	// retryAfter is when something is asked for again that was never there.
	retryAfter   = time.Second
	fetchTimeout = 4 * time.Second
)

// A Connector implements federation.Connector. It is safe for use by many goroutines.
type Connector struct {
	client   *egress.Client
	vault    federation.Vault
	breakers *breaker.Group
	now      func() time.Time
	entries  entries
	// Health is told when a provider fails, and when it answers again; nil: nobody is.
	Health *federation.Health
}

// New returns a Connector that reaches providers by client. breakers gets one for each connection.
func New(client *egress.Client, vault federation.Vault, breakers *breaker.Set, now func() time.Time) *Connector {
	return &Connector{
		client: client, vault: vault, now: now,
		breakers: breakers.Group(breaker.Options{Name: "federation", Timeout: patience, Healthy: aboutTheRound}, maxEntries),
		entries:  otter.Must(&otter.Options[key, *entry]{MaximumSize: maxEntries}),
	}
}

// A key names one version of a connection: an update starts anew.
type key struct {
	tenant  tenant.ID
	id      uuid.UUID
	version int64
}

// entries is the part of otter.Cache that is used.
type entries interface {
	ComputeIfAbsent(k key, first func() (value *entry, cancel bool)) (*entry, bool)
}

// An entry is what is known of a provider. Its lock is held while something is fetched, so that nothing is fetched twice at
// once.
type entry struct {
	mu       sync.Mutex
	document fetched[*metadata]
	keys     fetched[keySet]
}

// fetched is something that was read, and is read again now and then.
type fetched[T any] struct {
	value T
	have  bool
	at    time.Time // when it was read
	tried time.Time // when somebody last tried
}

// refresh reads the value where that is due; again asks for it sooner. What was read before counts while it cannot be read.
func (f *fetched[T]) refresh(now time.Time, again bool, read func() (T, error)) (T, error) {
	wait := retryAfter
	if f.have {
		wait = refetchAfter
	}
	if f.have && !again && now.Sub(f.at) < freshFor || !f.tried.IsZero() && now.Sub(f.tried) < wait {
		if !f.have {
			return f.value, federation.ErrUnavailable
		}
		return f.value, nil
	}
	f.tried = now
	value, err := read()
	if err == nil {
		f.value, f.have, f.at = value, true, now
	}
	if f.have {
		return f.value, nil
	}
	return f.value, err
}

func (c *Connector) entry(ctx context.Context, conn *federation.Connection) *entry {
	e, _ := c.entries.ComputeIfAbsent(key{tenant.Must(ctx).ID, conn.ID, conn.Version}, func() (*entry, bool) { return &entry{}, false })
	return e
}

// breaker returns the breaker of a connection.
func (c *Connector) breaker(ctx context.Context, conn *federation.Connection) *breaker.Breaker {
	return c.breakers.Of(tenant.Must(ctx).Slug + "/" + conn.Slug)
}

// Available implements federation.Connector.
func (c *Connector) Available(ctx context.Context, conn *federation.Connection) bool {
	return c.breaker(ctx, conn).State() != "open"
}

// do talks to the provider, unless it failed again and again of late, and in bounded time.
func (c *Connector) do(ctx context.Context, conn *federation.Connection, talk func(context.Context) error) error {
	b := c.breaker(ctx, conn)
	before := b.State()
	err := b.Do(ctx, talk)
	c.notice(ctx, conn, before, b.State(), err)
	if errors.Is(err, breaker.ErrOpen) {
		return federation.ErrUnavailable.With(err)
	}
	if err != nil && fault.KindOf(err) == "" {
		return federation.ErrUnavailable.With(err)
	}
	return err
}

// notice tells that the breaker of a connection opened by the call that failed with err, or closed again.
func (c *Connector) notice(ctx context.Context, conn *federation.Connection, before, after string, err error) {
	switch {
	case c.Health == nil || before == after:
	case after == breaker.Open && before == "closed" && err != nil:
		c.Health.Failed(ctx, conn, failure(err))
	case after == "closed":
		c.Health.Recovered(ctx, conn)
	}
}

// failure says in a stable code why a provider could not be asked.
func failure(err error) string {
	var status statusError
	switch {
	case errors.As(err, &status):
		return federation.HealthStatus
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return federation.HealthTimeout
	}
	return federation.HealthUnreachable
}

// aboutTheRound reports whether an error is about a round or a setting, and the provider answers.
func aboutTheRound(err error) bool {
	return errors.Is(err, federation.ErrDenied) || errors.Is(err, federation.ErrAnswer) || errors.Is(err, federation.ErrMisconfigured)
}

// call makes a request of a connection and reads the answer.
func (c *Connector) call(ctx context.Context, conn *federation.Connection, r *http.Request) (egress.Answer, error) {
	answer, err := c.client.For(egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.Federation, Client: conn.Slug}).Do(r)
	if err != nil {
		return answer, federation.ErrUnavailable.With(err)
	}
	return answer, nil
}

// Fetch fetches a document of the provider of a connection, which may be of another kind: within the same limits, and behind the same
// breaker. ErrUnavailable.
func (c *Connector) Fetch(ctx context.Context, conn *federation.Connection, address, accept string) (document []byte, err error) {
	err = c.do(ctx, conn, func(ctx context.Context) error {
		document, err = c.get(ctx, conn, address, accept)
		return err
	})
	return document, err
}

const acceptJSON = "application/json"

// get fetches a document. It serves everybody who waits for it: the one who asked may leave.
func (c *Connector) get(ctx context.Context, conn *federation.Connection, address, accept string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, federation.ErrMisconfigured.With(err)
	}
	r.Header.Set("Accept", accept)
	answer, err := c.call(ctx, conn, r)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, federation.ErrUnavailable.With(statusError(answer.Status))
	}
	return answer.Body, nil
}

// Begin implements federation.Connector.
func (c *Connector) Begin(ctx context.Context, conn *federation.Connection, r federation.Round, ask federation.Ask) (to federation.Departure, err error) {
	err = c.do(ctx, conn, func(ctx context.Context) error {
		m, err := c.metadata(ctx, conn)
		if err != nil {
			return err
		}
		to.URL, err = authorizationURL(conn, m, r, ask)
		return err
	})
	return to, err
}

// authorizationURL is the authentication request (OpenID Connect Core 1.0 §3.1.2.1).
func authorizationURL(conn *federation.Connection, m *metadata, r federation.Round, ask federation.Ask) (string, error) {
	u, err := url.Parse(m.Authorization)
	if err != nil {
		return "", federation.ErrMisconfigured.With(err)
	}
	q := u.Query()
	parameters := map[string]string{
		"response_type": "code", "client_id": conn.ClientID, "redirect_uri": r.RedirectURI, "scope": strings.Join(conn.Scopes, " "),
		"state": r.State, "nonce": r.Nonce, "code_challenge": challenge(r.Verifier), "code_challenge_method": "S256",
		"acr_values": strings.Join(conn.ACRValues, " "), "prompt": ask.Prompt, "login_hint": ask.LoginHint, "ui_locales": ask.UILocales,
	}
	if preset.Of(conn.Preset).FormPost {
		parameters["response_mode"] = "form_post"
	}
	if conn.Kind == federation.KindOAuth2 { // has none of these
		for _, name := range []string{"nonce", "login_hint", "ui_locales"} {
			delete(parameters, name)
		}
	}
	for name, value := range parameters {
		if value != "" {
			q.Set(name, value)
		}
	}
	age := ask.MaxAge
	if ask.Prompt == "login" && m.TellsWhen {
		age = new(int64) // has the provider say when, which prompt alone does not (OpenID Connect Core 1.0 §2, auth_time)
	}
	if age != nil && conn.Kind != federation.KindOAuth2 {
		q.Set("max_age", decimal(*age))
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
