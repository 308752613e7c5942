package weburl

import (
	"net/url"
	"strings"
	"testing"
)

func TestIsLoopback_isThisMachineInEverySpelling(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost.": true, "app.localhost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true, "[::1]": true,
		"::ffff:127.0.0.1": true, "": false, "localhost.example": false, "notlocalhost": false, "0.0.0.0": false, "10.0.0.1": false, "example.com": false,
		"127.0.0.1.example.com": false, "::1%eth0": false, "128.0.0.1": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: got %t", host, got)
		}
	}
}

func TestIsInternal_isWhatNoStrangerMayName(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "10.1.2.3": true, "192.168.0.1": true, "169.254.169.254": true, "0.0.0.0": true, "::ffff:10.0.0.1": true,
		"fd00::1": true, "[fd00::1]": true, "intranet": true, "intranet.": true, "": true, "example.com": false, "192.0.2.1": false, "2001:db8::1": false,
	} {
		if got := IsInternal(host); got != want {
			t.Errorf("%q: got %t", host, got)
		}
	}
}

// A host that is taken is read the same by net/url, and needs no second look.
func TestIsHost_hasOneSpelling(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"example.com": true, "localhost": true, "a-b.c": true, "192.0.2.1": true, "[2001:db8::1]": true, "xn--mnchen-3ya.de": true,
		"": false, "Example.com": false, "example.com.": false, "-a": false, "a-": false, "a..b": false, "a_b": false, "127.1": false, "0x7f.1": false,
		"2130706433": false, "[::FFFF:1.2.3.4]": false, "[2001:DB8::1]": false, "[::1%25eth0]": false, "::1": false, "a b": false, "ä.de": false,
		strings.Repeat("a", 64): false, strings.Repeat("a.", 127) + "a": false,
	} {
		if got := IsHost(host); got != want {
			t.Errorf("%q: got %t", host, got)
		}
		if !want {
			continue
		}
		if u, err := url.Parse("https://" + host + ":8443"); err != nil || u.Host != host+":8443" {
			t.Errorf("%q is read as %v, %v", host, u, err)
		}
	}
}

func TestCutPort_keepsBrackets(t *testing.T) {
	t.Parallel()
	for authority, want := range map[string][2]string{
		"a": {"a", ""}, "a:1": {"a", "1"}, "[::1]": {"[::1]", ""}, "[::1]:8": {"[::1]", "8"}, "a:": {"a", ""}, "[::1": {"[::1", ""},
	} {
		host, port, _ := CutPort(authority)
		if host != want[0] || port != want[1] {
			t.Errorf("%q: got %q and %q", authority, host, port)
		}
	}
	for port, want := range map[string]bool{"1": true, "65535": true, "0": false, "65536": false, "080": false, "": false, "8o": false, "999999": false} {
		if got := IsPort(port); got != want {
			t.Errorf("port %q: got %t", port, got)
		}
	}
}

func TestCanonical_leavesOutTheSchemesOwnPort(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"ID.example.com:443", "https", "id.example.com"},
		{"id.example.com:80", "https", "id.example.com:80"},
		{"localhost:80", "http", "localhost"},
		{"x:443", "ftp", "x:443"},
	} {
		if got := Canonical(c[0], c[1]); got != c[2] {
			t.Errorf("%v: got %q", c, got)
		}
	}
}

// What a browser would run no app can have for itself.
func TestSchemes_ofAppsRunNothing(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"javascript", "JavaScript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source"} {
		if !Runs(scheme) || AppScheme(scheme) {
			t.Errorf("%s: runs %t, of an app %t", scheme, Runs(scheme), AppScheme(scheme))
		}
	}
	for _, scheme := range []string{"com.example.app", "myapp", "chrome-extension", "capacitor"} {
		if Runs(scheme) || !AppScheme(scheme) {
			t.Errorf("%s: runs %t, of an app %t", scheme, Runs(scheme), AppScheme(scheme))
		}
	}
	for _, scheme := range []string{"https", "http", "mailto", "1app", "", "my app", "my_app"} {
		if AppScheme(scheme) {
			t.Errorf("%q is of an app", scheme)
		}
	}
}
