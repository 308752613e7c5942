package operations

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
	if code, body := ask(o, "/readyz?verbose"); code != http.StatusOK || body != "[+] postgres: ok\n[!] redis: connection refused (the server goes on without it)\n[!] breaker smtp: open\nready\n" {
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
	if code, _ := ask(o, "/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("profiles are served: %d", code)
	}
}
