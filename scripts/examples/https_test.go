package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
)

// A front is believed by whom its certificate is given to, and passes the name on that it was called by.
func TestFront_speaksHTTPSForAServer(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "https://"+r.Host+r.URL.Path) }))
	t.Cleanup(behind.Close)
	at, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFront(t.Context(), t.TempDir(), at.Port())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.server.Close() })
	text, err := os.ReadFile(f.authority)
	if err != nil {
		t.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(text)
	for name, pool := range map[string]*x509.CertPool{"with the certificate": known, "without": x509.NewCertPool()} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.origin+"/t/demo", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(r)
		if pool != known {
			if err == nil {
				answer.Body.Close()
				t.Errorf("%s: it is believed", name)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || string(body) != f.origin+"/t/demo" {
			t.Errorf("%s: %s, %v; want %s", name, body, err, f.origin+"/t/demo")
		}
	}
}
