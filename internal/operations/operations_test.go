package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/breaker"
)

func ask(o *Operations, path string) (int, string) {
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestReady_saysWhatIsMissing(t *testing.T) {
	t.Parallel()
	o := New()
	var database, cache error
	o.Add(Check{Name: "postgres", Required: true, Run: func(context.Context) error { return database }})
	o.Add(Check{Name: "redis", Run: func(context.Context) error { return cache }})
	mail := o.Breakers.New(breaker.Options{Name: "smtp", Failures: 1})
	if code, body := ask(o, "/readyz"); code != http.StatusOK || body != "ready\n" {
		t.Errorf("got %d %q", code, body)
	}
	cache = errors.New("connection refused")
	_ = mail.Do(t.Context(), func(context.Context) error { return errors.New("down") })
	if code, body := ask(o, "/readyz?verbose"); code != http.StatusOK || body != "[+] postgres: ok\n[!] redis: connection refused (the server goes on)\n[!] breaker smtp: open\nready\n" {
		t.Errorf("got %d %q", code, body)
	}
	database = errors.New("takes no writes")
	if code, body := ask(o, "/readyz?verbose"); code != http.StatusServiceUnavailable || !strings.Contains(body, "[-] postgres: takes no writes\n") || !strings.HasSuffix(body, "not ready\n") {
		t.Errorf("got %d %q", code, body)
	}
	if code, body := ask(o, "/readyz"); code != http.StatusServiceUnavailable || body != "not ready\n" {
		t.Errorf("without details: got %d %q", code, body)
	}
}

func TestDetail_saysWhenSomethingEnds(t *testing.T) {
	t.Parallel()
	o := New()
	ends := time.Date(2031, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	o.Add(Check{Name: "certificate", Run: func(context.Context) error { return nil }, Until: func() time.Time { return ends }})
	o.Add(Check{Name: "postgres", Run: func(context.Context) error { return nil }})
	code, body := ask(o, "/health/detail")
	if code != http.StatusOK || !strings.Contains(body, `"until": "2031-02-03T03:05:06Z"`) || strings.Count(body, "until") != 1 {
		t.Errorf("%d %s", code, body)
	}
}

func TestMetrics_areThoseOfTheRegistry(t *testing.T) {
	t.Parallel()
	o := New()
	o.Breakers.New(breaker.Options{Name: "smtp"})
	code, body := ask(o, "/metrics")
	for _, want := range []string{"go_goroutines ", "process_start_time_seconds ", `plinto_breaker_open{name="smtp"} 0`, `plinto_breaker_opened_total{name="smtp"} 0`} {
		if !strings.Contains(body, want) {
			t.Errorf("%d without %s", code, want)
		}
	}
	for _, path := range []string{"/", "/livez"} {
		if code, _ := ask(o, path); code != http.StatusOK {
			t.Errorf("%s: got %d", path, code)
		}
	}
}

// NET-17, OBS-02: profiles, which hold parts of the memory, are served where an operator asked for them, and nowhere else.
func TestProfiles_areServedWhereTheyAreAskedFor_OBS_02(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile", "/debug/pprof/trace", "/debug/pprof/cmdline"} {
		if code, _ := ask(New(), path); code != http.StatusNotFound {
			t.Errorf("%s is served: %d", path, code)
		}
	}
	o := New()
	o.Profiles = true
	if code, body := ask(o, "/debug/pprof/heap?debug=1"); code != http.StatusOK || !strings.HasPrefix(body, "heap profile: ") {
		t.Errorf("got %d %.40q", code, body)
	}
	if code, body := ask(o, "/debug/pprof/cmdline"); code != http.StatusNotFound {
		t.Errorf("arguments, which may hold secrets, are served: %d %q", code, body)
	}
	if _, body := ask(o, "/"); !strings.Contains(body, "/debug/pprof/") {
		t.Errorf("the page that lists what there is leaves profiles out: %q", body)
	}
}

// OBS-03: what /health/detail says of an error is its class: errors hold addresses, users and what was sent.
func TestDetail_saysSinceWhenAndOnlyTheClassOfErrors_OBS_03(t *testing.T) {
	t.Parallel()
	o := New()
	var database error
	o.Add(Check{Name: "postgres", Required: true, Run: func(context.Context) error { return database }})
	mail := o.Breakers.New(breaker.Options{Name: "smtp", Failures: 1})
	detail := func() (code int, d Detail, body string) {
		code, body = ask(o, "/health/detail")
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		return code, d, body
	}
	code, before, _ := detail()
	if code != http.StatusOK || before.State != "ready" || len(before.Parts) != 2 || before.Parts[0].State != "ok" || before.Parts[0].LastError != nil || before.Parts[1].State != "closed" {
		t.Fatalf("got %d %+v", code, before)
	}
	database = fmt.Errorf("connect as plinto:hunter2: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
	_ = mail.Do(t.Context(), func(context.Context) error { return errors.New("550 alice@example.com") })
	code, after, body := detail()
	if code != http.StatusServiceUnavailable || after.State != "not_ready" {
		t.Errorf("got %d %s", code, after.State)
	}
	if p := after.Parts[0]; p.State != "failing" || p.LastError == nil || p.LastError.Class != "refused" || p.Since.Before(before.Parts[0].Since) || !p.Required {
		t.Errorf("postgres: %+v", p)
	}
	if p := after.Parts[1]; p.State != "open" || p.LastError == nil || p.LastError.Class != "error" || !p.Since.After(before.Parts[1].Since) {
		t.Errorf("smtp: %+v", p)
	}
	if strings.Contains(body, "hunter2") || strings.Contains(body, "alice") {
		t.Errorf("it repeats errors: %s", body)
	}
	database = nil
	if _, again, _ := detail(); again.Parts[0].State != "ok" || again.Parts[0].LastError == nil || !again.Parts[0].Since.After(after.Parts[0].Since) {
		t.Errorf("after it came back: %+v", again.Parts[0])
	}
}

func TestRegistry_tellsWhatMetricsAre(t *testing.T) {
	t.Parallel()
	r := NewRegistry()
	r.MustRegister(
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plinto_a_total", Help: `A "quoted" one.`}, []string{"x", "y"}),
		prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "plinto_b_seconds", Help: "B."}, []string{"x"}),
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "plinto_c_seconds", Help: "C."}),
		prometheus.NewGauge(prometheus.GaugeOpts{Name: "plinto_d", Help: "D."}), prometheus.NewGauge(prometheus.GaugeOpts{Name: "other", Help: "-"}),
	)
	want := []Metric{
		{"plinto_a_total", "counter", []string{"x", "y"}, `A "quoted" one.`},
		{"plinto_b_seconds", "histogram", []string{"x"}, "B."},
		{"plinto_c_seconds", "histogram", nil, "C."},
		{"plinto_d", "gauge", nil, "D."},
	}
	if d := cmp.Diff(want, r.Metrics("plinto_")); d != "" {
		t.Error(d)
	}
	if err := r.Register(prometheus.NewGauge(prometheus.GaugeOpts{Name: "plinto_d", Help: "D."})); err == nil {
		t.Error("two metrics have one name")
	}
}

func TestHandler_saysWhichMethodsItAllows(t *testing.T) {
	t.Parallel()
	o := New()
	o.Profiles = true
	for _, path := range []string{"/", "/livez", "/readyz", "/health/detail", "/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/symbol"} {
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodDelete, path, http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || !strings.HasPrefix(w.Header().Get("Allow"), "GET, HEAD") {
			t.Errorf("DELETE %s: %d, Allow %q", path, w.Code, w.Header().Get("Allow"))
		}
	}
}
