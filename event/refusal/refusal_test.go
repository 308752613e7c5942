package refusal

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/event"
	"plinto/tenant"
)

// A log is an outbox that keeps what was appended, by tenant.
type log struct {
	mu   sync.Mutex
	rows map[string][]event.Event
	err  error
}

func (l *log) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func (l *log) Append(ctx context.Context, events ...event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		slug := tenant.Must(ctx).Slug
		l.rows[slug] = append(l.rows[slug], events...)
	}
	return l.err
}

// of returns what was appended for a tenant.
func (l *log) of(slug string) []event.Event {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rows[slug]
}

// running starts a recorder in a bubble, whose clock moves when all wait.
func running(t *testing.T) (*Recorder, *log, func()) {
	l := &log{rows: map[string][]event.Event{}}
	r := NewRecorder(Dependencies{Outbox: l, Tx: l, Now: time.Now, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	return r, l, func() { stop(); <-done }
}

var acme = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "acme"}

func wrongSecret(change ...func(*Request)) Request {
	q := Request{
		Tenant: acme, Origin: event.Origin{IP: "192.0.2.1", RequestID: "r"}, Path: "/oauth2/token", Error: "invalid_client", Detail: "wrong_secret",
		ClientID: "web", Known: true, Method: "client_secret_basic",
	}
	for _, f := range change {
		f(&q)
	}
	return q
}

func TestRefusals_theFirstIsToldAtOnceAndTheOthersTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, l, stop := running(t)
		defer stop()
		for range 100 {
			r.Take(wrongSecret())
		}
		got := l.of("acme")
		want := []event.Event{{
			Fact: event.ClientAuthenticationFailed{ClientID: "web", Method: "client_secret_basic", Endpoint: "token", Count: 1}, Subject: "web",
			Actor: event.Actor{Type: "anonymous"}, Outcome: "failure", Reason: "wrong_secret", IP: "192.0.2.1", RequestID: "r",
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		time.Sleep(together + time.Second) // of the bubble's clock
		if got = l.of("acme"); len(got) != 2 || got[1].Fact.(event.ClientAuthenticationFailed).Count != 99 {
			t.Errorf("got %+v, want a row of 99 more", got)
		}
		r.Take(wrongSecret())
		if got = l.of("acme"); len(got) != 3 {
			t.Errorf("got %d rows, want another one at once after the time is over", len(got))
		}
		time.Sleep(2 * together)
		if got = l.of("acme"); len(got) != 3 || len(r.open)+len(r.of)+len(r.line) > 0 {
			t.Errorf("got %d rows, and %d kinds in memory: nothing more happened", len(got), len(r.open))
		}
	})
}

// Whoever comes from everywhere with everything fills neither the log nor the memory, hides
// how much there was of it, or takes the place of another tenant.
func TestRefusals_ofATenantAreBoundedAndAllCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, l, stop := running(t)
		const flood = 10_000
		for i := range flood {
			r.Take(wrongSecret(func(q *Request) { q.Origin.IP = fmt.Sprintf("192.0.%d.%d", i/250, i%250) }))
		}
		r.Take(wrongSecret(func(q *Request) { q.Tenant = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "other"} }))
		if n := len(l.of("acme")); n != kinds+1 {
			t.Errorf("got %d rows, want %d", n, kinds+1)
		}
		if n := len(l.of("other")); n != 1 {
			t.Errorf("got %d rows of the other tenant, want 1", n)
		}
		stop() // what was counted is written before the server is gone
		sum, others := 0, 0
		for _, e := range l.of("acme") {
			f := e.Fact.(event.ClientAuthenticationFailed)
			sum += f.Count
			if e.Reason == other {
				others++
				if f.ClientID+f.Endpoint+f.Method+e.Subject != "" {
					t.Errorf("a row of many kinds names one: %+v", e)
				}
			}
		}
		if sum != flood || others != 2 {
			t.Errorf("got %d refusals in the log with %d rows of other kinds, want %d and 2", sum, others, flood)
		}
	})
}

func TestRefusals_thatAreRecorded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Request)
		want   event.Fact
	}{
		"wrong secret at introspection": {
			func(q *Request) { q.Path = "/oauth2/introspect" },
			event.ClientAuthenticationFailed{ClientID: "web", Method: "client_secret_basic", Endpoint: "introspection", Count: 1},
		},
		// Anybody can send anything as a client_id: a secret, an address.
		"unknown client": {
			func(q *Request) { q.Known, q.Detail = false, "unknown_client" },
			event.ClientAuthenticationFailed{Method: "client_secret_basic", Endpoint: "token", Count: 1},
		},
		"too many failures": {
			func(q *Request) { q.Error, q.Detail = "temporarily_unavailable", tooManyFailures },
			event.ClientAuthenticationFailed{ClientID: "web", Method: "client_secret_basic", Endpoint: "token", Count: 1},
		},
		"another client's code": {
			func(q *Request) { q.Error, q.Proved = "invalid_grant", true },
			event.RequestRefused{ClientID: "web", Endpoint: "token", Error: "invalid_grant", Count: 1},
		},
		"a registration": {
			func(q *Request) { q.Path, q.Error, q.Known = "/oauth2/register/web", "invalid_token", false },
			event.RequestRefused{Endpoint: "registration", Error: "invalid_token", Count: 1},
		},
		"an unregistered redirect URI": {
			func(q *Request) { q.Path, q.Error = "/oauth2/authorize", "invalid_redirect_uri" },
			event.RequestRefused{ClientID: "web", Endpoint: "authorization", Error: "invalid_redirect_uri", Count: 1},
		},
		"a malformed request":    {func(q *Request) { q.Error = "invalid_request" }, nil},
		"a failure of ours":      {func(q *Request) { q.Error, q.Detail = "server_error", "" }, nil},
		"another endpoint":       {func(q *Request) { q.Path = "/oauth2/userinfo" }, nil},
		"a path that only looks": {func(q *Request) { q.Path = "/oauth2/tokens" }, nil},
	} {
		q := wrongSecret(c.change)
		if got := q.fact(1); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestRefusals_sayWhoWasProvedAndWhoWasNot(t *testing.T) {
	t.Parallel()
	proved := wrongSecret(func(q *Request) { q.Error, q.Proved = "invalid_grant", true })
	if got := proved.event(1).Actor; got != (event.Actor{Type: "client", ID: "web"}) {
		t.Errorf("got %+v, want the client", got)
	}
	link := wrongSecret(func(q *Request) { q.Error, q.Proved, q.Path = "invalid_redirect_uri", true, "/oauth2/authorize" })
	if got := link.event(1).Actor; got != (event.Actor{Type: "anonymous"}) {
		t.Errorf("got %+v, want nobody: anybody can open a link with a client's id", got)
	}
}

func TestRefusals_thatCannotBeWrittenAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, l, stop := running(t)
		l.err = context.DeadlineExceeded
		r.Take(wrongSecret())
		synctest.Wait()
		stop()
		if n := testutil.ToFloat64(r.dropped); n != 1 {
			t.Errorf("got %v dropped rows, want 1", n)
		}
	})
}
