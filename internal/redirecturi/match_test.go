package redirecturi_test

import (
	"strings"
	"testing"

	"plinto/internal/redirecturi"
)

// RED-01, RED-02, RED-03, RED-19: one byte more, less or other is another URI.
func TestMatch_isExact(t *testing.T) {
	t.Parallel()
	registered := []string{"https://other.test/", "https://rp.test/cb?a=1", "https://rp.test/cb", "com.example.app:/cb", "http://localhost:3000/cb"}
	for _, uri := range registered {
		if entry, ok := redirecturi.Match(registered, uri, false); !ok || entry != uri {
			t.Errorf("%s: %q %v", uri, entry, ok)
		}
	}
	for _, uri := range []string{
		"", "https://rp.test/cb/", "https://rp.test/cb/../evil", "https://rp.test/cb/..;/evil", "https://rp.test/cb%2e%2e%2f",
		"https://rp.test/CB", "https://rp.test/cb%00", "https://rp.test/cb?x=1", "https://rp.test/cb?", "https://rp.test/cb#",
		"https://rp.test/cb?a=1&b=2", "https://rp.test/cb?a=%31", "https://rp.test/c%62", "https://rp.test:443/cb",
		"http://rp.test/cb", "HTTPS://rp.test/cb", "https://RP.test/cb", "https://rp.test./cb", "https://rp-test/cb",
		"https://rp.test.evil.test/cb", "https://rp.test@evil.test/cb", "https://a@b@rp.test/cb", "https://u@rp.test/cb",
		"https://rp.test:443@evil.test", `https://rp.test\cb`, "https:/rp.test/cb", " https://rp.test/cb", "https://rp.test/cb ",
		"https://rp.test/cb\n", "https://rp.test", "https://", "com.example.app:/cb/", "com.example.app://cb", "COM.example.app:/cb",
		"http://localhost:1/cb", "http://localhost/cb", "http://127.0.0.1:3000/cb", "http://[::1]:3000/cb",
		"javascript:alert(1)", strings.Repeat("a", 1<<20),
	} {
		if entry, ok := redirecturi.Match(registered, uri, false); ok || entry != "" {
			t.Errorf("%.80q matched %q", uri, entry)
		}
	}
	if _, ok := redirecturi.Match([]string{""}, "", true); ok {
		t.Error("an empty URI matched an empty entry")
	}
}

func TestMatch_letsLoopbackPortsVary_RFC8252_7_3(t *testing.T) {
	t.Parallel()
	registered := []string{"http://127.0.0.1/cb?a=1", "http://[::1]:4000/cb", "http://127.0.0.1:5555"}
	for uri, want := range map[string]string{
		"http://127.0.0.1/cb?a=1":       registered[0],
		"http://127.0.0.1:1/cb?a=1":     registered[0],
		"http://127.0.0.1:65535/cb?a=1": registered[0],
		"http://[::1]:4000/cb":          registered[1],
		"http://[::1]:51004/cb":         registered[1],
		"http://[::1]/cb":               registered[1],
		"http://127.0.0.1:80":           registered[2],
		"http://127.0.0.1":              registered[2],
	} {
		if entry, ok := redirecturi.Match(registered, uri, false); !ok || entry != want {
			t.Errorf("%s: %q %v", uri, entry, ok)
		}
	}
}

