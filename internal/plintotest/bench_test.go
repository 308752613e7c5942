package plintotest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"plinto/provider"
)

// A sink takes an answer and keeps its status only.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

func (s *sink) WriteHeader(status int) { s.status = status }

// benchmark calls the whole handler without a connection: what is left is our own
// work, the router's and Postgres's.
func (s *Server) benchmark(b *testing.B, method, path, form string, change ...func(*http.Request)) {
	b.Helper()
	b.ReportAllocs()
	r := httptest.NewRequest(method, s.Issuer()+path, nil)
	r.Host = strings.TrimPrefix(s.Issuer(), "https://")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, f := range change {
		f(r)
	}
	for b.Loop() {
		if form != "" {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
			r.Form, r.PostForm = nil, nil
		}
		w := &sink{header: http.Header{}, status: http.StatusOK}
		s.Config.Handler.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}

func BenchmarkJWKS(b *testing.B) {
	Start(b).benchmark(b, http.MethodGet, "/.well-known/jwks.json", "")
}

func BenchmarkDiscovery(b *testing.B) {
	Start(b).benchmark(b, http.MethodGet, "/.well-known/openid-configuration", "")
}

func BenchmarkClientCredentials(b *testing.B) {
	s := Start(b)
	c, secret := s.Client(provider.Metadata{GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{}})
	s.benchmark(b, http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}.Encode(), As(c, secret))
}
