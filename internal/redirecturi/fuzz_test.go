package redirecturi_test

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plinto/internal/redirecturi"
)

// matches is [redirecturi.Match] for one entry, written a second time on net/url.
func matches(entry, requested string, app bool) bool {
	if entry == requested {
		return requested != ""
	}
	e, err1 := url.Parse(entry)
	r, err2 := url.Parse(requested)
	if err1 != nil || err2 != nil || e.String() != entry || r.String() != requested {
		return false
	}
	if e.Scheme != "http" || r.Scheme != "http" || e.User != nil || r.User != nil || e.Opaque != "" || r.Opaque != "" {
		return false
	}
	if !loopback(e, app) || !loopback(r, app) || e.Hostname() != r.Hostname() {
		return false
	}
	return e.EscapedPath() == r.EscapedPath() && e.RawQuery == r.RawQuery && e.ForceQuery == r.ForceQuery && !strings.Contains(requested, "#")
}

func loopback(u *url.URL, app bool) bool {
	host := u.Host
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return false
		}
		host = strings.TrimSuffix(host, ":"+port)
	}
	return host == "127.0.0.1" || host == "[::1]" || app && host == "localhost"
}

func FuzzMatch_agreesWithNetURL(f *testing.F) {
	for _, entry := range []string{"http://127.0.0.1/cb", "http://[::1]:80/cb?a=1", "https://rp.test/cb", "http://localhost/cb", "com.example.app:/cb"} {
		for _, requested := range []string{
			entry, "http://127.0.0.1:1/cb", "http://evil.com@127.0.0.1:1/cb", "http://127.0.0.1:1@evil.test/cb", "http://[::1]:9/cb?a=1",
			"http://[::1]/cb?a=1#", "http://127.0.0.1:01/cb", "HTTP://127.0.0.1:1/cb", "http://127.0.0.1:1/c%62", "http://127.0.0.1:/cb",
		} {
			f.Add(entry, requested)
		}
	}
	f.Fuzz(func(t *testing.T, entry, requested string) {
		if redirecturi.Validate(entry, native) != nil {
			return // only what could be registered
		}
		for _, app := range []bool{false, true} {
			_, ok := redirecturi.Match([]string{entry}, requested, app)
			if want := matches(entry, requested, app); ok != want {
				t.Fatalf("registered %q, requested %q: Match says %v, net/url says %v", entry, requested, ok, want)
			}
			if ok {
				sameTarget(t, entry, requested)
			}
		}
	})
}

// sameTarget is the oracle: whatever is accepted leads to the host that was registered.
func sameTarget(t *testing.T, entry, requested string) {
	t.Helper()
	e, err := url.Parse(entry)
	if err != nil {
		t.Fatalf("registered %q does not parse: %v", entry, err)
	}
	r, err := url.Parse(requested)
	if err != nil {
		t.Fatalf("accepted %q does not parse: %v", requested, err)
	}
	if r.Scheme != e.Scheme || r.Hostname() != e.Hostname() || r.User != nil || r.Fragment != "" || r.EscapedPath() != e.EscapedPath() {
		t.Fatalf("registered %q, accepted %q", entry, requested)
	}
}

var (
	characters = regexp.MustCompile(`^[-A-Za-z0-9._~:/?\[\]@!$&'()+,;=%]+$`)
	hostName   = regexp.MustCompile(`^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	numeric    = regexp.MustCompile(`(^|\.)([0-9]+|0x[0-9a-f]*)$`)
	appScheme  = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9]*(\.[-A-Za-z0-9]+)+:`)
	hyphenEdge = regexp.MustCompile(`(^|\.)[-.]|-\.|[-.]$|[^.]{64}`)
	appHost    = regexp.MustCompile(`^[-A-Za-z0-9._]*$`)
	encoded    = regexp.MustCompile(`(?i)%(2e|2f|5c|25)`)
	dots       = regexp.MustCompile(`(^|/)\.\.?(;[^/]*)?(/|$)`)
)

// valid is [redirecturi.Validate] for a native client, written a second time on net/url and regular expressions.
func valid(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > redirecturi.MaxBytes || !characters.MatchString(raw) || u.User != nil || u.Opaque != "" || u.Scheme == "" {
		return false
	}
	query, err := url.PathUnescape(u.RawQuery)
	if err != nil || control(query) || strings.ContainsAny(u.RawQuery, "[]") {
		return false
	}
	path := u.EscapedPath()
	if control(u.Path) || encoded.MatchString(path) || dots.MatchString(path) || strings.ContainsAny(path, "[]") {
		return false
	}
	scheme := raw[:len(u.Scheme)]
	if scheme == "https" || scheme == "http" {
		loopback := u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || u.Hostname() == "localhost"
		return validHost(u) && (scheme == "https" || loopback)
	}
	return appScheme.MatchString(raw) && !hyphenEdge.MatchString(scheme) && appHost.MatchString(u.Host) && (u.Host != "" || strings.HasPrefix(u.Path, "/"))
}

func validHost(u *url.URL) bool {
	name, port := u.Hostname(), u.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port) || strings.HasSuffix(u.Host, ":") {
		return false
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.String() == name && !addr.Is4In6() && addr.Zone() == "" && strings.HasPrefix(u.Host, "[") == addr.Is6()
	}
	return len(name) <= 253 && hostName.MatchString(name) && !numeric.MatchString(name) && !strings.HasPrefix(u.Host, "[")
}

func control(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func FuzzValidate_agreesWithNetURL(f *testing.F) {
	for _, uri := range []string{
		"https://rp.test/cb?a=b", "https://rp.test:8443/a/../b", "https://[2001:db8::1]:1/%2e", "http://127.0.0.1:1", "https://127.1/",
		"com.example.app://Host_1/cb", "com.example.app:/cb", "javascript:alert(1)", "https://u@rp.test/", "https://rp.test/..;/x",
		"https://rp.test/%00?%zz", "http://localhost/", "a.b:///", "https://a?b", "https://0x/",
	} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		err := redirecturi.Validate(uri, native)
		if want := valid(uri); want != (err == nil) {
			t.Fatalf("%q: %v, net/url says %v", uri, err, want)
		}
		if err != nil {
			return
		}
		if _, ok := redirecturi.Match([]string{uri}, uri, false); !ok {
			t.Fatalf("%q does not match itself", uri)
		}
		for _, origin := range redirecturi.Origins([]string{uri}) {
			o, err := url.Parse(origin)
			u, _ := url.Parse(uri)
			if err != nil || o.Scheme != u.Scheme || o.Hostname() != u.Hostname() || o.Path != "" {
				t.Fatalf("%q has origin %q", uri, origin)
			}
		}
	})
}