// Native libraries listen on a free port and call it localhost. A web client's localhost
// is a developer's own application, and another port another one's.
func TestMatch_letsThePortsOfLocalhostVaryForNativeClients(t *testing.T) {
	t.Parallel()
	registered := []string{"http://localhost/cb", "http://127.0.0.1/other", "http://localhost:3000"}
	for uri, want := range map[string]string{
		"http://localhost/cb": registered[0], "http://localhost:1/cb": registered[0], "http://localhost:65535/cb": registered[0],
		"http://localhost": registered[2], "http://localhost:80": registered[2],
	} {
		if entry, ok := redirecturi.Match(registered, uri, true); !ok || entry != want {
			t.Errorf("%s: %q %v", uri, entry, ok)
		}
		if _, ok := redirecturi.Match(registered, uri, false); ok && uri != registered[0] {
			t.Errorf("%s for a web client", uri)
		}
	}
	for _, uri := range []string{
		"http://127.0.0.1/cb", "http://[::1]:1/cb", "http://localhost:1/other", "https://localhost:1/cb", "http://LOCALHOST:1/cb", "http://localhost.:1/cb",
		"http://localhost.evil.test:1/cb", "http://localhost@evil.test/cb", "http://u@localhost:1/cb", "http://evil.localhost:1/cb", "http://localhost:0/cb",
		"http://localhost:/cb", "http://localhost:1/cb/", "http://localhost:1/cb#", "http://localhost:1@evil.test/cb", "http://localhost:1/x/../cb", "http://localhost:1",
	} {
		if entry, ok := redirecturi.Match(registered, uri, true); ok && uri != "http://localhost:1" {
			t.Errorf("%q matched %q", uri, entry)
		}
	}
}

// RED-05 and F8: the requests that fooled fosite and Keycloak.
func TestMatch_givesNothingElseToLoopback(t *testing.T) {
	t.Parallel()
	registered := []string{"http://127.0.0.1/cb", "http://[::1]/cb?a=1", "https://127.0.0.1/s", "http://127.0.0.1:1", "http://localhost/cb"}
	for _, uri := range []string{
		"http://evil.com@127.0.0.1:1/cb", "http://u@127.0.0.1/cb", "http://u:p@127.0.0.1:1/cb", "http://127.0.0.1@evil.test/cb",
		"http://127.0.0.1:1@evil.test/cb", "http://127.0.0.1:@evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.1evil/cb",
		"http://127.0.0.1:1.evil.test/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb",
		"http://127.0.0.1:080/cb", "http://127.0.0.1:99999999999999999999/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:+1/cb",
		"http://127.0.0.1: 1/cb", "http://127.0.0.1:1 /cb", "http://127.0.0.1:1a/cb", "http://127.0.0.1:1:2/cb", "http://127.0.0.1:%31/cb",
		"http://127.0.0.1:1/cb/", "http://127.0.0.1:1/CB", "http://127.0.0.1:1/cb?", "http://127.0.0.1:1/cb#", "http://127.0.0.1:1/cb?a=1",
		"http://127.0.0.1:1/x/../cb", "http://127.0.0.1:1//cb", `http://127.0.0.1:1\cb`, "http://127.0.0.1:1cb", "http://127.0.0.1:1#/cb",
		"http://[::1]:1/cb", "http://[::1]:1/cb?a=2", "http://[::1]x:1/cb?a=1", "http://[::1%25lo]:1/cb?a=1", "http://[0::1]:1/cb?a=1",
		"http://[::ffff:127.0.0.1]:1/cb", "http://127.1:1/cb", "http://127.0.0.2:1/cb", "http://0x7f.0.0.1:1/cb", "http://2130706433:1/cb",
		"https://127.0.0.1:1/cb", "https://127.0.0.1:1/s", "http://127.0.0.1/s", "http://127.0.0.1:1/s", "HTTP://127.0.0.1:1/cb",
		"http:/127.0.0.1:1/cb", "http:///127.0.0.1:1/cb", "http://localhost:1/cb", "http://127.0.0.1:1/", "http://127.0.0.1:1?",
		"http://127.0.0.1:1/cb\x00", "http://127.0.0.1:１/cb",
	} {
		if entry, ok := redirecturi.Match(registered, uri, false); ok {
			t.Errorf("%q matched %q", uri, entry)
		}
		if entry, ok := redirecturi.Match(registered, uri, true); ok && uri != "http://localhost:1/cb" {
			t.Errorf("%q matched %q of a native client", uri, entry)
		}
	}
}
