package clientip

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestAddress_believesOnlyTrustedProxies(t *testing.T) {
	t.Parallel()
	trusted, err := ParsePrefixes([]string{"10.0.0.0/8", "fd00::1"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		peer string
		xff  []string
		want string
	}{
		"no proxy":                     {"203.0.113.7:1", nil, "203.0.113.7"},
		"forged by a stranger":         {"203.0.113.7:1", []string{"127.0.0.1"}, "203.0.113.7"},
		"one proxy":                    {"10.1.1.1:1", []string{"198.51.100.9"}, "198.51.100.9"},
		"forged in front of the proxy": {"10.1.1.1:1", []string{"1.1.1.1, 198.51.100.9"}, "198.51.100.9"},
		"two proxies":                  {"10.1.1.1:1", []string{"198.51.100.9, 10.2.2.2"}, "198.51.100.9"},
		"two header lines":             {"10.1.1.1:1", []string{"1.1.1.1", "198.51.100.9"}, "198.51.100.9"},
		"garbage is the proxy's":       {"10.1.1.1:1", []string{"a"}, "10.1.1.1"},
		"empty is the proxy's":         {"10.1.1.1:1", []string{""}, "10.1.1.1"},
		"IPv4 in IPv6":                 {"[::ffff:10.1.1.1]:1", []string{"::ffff:198.51.100.9"}, "198.51.100.9"},
		"zone is refused":              {"10.1.1.1:1", []string{"fe80::1%eth0"}, "10.1.1.1"},
		"IPv6 proxy":                   {"[fd00::1]:1", []string{"2001:db8::5"}, "2001:db8::5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{
				"X-Forwarded-For": tt.xff, "X-Real-Ip": {"9.9.9.9"}, "Forwarded": {"for=9.9.9.9"}, "True-Client-Ip": {"9.9.9.9"},
			}}
			if got := (Policy{Trusted: trusted}).Address(r).String(); got != tt.want {
				t.Errorf("Address() = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestKey_isTheSameFor64(t *testing.T) {
	t.Parallel()
	a, b := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:0db8:0:0:ffff::2")
	if Key(a) != Key(b) {
		t.Errorf("Key(%s) = %s, Key(%s) = %s: one /64 has one key", a, Key(a), b, Key(b))
	}
	if Key(netip.MustParseAddr("192.0.2.1")) == Key(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 addresses share a key")
	}
}
