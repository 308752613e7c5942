package app_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/cmd/plinto/app"
	"plinto/event"
	"plinto/internal/egress"
	"plinto/internal/operations"
	"plinto/internal/plintotest"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/storage/queue"
)

// seriesOf is how many lines of values a scrape has.
func seriesOf(t testing.TB, r prometheus.Gatherer) (n int) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			n++
			if h := m.GetHistogram(); h != nil {
				n += len(h.GetBucket()) + 2 // +Inf, sum and count, of which one is counted
			}
		}
	}
	return n
}

// mostSeries is what one process may show.
const mostSeries = 3000

// OBS-01: however many tenants, clients, paths, grants and reasons there are, the series are few. All that code bounds is
// counted as if it had happened: every route with every class of status, every grant with every outcome, every reason, every
// purpose of a request of ours with every failure, every lane of the queue.
func TestMetrics_areFewWhateverHappens_OBS_01(t *testing.T) {
	t.Parallel()
	ops := operations.New()
	var tenants, clients []string
	for i := range app.MetricsMost {
		tenants, clients = append(tenants, fmt.Sprintf("tenant-%d", i)), append(clients, fmt.Sprintf("tenant-%d/client-0", 100+i))
	}
	s := plintotest.Start(t, plintotest.Options{Operations: ops, Mail: true, MetricsTenants: tenants, MetricsClients: clients})
	m := s.App.Metrics()
	for _, route := range append(s.App.Routes(), "") {
		for status := 100; status <= 999; status += 50 {
			m.Observe(nil, web.Answer{Route: route, Status: status, Took: time.Millisecond, Tenant: "tenant-5000"})
		}
	}
	for i := range 10_000 {
		slug := fmt.Sprintf("tenant-%d", i)
		for status := 200; status <= 599; status += 100 {
			m.Observe(nil, web.Answer{Route: "/oauth2/token", Status: status, Tenant: slug})
		}
		ctx := app.Within(slug)
		for reason := range app.Methods {
			m.Happened(ctx, []event.Event{{Fact: event.SignInFailed{}, Reason: reason}})
		}
		m.Happened(ctx, []event.Event{
			{Fact: event.SignInFailed{}, Reason: "reason " + slug},
			{Fact: event.SignInSucceeded{AMR: []string{slug}}},
			{Fact: event.SignInSucceeded{AMR: []string{"pwd", "otp"}}},
			{Fact: event.SignInSucceeded{AMR: []string{"fed"}}},
			{Fact: event.SignInSucceeded{AMR: []string{"email"}}},
			{Fact: event.SignInSucceeded{AMR: []string{"hwk"}}},
			{Fact: event.FactorAdded{Kind: slug}},
			{Fact: event.FactorRemoved{Kind: slug}},
		})
	}
	refusals := []error{nil, &web.OAuthError{Code: "invalid_grant"}, errors.New("broken")}
	for i := range 1000 {
		for c := range 10 {
			ctx := app.AsClient(t, fmt.Sprintf("tenant-%d", i), fmt.Sprintf("client-%d", c))
			for _, grant := range append(provider.GrantTypes, "grant "+fmt.Sprint(i)) {
				for _, err := range refusals {
					m.TokenAnswered(ctx, grant, err)
				}
			}
		}
	}
	for _, kind := range egress.Kinds {
		for _, outcome := range []string{"2xx", "3xx", "4xx", "5xx", egress.ClassBlocked, egress.ClassDNS, egress.ClassTLS, egress.ClassRefused, egress.ClassTimeout, egress.ClassConnection} {
			m.Reached(kind, outcome)
		}
	}
	surveyed(t, ops)
	const ofQueue, ofReplicas = 4, 3 // outcomes of jobs, and lines for each of three replicas
	got := seriesOf(t, ops.Registry) + len(queue.Lanes())*(ofQueue+1) + 3*ofReplicas
	t.Logf("%d series", got)
	if got > mostSeries {
		t.Errorf("%d series, want at most %d", got, mostSeries)
	}
	for labels, want := range map[[4]string]float64{
		{"tenant-105", "client-0", provider.GrantCode, "issued"}: 1, {"tenant-3", "other", "other", "refused"}: 10,
	} {
		if n := m.Tokens(labels[:]...); n != want {
			t.Errorf("%v was counted %v times, want %v", labels, n, want)
		}
	}
}

// surveyed waits until all that the database is asked for metrics was answered.
func surveyed(t testing.TB, ops *operations.Operations) {
	t.Helper()
	for range 1000 {
		families, err := ops.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "plinto_survey_timestamp_seconds" && len(f.GetMetric()) == 3 {
				return
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("the database was not surveyed")
}
