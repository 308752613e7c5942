package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// nobody discards an answer as cheaply as can be.
type nobody struct{ h http.Header }

func (n nobody) Header() http.Header       { return n.h }
func (nobody) Write(p []byte) (int, error) { return len(p), nil }
func (nobody) WriteHeader(int)             {}

func run(b *testing.B, h http.Handler) {
	b.Helper()
	b.ReportAllocs()
	r := httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil)
	for b.Loop() {
		h.ServeHTTP(nobody{make(http.Header)}, r)
	}
}

func BenchmarkStatic(b *testing.B) {
	static := NewStatic("application/json", "public, max-age=300", make([]byte, 1500))
	b.Run("bare", func(b *testing.B) {
		body := make([]byte, 1500)
		run(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}))
	})
	b.Run("all", func(b *testing.B) { run(b, Begin(Recover(StrictPath(PublicCORS(static))), true)) })
}

func BenchmarkParseForm(b *testing.B) {
	const body = "grant_type=authorization_code&code=plac_0123456789012345678901234567890123456789012abcdef&" +
		"redirect_uri=https%3A%2F%2Fclient.example%2Fcallback&code_verifier=0123456789012345678901234567890123456789012&client_id=demo-web"
	b.ReportAllocs()
	for b.Loop() {
		r := http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {urlencodedType}}, Body: http.NoBody}
		r.Body = nopCloser{strings.NewReader(body)}
		if _, err := ParseForm(&r, MaxForm); err != nil {
			b.Fatal(err)
		}
	}
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }
