package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"plinto/event"
	"plinto/internal/breach"
	"plinto/internal/operations"
	"plinto/internal/plintotest"
	"plinto/internal/web"
	"plinto/provider"
)

var (
	// scrapes is a directory for what a server showed, for the test of the dashboard (make test-dashboards).
	scrapes = flag.String("scrapes", "", "where TestMetrics leaves what it scraped")
	// updateMetrics writes the page of metrics again: go test ./cmd/plinto -run Metrics_areDocumented -args -update-metrics
	updateMetrics = flag.Bool("update-metrics", false, "write docs/metrics.md again")
)

const (
	dashboardFile = "../../deploy/grafana/plinto.json"
	rulesFile     = "../../deploy/prometheus/plinto.rules.yaml"
	rulesTestFile = "../../deploy/prometheus/tests/plinto.test.yaml"
	runbookFile   = "../../docs/runbook.md"
	metricsPage   = "../../docs/metrics.md"
)

// A showing is a server of whose metrics all are registered that there are.
type showing struct {
	*plintotest.Server
	t   *testing.T
	ops *operations.Operations
}

func measure(t *testing.T) *showing {
	t.Helper()
	ops := operations.New()
	breach.New(nil, nil, ops.Registry)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	certify(t, cert, key, 1)
	served, err := web.LoadCertificate(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	watchCertificate(t.Context(), ops, served)
	return &showing{plintotest.Start(t, plintotest.Options{Operations: ops, Mail: true, MetricsTenants: []string{"main"}}), t, ops}
}

// scrape returns what Prometheus would read, when the database was asked for all that is of it.
func (m *showing) scrape() (text string) {
	m.t.Helper()
	eventually(m.t, "the database was surveyed", func() bool {
		w := httptest.NewRecorder()
		m.ops.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		text = w.Body.String()
		return w.Code == http.StatusOK && strings.Count(text, "plinto_survey_timestamp_seconds{") == 3
	})
	return text
}

// use has people sign in, and fail to, and clients get tokens.
func (m *showing) use(c *provider.Client, secret, email string) {
	m.t.Helper()
	as := plintotest.As(c, secret)
	tokens := m.Tokens(c, secret, email, "openid offline_access")
	m.Succeeds(m.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, as))
	m.Succeeds(m.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, as))
	m.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, as).Wants(m.t, http.StatusBadRequest, "invalid_grant")
	m.Browser().Open(m.AuthorizeURL(c, nil)).Submit("submit", map[string]string{"username": email, "password": "wrong"})
	for _, fails := range []error{nil, errors.New("rolled back")} {
		err := m.Store.DB.InTx(m.In(), func(ctx context.Context) error {
			_ = m.Store.Outbox.Append(ctx, event.Event{Fact: event.RecoveryCodeUsed{}, Outcome: "success", Actor: event.Actor{Type: "system"}})
			return fails
		})
		if !errors.Is(err, fails) {
			m.t.Fatal(err)
		}
	}
}

