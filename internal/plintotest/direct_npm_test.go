package plintotest

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plinto/provider"
)

// What the page shows works, with a form that knows its user.
func TestDocs_theExampleOfDirectSignInWorks(t *testing.T) {
	t.Parallel()
	modules := filepath.Dir(nodeModule(t, "openid-client"))
	page, err := os.ReadFile("../../docs/direct-sign-in.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```js\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the page has no example")
	}
	s := Start(t)
	app, _ := s.Client(provider.Metadata{
		ApplicationType: provider.ApplicationNative, TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}, DirectSignIn: true,
	}, FirstParty)
	user := s.User("alice@example.com")
	dir := t.TempDir()
	form := `
async function ask(step, problem) {
  if (step !== 'sign_in') throw new Error(step + ' ' + problem)
  return problem ? { username: 'alice@example.com', password: process.env.PASSWORD } : { username: 'alice@example.com', password: 'wrong' }
}
async function kept() {}
async function keep() {}
`
	ca := filepath.Join(dir, "ca.pem")
	for name, text := range map[string][]byte{
		"example.mjs": []byte(example + form), "ca.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", webCrypto, "example.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ISSUER="+s.Issuer(), "CLIENT_ID="+app.ClientID, "PASSWORD="+Password, "NODE_EXTRA_CA_CERTS="+ca)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil || strings.TrimSpace(string(out)) != user.PublicID() {
		t.Errorf("it prints %q, want %s: %v", out, user.PublicID(), err)
	}
}
