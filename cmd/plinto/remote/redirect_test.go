package remote_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"plinto/cmd/plinto/remote"
)

// elsewhere is a server that counts what it is sent.
func elsewhere(t *testing.T) (at string, sent *atomic.Int64) {
	t.Helper()
	sent = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		_, _ = w.Write([]byte(`{"access_token":"theirs","expires_in":60}`))
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

// LEAK-11: a token endpoint that sends us elsewhere, by each status that says so.
func TestLogin_sendsNoTokenWhereItIsRedirected_LEAK_11(t *testing.T) {
	t.Parallel()
	other, sent := elsewhere(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(other+"/token?of=us", status))
		t.Cleanup(server.Close)
		l := remote.Login{HTTP: client(), Server: &remote.Server{Issuer: server.URL, Token: server.URL, Revocation: server.URL}}
		got, err := l.Refresh(t.Context(), remote.Token{Refresh: "secret"})
		if err == nil || got.Access != "" || !strings.Contains(err.Error(), "redirects to "+other+"/token,") || strings.Contains(err.Error(), "of=us") {
			t.Errorf("%d: a token %q, %v", status, got.Access, err)
		}
		if err := l.Revoke(t.Context(), remote.Token{Refresh: "secret"}); err == nil {
			t.Errorf("%d: the token was revoked elsewhere", status)
		}
	}
	if sent.Load() != 0 {
		t.Errorf("the other server was sent %d requests", sent.Load())
	}
}

// What is only read may have moved, on the same server.
func TestDiscover_followsTheSameOriginOnly_LEAK_11(t *testing.T) {
	t.Parallel()
	other, sent := elsewhere(t)
	var to, self string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/moved" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		document := map[string]string{"issuer": self}
		for _, name := range []string{"authorization", "token", "revocation"} {
			document[name+"_endpoint"] = self + "/" + name
		}
		_ = json.NewEncoder(w).Encode(document)
	}))
	t.Cleanup(server.Close)
	self = server.URL
	for name, c := range map[string]struct {
		to, want string
	}{
		"the same":       {"/moved", ""},
		"another port":   {other + "/x?a=b", "redirects to " + other + "/x, "},
		"another name":   {strings.Replace(self, "127.0.0.1", "localhost", 1) + "/moved", "redirects to http://localhost:"},
		"round a circle": {"/again", "again and again"},
	} {
		to = c.to
		_, err := remote.Discover(t.Context(), client(), self)
		if c.want == "" && err != nil || c.want != "" && !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if sent.Load() != 0 {
		t.Errorf("the other server was sent %d requests", sent.Load())
	}
}

func client() *http.Client { return &http.Client{CheckRedirect: remote.Redirects} }