// OBS-05, LOG-01: a server that was used shows each metric that dashboard and alerts ask for, and neither a secret nor a person.
func TestMetrics_ofAServerThatIsUsed_OBS_05(t *testing.T) {
	t.Parallel()
	m := measure(t)
	c, secret := m.Client(provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials},
	}, plintotest.FirstParty)
	m.User("alice@example.com")
	var texts []string
	for range 3 {
		m.use(c, secret, "alice@example.com")
		texts = append(texts, m.scrape())
	}
	text := texts[len(texts)-1]
	shown := namesIn(text)
	for where, names := range asked(t) {
		for _, name := range names {
			if !shown[name] && !rare[name] {
				t.Errorf("%s asks for %s, which no server shows", where, name)
			}
		}
	}
	for _, secret := range []string{secret, "alice", "127.0.0.1", plintotest.Password, c.ClientID} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics have %q", secret)
		}
	}
	for _, want := range []string{
		`plinto_token_requests_total{client="other",grant="refresh_token",outcome="refused",tenant="main"} 3`,
		`plinto_token_requests_total{client="other",grant="client_credentials",outcome="issued",tenant="main"} 3`,
		`plinto_sign_ins_total{method="password",outcome="success",reason="",tenant="main"} 3`,
		`plinto_sign_ins_total{method="password",outcome="failure",reason="bad_credentials",tenant="main"} 3`,
		`plinto_factor_checks_total{factor="recovery_code",outcome="success"} 3`, // and none that was rolled back
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if *scrapes != "" {
		for i, text := range texts {
			if err := os.WriteFile(filepath.Join(*scrapes, fmt.Sprintf("%d.txt", i)), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rare are metrics that not every server has: of replicas, and what Prometheus itself adds.
var rare = map[string]bool{
	"plinto_replica_used": true, "plinto_saml_certificate_expiry_timestamp_seconds": true, "up": true,
	"plinto_queue_jobs": true, // none where every job was done when the queue was looked at
}

var sample = regexp.MustCompile(`(?m)^([a-z_:][a-z0-9_:]*)[{ ]`)

func namesIn(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range sample.FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return found
}

var metricName = regexp.MustCompile(`\b(?:plinto|process|go|promhttp)_[a-z0-9_]+\b|\bup\b`)

// asked are the metrics that each panel and each alert asks for.
func asked(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for title, queries := range panels(t) {
		for _, q := range queries {
			found["panel "+title] = append(found["panel "+title], metricName.FindAllString(q, -1)...)
		}
	}
	for _, r := range alerts(t) {
		found["alert "+r.Alert] = metricName.FindAllString(r.Expr, -1)
	}
	for where, names := range found {
		if len(names) == 0 {
			t.Errorf("%s asks for nothing", where)
		}
	}
	return found
}

// panels are the queries of the dashboard by the title of their panel.
func panels(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || found[p.Title] != nil {
			t.Errorf("the panel %q has no query, or another one's title", p.Title)
		}
		for _, target := range p.Targets {
			found[p.Title] = append(found[p.Title], target.Expr)
		}
	}
	if len(found) < 20 {
		t.Fatalf("the dashboard has only %d panels", len(found))
	}
	return found
}

type alertRule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) (all []alertRule) {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []alertRule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 15 {
		t.Fatalf("there are only %d alerts", len(all))
	}
	return all
}

// Each alert says where it is explained, fires in a test and stays quiet in another; each section of the runbook is of an alert.
func TestAlerts_haveARunbookAndTests(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	runbook, tests := read(runbookFile), read(rulesTestFile)
	named := map[string]bool{}
	for _, a := range alerts(t) {
		named[a.Alert] = true
		_, section, found := strings.Cut(runbook, "\n## "+a.Alert+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, part := range []string{a.Annotations["summary"], "Severity: " + a.Labels["severity"], "**Means:**", "**Users notice:**", "**Look first at:**", "**Remedy:**"} {
			if !found || part == "" || !strings.Contains(section, part) {
				t.Errorf("the runbook says nothing of %s under %q", a.Alert, part)
			}
		}
		if want := "docs/runbook.md#" + strings.ToLower(a.Alert); a.Annotations["runbook"] != want {
			t.Errorf("%s leads to %q, want %q", a.Alert, a.Annotations["runbook"], want)
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]) {
			t.Errorf("%s has the severity %q", a.Alert, a.Labels["severity"])
		}
		for _, kind := range []string{" fires\n", " is quiet\n"} {
			if !strings.Contains(tests, "- name: "+a.Alert+kind) {
				t.Errorf("no test has %s%s", a.Alert, kind)
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(runbook, -1) {
		if !named[m[1]] {
			t.Errorf("the runbook has a section %q of no alert", m[1])
		}
	}
}

// docs/metrics.md says of each metric what the code says of it.
func TestMetrics_areDocumented(t *testing.T) {
	t.Parallel()
	m := measure(t)
	var table strings.Builder
	for _, of := range m.ops.Registry.Metrics("plinto_") {
		labels := "-"
		if len(of.Labels) > 0 {
			labels = "`" + strings.Join(of.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", of.Name, of.Type, labels, unitOf(of.Name), strings.ReplaceAll(of.Help, "|", "\\|"))
		if !slices.Contains([]string{"gauge", "counter", "histogram"}, of.Type) || !strings.HasSuffix(of.Help, ".") {
			t.Errorf("%s is a %s that says %q", of.Name, of.Type, of.Help)
		}
		if (of.Type == "counter") != strings.HasSuffix(of.Name, "_total") {
			t.Errorf("%s is a %s", of.Name, of.Type)
		}
	}
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	const head = "|---|---|---|---|---|\n"
	before, _, found := strings.Cut(string(text), head)
	if !found {
		t.Fatal("the page has no table")
	}
	_, after, _ := strings.Cut(string(text[len(before)+len(head):]), "\n\n")
	want := before + head + table.String() + "\n" + after
	if *updateMetrics {
		if err := os.WriteFile(metricsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Error("docs/metrics.md is old: go test ./cmd/plinto -run Metrics_areDocumented -args -update-metrics")
	}
}

// unitOf is the unit that a name ends with.
func unitOf(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, unit := range []string{"seconds", "bytes"} {
		if strings.HasSuffix(name, "_"+unit) || strings.HasSuffix(name, "_"+unit+"_max") {
			return unit
		}
	}
	return "1"
}
