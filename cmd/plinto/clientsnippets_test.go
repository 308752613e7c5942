package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// Whoever pastes what client create says of a service into a shell gets a token, also when the client_id has characters
// that a shell and HTTP Basic take for something else.
func TestSnippet_ofAServiceGetsAToken(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the snippet needs %s: %v", tool, err)
		}
	}
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve()
	writeFile(t, filepath.Join(s.dir, ".curlrc"), "silent\nconnect-to = \"localhost:80:"+address+"\"\n")
	for _, id := range []string{"sync", "sy:nc&$HOME'\"`id`"} {
		said := s.ok("client", "create", id, "--type", "service")
		_, script, ok := strings.Cut(said, "environment:\n")
		script, _, more := strings.Cut(script, snippetsPage)
		if script = strings.ReplaceAll(script, "To get a token:", ""); !ok || !more {
			t.Fatalf("client create says %s", said)
		}
		paste := exec.CommandContext(t.Context(), "sh", "-c", script)
		paste.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + s.dir, "CURL_HOME=" + s.dir}
		out, err := paste.CombinedOutput()
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if err != nil || json.Unmarshal(out, &token) != nil || token.AccessToken == "" {
			t.Errorf("%s: %v: %s\n%s", id, err, out, script)
		}
	}
}

// Each kind of client is shown how it signs users in, with its own values, and no secret where it has none.
func TestSnippets_areForTheKindOfClient(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	for kind, want := range map[string]struct {
		redirect string
		says     []string
		secret   bool
	}{
		"web":    {"https://a.example/cb?x=1&y=2", []string{"OIDC_REDIRECT_URI='https://a.example/cb?x=1&y=2'", "OIDC_CLIENT_SECRET=plcs_", `from "openid-client"`, `scope: "openid email"`}, true},
		"spa":    {"https://a.example/cb", []string{`from "oidc-client-ts"`, `authority: "https://id.example.com/t/acme"`, `client_id: "my-spa"`, `redirect_uri: "https://a.example/cb"`}, false},
		"native": {"com.example.app:/cb", []string{"AppAuth", `Uri.parse("com.example.app:/cb")`, `.setScope("openid email")`}, false},
	} {
		said := x.ok("client", "create", "my-"+kind, "--type", kind, "--redirect-uri", want.redirect, "--scope", "openid email")
		for _, text := range append(want.says, snippetsPage) {
			if !strings.Contains(said, text) {
				t.Errorf("%s: no %s in\n%s", kind, text, said)
			}
		}
		if strings.Contains(strings.ToLower(said), "secret") != want.secret {
			t.Errorf("%s: of a secret\n%s", kind, said)
		}
	}
	if said := x.ok("client", "create", "by-key", "--type", "service", "--set", "token_endpoint_auth_method=private_key_jwt", "--set", "jwks_uri=https://a.example/jwks"); strings.Contains(said, "plcs_") || strings.Contains(said, "curl") {
		t.Errorf("a client that has a key is given a secret: %s", said)
	}
}
