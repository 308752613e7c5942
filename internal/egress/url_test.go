package egress

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func client(t *testing.T, opts Options) *Client {
	t.Helper()
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

func TestCheckURL_takesPublicHTTPS(t *testing.T) {
	t.Parallel()
	c := client(t, Options{})
	for _, raw := range []string{
		"https://example.com", "https://example.com/jwks.json?x=1", "https://EXAMPLE.com:443/", "https://a-b.example.com:8443/x%20y",
		"https://xn--mnchen-3ya.de/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://1and1.com/", "https://example.3com/",
	} {
		err := c.CheckURL(raw)
		if raw == "https://example.3com/" {
			if !errors.Is(err, ErrURL) {
				t.Errorf("CheckURL(%q) = %v: its last label looks like a number", raw, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("CheckURL(%q) = %v", raw, err)
		}
	}
}

func TestCheckURL_refusesEveryOddity(t *testing.T) {
	t.Parallel()
	c := client(t, Options{})
	for _, raw := range []string{
		"", "example.com", "//example.com", "http://example.com", "ftp://example.com", "file:///etc/passwd", "HTTPS:example.com",
		"https:///x", "https://", "https://user@example.com", "https://user:pw@example.com", "https://example.com@10.0.0.1/",
		"https://example.com#f", "https://example.com\\@10.0.0.1/", "https://example.com/\t", "https://exa mple.com", " https://example.com",
		"https://example.com\r\nX: y", "https://münchen.de/", "https://example.com./", "https://example..com/", "https://-a.example.com/",
		"https://a_b.example.com/", "https://example.com:/", "https://example.com:22/", "https://example.com:0/", "https://example.com:99999/",
		"https://localhost/", "https://a.localhost/", "https://intranet/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
		"https://0x7f.1/", "https://0177.0.0.1/", "https://0x7f000001/", "https://a.0x7f/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
		"https://[64:ff9b::7f00:1]/", "https://[fe80::1%25lo]/", "https://[2606:4700::1111%25lo]/", "https://169.254.169.254/latest/",
		"https://[::1", "https://%31%32%37.0.0.1/", "https://1.1.1.1.1/", "https://256.1.1.1/",
		"https://example.com/" + strings.Repeat("a", maxURL), "https://" + strings.Repeat("a.", 130) + "com/",
	} {
		if err := c.CheckURL(raw); !errors.Is(err, ErrURL) {
			t.Errorf("CheckURL(%.80q) = %v, want ErrURL", raw, err)
		}
	}
}

func TestCheckURL_letsDevelopmentReachThisMachine(t *testing.T) {
	t.Parallel()
	c := client(t, Options{AllowLoopback: true})
	for raw, want := range map[string]bool{
		"http://localhost:5555/jwks": true, "http://127.0.0.1:8080/": true, "http://[::1]:1/": true, "https://rp.localhost/": true,
		"http://example.com/": false, "http://10.0.0.1/": false, "http://user@localhost/": false, "http://127.1/": false,
	} {
		if got := c.CheckURL(raw) == nil; got != want {
			t.Errorf("CheckURL(%q) allowed = %v, want %v", raw, got, want)
		}
	}
}

func TestCheckURL_followsTheOperatorsNetworks(t *testing.T) {
	t.Parallel()
	c := client(t, Options{
		Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Deny: []netip.Prefix{netip.MustParsePrefix("2a00:1::/32")},
	})
	for raw, want := range map[string]bool{
		"https://10.1.2.3/": true, "https://10.2.2.3/": false, "https://[2a00:1::5]/": false, "https://[2a00:2::5]/": true, "http://10.1.2.3/": false,
	} {
		if got := c.CheckURL(raw) == nil; got != want {
			t.Errorf("CheckURL(%q) allowed = %v, want %v", raw, got, want)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/", "https://user@example.com", "https://[::1]/", "https://127.1:443/x?y#z", "https://a\\b"} {
		f.Add(seed)
	}
	c, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if c.CheckURL(raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q is allowed and cannot be parsed", raw)
		}
		// The plainest reading of the text finds the same host and port.
		authority, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(raw), "https://"), "/")
		authority, _, _ = strings.Cut(authority, "?")
		if authority != strings.ToLower(u.Host) || strings.ContainsAny(authority, "@\\%# \t") {
			t.Errorf("%q: host %q, read plainly %q", raw, u.Host, authority)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && !Public(a) {
			t.Errorf("%q is allowed", raw)
		}
	})
}
