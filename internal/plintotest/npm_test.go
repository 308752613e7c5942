package plintotest

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/provider"
)

// webCrypto has Node 18, which is Debian 12's, bring the crypto of browsers as later ones do by themselves.
const webCrypto = "--import=data:text/javascript,import{webcrypto}from'node:crypto';globalThis.crypto||=webcrypto"

// nodeModule returns the path of an installed npm package's file.
func nodeModule(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("js", "node_modules", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("npm packages are not installed (make setup does it): %v", err)
	}
	return path
}

func TestLogin_openidClientFromNPM(t *testing.T) {
	t.Parallel()
	nodeModule(t, "openid-client")
	s := Start(t)
	post := web("https://rp.example/cb")
	post.TokenEndpointAuthMethod = provider.AuthPost // what openid-client does unless told otherwise
	client, secret := s.Client(post)
	user := s.User("alice@example.com")

	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", webCrypto, "openid-client.mjs")
	cmd.Dir = "js"
	cmd.Env = append(os.Environ(), "ISSUER="+s.Issuer(), "CLIENT_ID="+client.ClientID, "CLIENT_SECRET="+secret,
		"REDIRECT_URI=https://rp.example/cb", "NODE_EXTRA_CA_CERTS="+ca)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("no address from the client: %v", cmd.Wait())
	}
	answer := s.Browser().SignIn(lines.Text(), "alice@example.com")
	if _, err := in.Write([]byte("https://rp.example/cb?" + answer.Encode() + "\n")); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() {
		t.Fatalf("no result from the client: %v", cmd.Wait())
	}
	var got struct {
		Sub, Email, Machine      string
		Rotated, Active, Revoked bool
	}
	if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got.Sub != user.PublicID() || got.Email != "alice@example.com" || !got.Rotated || !got.Active || got.Revoked || !strings.EqualFold(got.Machine, "bearer") {
		t.Errorf("got %+v", got)
	}
}

func TestLogin_oidcClientTSInChromium(t *testing.T) {
	t.Parallel()
	script := nodeModule(t, "oidc-client-ts/dist/browser/oidc-client-ts.min.js")
	s := Start(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "js/spa.html") })
	mux.HandleFunc("/oidc-client-ts.min.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, script) })
	spa := httptest.NewServer(mux)
	t.Cleanup(spa.Close)
	client, _ := s.Client(provider.Metadata{
		ClientName: "Single page app", TokenEndpointAuthMethod: provider.AuthNone, ApplicationType: "web",
		RedirectURIs: []string{spa.URL + "/"}, PostLogoutRedirectURIs: []string{spa.URL + "/"},
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}, ResponseTypes: []string{"code"},
		Scope: "openid profile email offline_access",
	})
	user := s.User("alice@example.com")

	ctx := chromium.Start(t, time.Minute)
	start := spa.URL + "/?" + url.Values{"authority": {s.Issuer()}, "client_id": {client.ClientID}}.Encode()
	err := chromedp.Do(ctx,
		chromedp.Navigate(start),
		chromedp.Click("#login"),
		chromedp.WaitVisible("#password"),
		chromedp.SetValue("#username", "alice@example.com"),
		chromedp.SetValue("#password", Password),
		chromedp.Click("#submit"),
		chromedp.WaitVisible("#allow"),
		chromedp.Click("#allow"),
		chromedp.WaitVisible("#out"),
	)
	if err != nil {
		t.Fatalf("in the browser: %v", err)
	}
	shown, err := chromedp.Run(ctx, chromedp.Poll[string](`document.getElementById("out") && document.getElementById("out").textContent`,
		chromedp.WithPollingTimeout(20*time.Second)))
	if err != nil {
		t.Fatalf("in the app: %v", err)
	}
	var got struct {
		Sub, Email, Failed string
		Rotated            bool
	}
	if err := json.Unmarshal([]byte(shown), &got); err != nil {
		t.Fatalf("%q: %v", shown, err)
	}
	if got.Sub != user.PublicID() || got.Email != "alice@example.com" || !got.Rotated {
		t.Fatalf("got %+v", got)
	}
	// Signing out with the ID token of this browser's own session asks nothing.
	if err := chromedp.Do(ctx, chromedp.Click("#logout"), chromedp.WaitVisible("#login")); err != nil {
		t.Fatalf("signing out: %v", err)
	}
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil || !strings.HasPrefix(at, spa.URL+"/") {
		t.Errorf("after signing out at %q: %v", at, err)
	}
}
