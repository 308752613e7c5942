package engine_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
)

// What fosite would accept at the authorization endpoint and never gets to see.

func metadata(redirects ...string) provider.Metadata {
	return provider.Metadata{
		ApplicationType: "native", TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: redirects,
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}, ResponseTypes: []string{"code"}, Scope: "openid email orders:*",
	}
}

func authorize(s *plintotest.Server, c *provider.Client, change url.Values) plintotest.Answer {
	request := url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
		"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		request[name] = values
	}
	return s.Send(http.MethodGet, "/oauth2/authorize?"+request.Encode(), nil)
}

// answered returns the error that the client was told, or "" when it was told nothing.
func answered(a plintotest.Answer) string {
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusSeeOther {
		return ""
	}
	if code := u.Query().Get("error"); code != "" {
		return code
	}
	fragment, _ := url.ParseQuery(u.Fragment)
	return fragment.Get("error")
}

func TestAuthorize_foreignRequestObjectsAreNotRead_F2_F14(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, _ := s.Client(metadata("https://rp.example/cb", "https://rp.example/other"))
	var fetched atomic.Int32
	bait := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) }))
	t.Cleanup(bait.Close)
	// {"alg":"none"} . {"redirect_uri":"https://rp.example/other","scope":"openid email"} .
	object := "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL3JwLmV4YW1wbGUvb3RoZXIiLCJzY29wZSI6Im9wZW5pZCBlbWFpbCJ9."
	for _, param := range []struct{ name, value, want string }{
		{"request", object, "invalid_request_object"}, {"request_uri", bait.URL, "invalid_request_uri"},
	} {
		a := authorize(s, c, url.Values{param.name: {param.value}})
		if answered(a) != param.want || !strings.HasPrefix(a.Header.Get("Location"), "https://rp.example/cb?") {
			t.Errorf("%s: %d %s", param.name, a.StatusCode, a.Header.Get("Location"))
		}
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("fetched %d times", n)
	}
}

func TestAuthorize_loopbackMeansAnotherPortAndNothingElse_F8(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, _ := s.Client(metadata("http://127.0.0.1/cb"))
	if a := authorize(s, c, url.Values{"redirect_uri": {"http://127.0.0.1:4711/cb"}}); a.StatusCode != http.StatusSeeOther || answered(a) != "" {
		t.Fatalf("control: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	for _, uri := range []string{
		"http://evil.com@127.0.0.1:1/cb", "https://127.0.0.1/cb", "http://127.0.0.1:1/other", "http://127.0.0.1.evil.com/cb", "http://localhost:1/cb",
		"http://127.0.0.1:1@evil.com/cb", "http://127.0.0.1:1/cb?x=y", "http://127.0.0.1:1/cb#x", "http://127.1:1/cb", "http://[::1]:1/cb",
	} {
		if a := authorize(s, c, url.Values{"redirect_uri": {uri}}); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", uri, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

func TestAuthorize_refusesRepetitions_F10(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, _ := s.Client(metadata("https://rp.example/cb", "https://rp.example/other"))
	for name, values := range map[string][]string{
		"client_id": {c.ClientID, "other"}, "redirect_uri": {"https://rp.example/cb", "https://rp.example/other"},
	} {
		if a := authorize(s, c, url.Values{name: values}); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Header.Get("Location"))
		}
	}
	for name, values := range map[string][]string{
		"scope": {"openid", "openid email"}, "code_challenge": {plintotest.Challenge, plintotest.Challenge}, "nonce": {"a", "b"}, "response_type": {"code", "token"},
	} {
		if a := authorize(s, c, url.Values{name: values}); answered(a) != "invalid_request" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

func TestAuthorize_hasNoImplicitFlowNoWildcardsAndNoPlainPKCE_F16(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://api.example", Scopes: []provider.Scope{{Name: "orders:read"}}})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Client(metadata("https://rp.example/cb"))
	for _, r := range []struct {
		change url.Values
		want   string
	}{
		{url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		{url.Values{"response_type": {"id_token"}, "nonce": {"n"}}, "unsupported_response_type"},
		{url.Values{"response_type": {"code id_token"}, "nonce": {"n"}}, "unsupported_response_type"},
		{url.Values{"scope": {"orders:read"}}, "invalid_scope"},
		{url.Values{"scope": {"orders:* openid*"}}, "invalid_scope"},
		{url.Values{"scope": {"OPENID"}}, "invalid_scope"},
		{url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		{url.Values{"code_challenge_method": {"s256"}}, "invalid_request"},
		{url.Values{"code_challenge_method": {""}}, "invalid_request"},
		{url.Values{"code_challenge": {""}}, "invalid_request"},
	} {
		if got := answered(authorize(s, c, r.change)); got != r.want {
			t.Errorf("%v: got %q, want %q", r.change, got, r.want)
		}
	}
}

// fosite pins go-jose/v3 3.0.3, which reads a token of dots in quadratic memory
// (CVE-2025-27144), and old golang.org/x modules.
func TestModules_areNewerThanWhatFositePins_F15(t *testing.T) {
	t.Parallel()
	ours, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if old := oldModules(ours); len(old) > 0 {
		t.Errorf("too old: %v", old)
	}
	where, err := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "github.com/ory/fosite").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(strings.TrimSpace(string(where)))
	if err != nil {
		t.Fatal(err)
	}
	if old := oldModules(theirs); len(old) != len(least) {
		t.Errorf("control: of what fosite pins only %v are found old", old)
	}
}

// least is the oldest version that is free of known faults that are ours to mind.
var least = map[string][3]int{
	"github.com/go-jose/go-jose/v3": {3, 0, 5}, "golang.org/x/crypto": {0, 45, 0}, "golang.org/x/net": {0, 47, 0}, "golang.org/x/oauth2": {0, 27, 0},
}

// oldModules returns the modules of a go.mod that are older than they may be, or not there.
func oldModules(mod []byte) (old []string) {
	for module, want := range least {
		found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v(\d+)\.(\d+)\.(\d+)`).FindSubmatch(mod)
		var have [3]int
		for i := range have {
			if found != nil {
				have[i], _ = strconv.Atoi(string(found[i+1]))
			}
		}
		if slices.Compare(have[:], want[:]) < 0 {
			old = append(old, module)
		}
	}
	return old
}
