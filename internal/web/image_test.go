package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type pictured []string

func (p pictured) Render(ctx context.Context, w io.Writer) error {
	for _, address := range p {
		if _, err := io.WriteString(w, `<img src="`+Image(ctx, address)+`">`); err != nil {
			return err
		}
	}
	return nil
}

// PAG-04: a page may load the pictures that were drawn on it, from those hosts and no
// other; no address can write into the policy.
func TestImage_isAllowedWhereItIsDrawn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page pictured
		want string
	}{
		{nil, ""},
		{pictured{"https://rp.example/logo.png?x=1", "https://RP.example:443/other.png"}, " https://rp.example"},
		{pictured{"https://a.example:8443/x", "http://127.0.0.1:5555/l.png"}, " https://a.example:8443 http://127.0.0.1:5555"},
		{pictured{"https://a.example;script-src *;/x", "https://*/x", "https://a.example,b/x", "https://a.example 'unsafe-inline'/x"}, ""},
		{pictured{"data:image/png,x", "javascript:x", "https:///x", "//a.example/x", ""}, ""},
	} {
		h := Begin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := Render(w, r, http.StatusOK, c.page); err != nil {
				t.Error(err)
			}
		}), false)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		got := w.Header().Get("Content-Security-Policy")
		if want := "; img-src 'self' data:" + c.want + "; font-src"; !strings.Contains(got, want) || strings.Count(got, "script-src") != 1 {
			t.Errorf("%q: got %q, want %q in it", c.page, got, want)
		}
	}
}
