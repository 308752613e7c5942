package main

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

func get(t *testing.T, address, path string) (int, string) {
	t.Helper()
	res, err := http.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

var operationsAt = regexp.MustCompile(`"operations":"([^"]+)"`)

// The operator's tools have a listener of their own; the public one has no metrics.
func TestServe_tellsOperatorsOnAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := startServe(t, "PLINTO_OPERATIONS_LISTEN=127.0.0.1:0", "SMTP_URL="+mailServer(t, "220 hello"), "PLINTO_MAIL_FROM=id@example.com")
	found := operationsAt.FindStringSubmatch(s.text())
	if found == nil {
		t.Fatalf("it does not say where: %s", s.text())
	}
	eventually(t, "everything is ready", func() bool { // Redis has 20 ms to answer
		code, body := get(t, found[1], "/readyz?verbose")
		return code == http.StatusOK && body == "[+] serving: ok\n[+] postgres: ok\n[+] redis: ok\n[+] breaker redis: closed\n[+] breaker smtp: closed\nready\n"
	})
	eventually(t, "changes are heard", func() bool { // a busy machine may be late with an answer
		_, body := get(t, found[1], "/metrics")
		return strings.Contains(body, "plinto_changes_heard 1\n")
	})
	get(t, s.address, "/t/acme/.well-known/openid-configuration")
	get(t, s.address, "/t/acme/nobody/knows/this/path")
	code, body := get(t, found[1], "/metrics")
	for _, want := range []string{
		`plinto_http_requests_total{code="4xx",route="other"} `, `plinto_http_request_duration_seconds_count{route="other"} `,
		`plinto_database_connections_max{pool="app"} 20`, `plinto_database_connections_max{pool="tenants"} 50`, `plinto_tenant_databases{state="away"} 0`, "plinto_redis_resting ", `plinto_breaker_open{name="smtp"} 0`, `plinto_breaker_open{name="redis"} 0`,
		"plinto_requests_places ", "plinto_requests_in_work ", `plinto_cache_redis_puts_total{cache="clients"} `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%d without %s", code, want)
		}
	}
	if strings.Contains(body, "nobody/knows") {
		t.Error("a path that a stranger chose is a series of its own")
	}
	if code, _ := get(t, s.address, "/metrics"); code == http.StatusOK {
		t.Error("the public listener has metrics")
	}
	s.signal(syscall.SIGTERM)
	eventually(t, "it says that it drains", func() bool {
		code, body := get(t, found[1], "/readyz?verbose")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "[-] serving: draining")
	})
}

func TestServe_startsWithoutItsUsualOperationsAddress(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for source, starts := range map[string]bool{fromDefault: true, fromEnvironment: false} {
		cfg := &Config{OperationsListen: taken.Addr().String(), settings: []setting{{Name: "PLINTO_OPERATIONS_LISTEN", Source: source}}}
		ln, err := listenForOperations(t.Context(), cfg)
		if ln != nil || (err == nil) != starts {
			t.Errorf("of %s: got %v, %v", source, ln, err)
		}
	}
	if ln, err := listenForOperations(t.Context(), &Config{OperationsListen: operationsOff}); ln != nil || err != nil {
		t.Errorf("off: got %v, %v", ln, err)
	}
}
