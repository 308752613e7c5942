package app

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

func within(slug string) context.Context {
	return tenant.With(context.Background(), &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: slug})
}

// asClient is the context of a request that a client has proved itself in.
func asClient(t testing.TB, slug, clientID string) (ctx context.Context) {
	t.Helper()
	web.Begin(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		web.NoteClient(r.Context(), clientID)
		found, err := tenant.From(within(slug))
		if err != nil {
			t.Fatal(err)
		}
		ctx = tenant.With(r.Context(), found)
	}), false).ServeHTTP(discard{http.Header{}}, newRequest(t))
	return ctx
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func newRequest(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "https://id.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMetrics_countWhatHappened(t *testing.T) {
	t.Parallel()
	m := newMetrics(prometheus.NewRegistry(), newAllowed([]string{"acme"}, nil))
	ctx := within("acme")
	m.happened(ctx, []event.Event{
		{Fact: event.SignInSucceeded{AMR: []string{"pwd", "otp", "mfa"}}},
		{Fact: event.SignInSucceeded{AMR: []string{"hwk", "user"}}},
		{Fact: event.SignInSucceeded{AMR: []string{"fed"}, ConnectionID: "connection_1"}},
		{Fact: event.SignInFailed{}, Reason: "bad_second_factor"},
		{Fact: event.SignInFailed{}, Reason: "bad_credentials"},
		{Fact: event.FactorAdded{Kind: "totp"}},
		{Fact: event.TokenReuseDetected{}},
		{Fact: event.CodeReuseDetected{}},
		{Fact: event.RecoveryCodeUsed{}},
		{Fact: event.SessionCreated{}},
	})
	m.happened(within("globex"), []event.Event{{Fact: event.SignInSucceeded{AMR: []string{"email"}}}})
	for name, c := range map[string]struct {
		of     *prometheus.CounterVec
		labels []string
	}{
		"password":       {m.signIns, []string{"acme", "password", "success", ""}},
		"passkey":        {m.signIns, []string{"acme", "passkey", "success", ""}},
		"federation":     {m.signIns, []string{"acme", "federation", "success", ""}},
		"wrong password": {m.signIns, []string{"acme", "password", "failure", "bad_credentials"}},
		"wrong factor":   {m.signIns, []string{"acme", "second_factor", "failure", "bad_second_factor"}},
		"another tenant": {m.signIns, []string{"other", "mail_code", "success", ""}},
		"factor":         {m.factors, []string{"totp", "success"}},
		"refused factor": {m.factors, []string{"any", "failure"}},
		"recovery code":  {m.factors, []string{"recovery_code", "success"}},
		"enrolment":      {m.factorSet, []string{"totp", "added"}},
		"refresh token":  {m.reused, []string{"refresh_token"}},
		"code":           {m.reused, []string{"code"}},
	} {
		if n := testutil.ToFloat64(c.of.WithLabelValues(c.labels...)); n != 1 {
			t.Errorf("%s: counted %v times, want once", name, n)
		}
	}
}

func TestMetrics_tellWhoseFaultATokenErrorIs(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for name, err := range map[string]error{
		"issued": nil, "invalid_grant": &web.OAuthError{Code: "invalid_grant"}, "server_error": &web.OAuthError{Code: "server_error", Status: http.StatusInternalServerError},
		"too many": fault.New(fault.TooMany, "throttled", "later"), "away": fault.New(fault.Unavailable, "unavailable", "later"), "broken": errors.New("x"),
	} {
		got[name] = outcomeOf(err)
	}
	want := map[string]string{"issued": "issued", "invalid_grant": "refused", "server_error": "failed", "too many": "refused", "away": "failed", "broken": "failed"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What a request pays for being counted is no memory.
func TestMetrics_takeNoMemoryOfARequest(t *testing.T) {
	m := newMetrics(prometheus.NewRegistry(), newAllowed([]string{"acme"}, []string{"acme/shop"}))
	ctx := asClient(t, "acme", "shop")
	count := func() {
		m.observe(nil, web.Answer{Route: "/oauth2/token", Status: 200, Took: time.Millisecond, Tenant: "acme"})
		m.tokenAnswered(ctx, provider.GrantClientCredentials, nil)
	}
	if n := testing.AllocsPerRun(100, count); n > 1 { // the name of the client that is looked up
		t.Errorf("it takes %v allocations", n)
	}
}

// BenchmarkMetrics is what a token request pays for being counted.
func BenchmarkMetrics(b *testing.B) {
	for name, names := range map[string]allowed{"nobody": newAllowed(nil, nil), "a tenant and a client": newAllowed([]string{"acme"}, []string{"acme/shop"})} {
		b.Run(name, func(b *testing.B) {
			m := newMetrics(prometheus.NewRegistry(), names)
			ctx := asClient(b, "acme", "shop")
			b.ReportAllocs()
			for b.Loop() {
				m.observe(nil, web.Answer{Route: "/oauth2/token", Status: 200, Took: 3 * time.Millisecond, Tenant: "acme"})
				m.tokenAnswered(ctx, provider.GrantClientCredentials, nil)
			}
		})
	}
}
