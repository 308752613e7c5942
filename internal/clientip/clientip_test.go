package clientip

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
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
		"address with port":            {"10.1.1.1:1", []string{"1.1.1.1, 198.51.100.9:4711"}, "198.51.100.9"},
		"a proxy with port":            {"10.1.1.1:1", []string{"198.51.100.9:4711, 10.2.2.2:80"}, "198.51.100.9"},
		"IPv6 with port":               {"10.1.1.1:1", []string{"[2001:db8::5]:4711"}, "2001:db8::5"},
		"IPv6 in brackets":             {"10.1.1.1:1", []string{"[2001:db8::5]"}, "2001:db8::5"},
		"mapped, with port":            {"10.1.1.1:1", []string{"[::ffff:198.51.100.9]:4711"}, "198.51.100.9"},
		"IPv4 in brackets":             {"10.1.1.1:1", []string{"[198.51.100.9]"}, "10.1.1.1"},
		"zone with port":               {"10.1.1.1:1", []string{"[fe80::1%eth0]:1"}, "10.1.1.1"},
		"zone in brackets":             {"10.1.1.1:1", []string{"[fe80::1%eth0]"}, "10.1.1.1"},
		"no such port":                 {"10.1.1.1:1", []string{"198.51.100.9:99999"}, "10.1.1.1"},
		"a port alone":                 {"10.1.1.1:1", []string{":4711"}, "10.1.1.1"},
		"open bracket":                 {"10.1.1.1:1", []string{"[2001:db8::5"}, "10.1.1.1"},
		"words of RFC 7239":            {"10.1.1.1:1", []string{"for=198.51.100.9"}, "10.1.1.1"},
		"quoted":                       {"10.1.1.1:1", []string{`"198.51.100.9"`}, "10.1.1.1"},
		"a name":                       {"10.1.1.1:1", []string{"localhost"}, "10.1.1.1"},
		"other separators":             {"10.1.1.1:1", []string{"198.51.100.9; 198.51.100.8"}, "10.1.1.1"},
		"spaces and tabs":              {"10.1.1.1:1", []string{"1.1.1.1,\t 198.51.100.9 "}, "198.51.100.9"},
		"an empty line after it":       {"10.1.1.1:1", []string{"198.51.100.9", ""}, "10.1.1.1"},
		"only proxies":                 {"10.1.1.1:1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		"garbage behind a proxy":       {"10.1.1.1:1", []string{"x, 10.2.2.2"}, "10.2.2.2"},
		"endless list":                 {"10.1.1.1:1", []string{"1.1.1.1" + strings.Repeat(",10.2.2.2", 1000)}, "10.2.2.2"},
		"other spellings":              {"10.1.1.1:1", []string{"0x7f.1"}, "10.1.1.1"},
		"no address at all":            {"@", []string{"198.51.100.9"}, "0.0.0.0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{
				"Connection": {"X-Forwarded-For"}, "X_forwarded_for": {"9.9.9.9"},
				"X-Forwarded-For": tt.xff, "X-Forwarded": {"for=9.9.9.9"}, "Forwarded-For": {"9.9.9.9"}, "X-Client-Ip": {"9.9.9.9"}, "X-Real-Ip": {"9.9.9.9"}, "Forwarded": {"for=9.9.9.9"}, "True-Client-Ip": {"9.9.9.9"},
			}}
			if got := (Policy{Trusted: trusted}).Address(r).String(); got != tt.want {
				t.Errorf("Address() = %s, want %s", got, tt.want)
			}
		})
	}
}

// EDG-03: a list that has everybody in it believes everybody.
func TestTooWide_isMoreThanOneOperatorHas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0.0.0.0/0": true, "::/0": true, "::ffff:0.0.0.0/96": true, "0.0.0.0/1": true, "128.0.0.0/1": true, "8.0.0.0/7": true, "2000::/3": true, "::/1": true,
		"10.0.0.0/8": false, "172.16.0.0/12": false, "::ffff:10.0.0.0/104": false, "fc00::/7": false, "192.0.2.7/32": false, "2001:db8::/32": false,
	} {
		if got := TooWide(netip.MustParsePrefix(text)); got != want {
			t.Errorf("TooWide(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestKey_isTheSameFor64(t *testing.T) {
	t.Parallel()
	a, b := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:0db8:0:0:ffff::2")
	if Key(a) != Key(b) {
		t.Errorf("Key(%s) = %s, Key(%s) = %s: one /64 has one key", a, Key(a), b, Key(b))
	}
	if a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.1"); Key(a) != Key(b) {
		t.Errorf("Key(%s) = %s, Key(%s) = %s: it is one address", a, Key(a), b, Key(b))
	}
	if a, b := netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.2"); Key(a) == Key(b) {
		t.Error("two IPv4 addresses in IPv6 share a key")
	}
	if Key(netip.MustParseAddr("192.0.2.1")) == Key(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 addresses share a key")
	}
}

func TestParsePrefixes_readsAddressesAndNetworks(t *testing.T) {
	t.Parallel()
	got, err := ParsePrefixes([]string{"10.1.2.3/8", "192.0.2.7", "::ffff:172.16.0.0/108", "::ffff:192.0.2.8", "2001:db8::1/32"})
	want := []string{"10.0.0.0/8", "192.0.2.7/32", "172.16.0.0/12", "192.0.2.8/32", "2001:db8::/32"}
	if err != nil || len(got) != len(want) {
		t.Fatalf("ParsePrefixes() = %v, %v", got, err)
	}
	for i, w := range want {
		if got[i].String() != w {
			t.Errorf("number %d is %s, want %s", i, got[i], w)
		}
	}
	for _, bad := range []string{"", "10.0.0.0/33", "proxy.example", "10.0.0"} {
		if _, err := ParsePrefixes([]string{bad}); err == nil {
			t.Errorf("ParsePrefixes(%q) succeeds", bad)
		}
	}
}

// A socket of both families shows an IPv4 peer as an IPv4-mapped IPv6 address, and an
// operator may write the proxy either way.
func TestAddress_believesIPv4ProxiesInEverySpelling(t *testing.T) {
	t.Parallel()
	for _, trusted := range []string{"10.0.0.0/8", "10.1.1.1", "::ffff:10.0.0.0/104", "::ffff:10.1.1.1", "::ffff:10.1.1.1/128"} {
		read, err := ParsePrefixes([]string{trusted})
		if err != nil {
			t.Fatal(err)
		}
		as := map[string]Policy{"read": {Trusted: read}}
		if p, err := netip.ParsePrefix(trusted); err == nil {
			as["made"] = Policy{Trusted: []netip.Prefix{p}}
		}
		for how, policy := range as {
			for _, peer := range []string{"10.1.1.1:1", "[::ffff:10.1.1.1]:1", "[::ffff:a01:101]:1"} {
				for _, hops := range []string{"198.51.100.9", "::ffff:198.51.100.9", "198.51.100.9, ::ffff:10.1.1.1", "198.51.100.9, 10.1.1.1"} {
					r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {hops}}}
					if got := policy.Address(r).String(); got != "198.51.100.9" {
						t.Errorf("%s, %s, from %s by way of %q: %s", trusted, how, peer, hops, got)
					}
				}
			}
			stranger := &http.Request{RemoteAddr: "[::ffff:11.1.1.1]:1", Header: http.Header{"X-Forwarded-For": {"198.51.100.9"}}}
			if got := policy.Address(stranger).String(); got != "11.1.1.1" {
				t.Errorf("%s, %s: a stranger is believed to be %s", trusted, how, got)
			}
		}
	}
}

func TestNetworks_areNested(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]Network{
		"192.0.2.77":              {{"192.0.2.77", 1}, {"192.0.2.0/24", 4}},
		"::ffff:192.0.2.77":       {{"192.0.2.77", 1}, {"192.0.2.0/24", 4}},
		"2001:db8:1:2345:6:7:8:9": {{"2001:db8:1:2345::/64", 1}, {"2001:db8:1:2300::/56", 2}, {"2001:db8:1::/48", 4}},
		"2001:db8:1:2345::1":      {{"2001:db8:1:2345::/64", 1}, {"2001:db8:1:2300::/56", 2}, {"2001:db8:1::/48", 4}},
		"2001:db8:1:23ff::1":      {{"2001:db8:1:23ff::/64", 1}, {"2001:db8:1:2300::/56", 2}, {"2001:db8:1::/48", 4}},
		"2001:db8:1:ff00::1":      {{"2001:db8:1:ff00::/64", 1}, {"2001:db8:1:ff00::/56", 2}, {"2001:db8:1::/48", 4}},
		"2001:db8:2::1":           {{"2001:db8:2::/64", 1}, {"2001:db8:2::/56", 2}, {"2001:db8:2::/48", 4}},
		"fe80::1%eth0":            {{"fe80::/64", 1}, {"fe80::/56", 2}, {"fe80::/48", 4}},
		"127.0.0.1":               {{"127.0.0.1", 1}, {"127.0.0.0/24", 4}}, // no exemption
		"nowhere":                 {{"unknown", 1}},
		"":                        {{"unknown", 1}},
	} {
		got := NetworksOf(text)
		if !slices.Equal(got, want) {
			t.Errorf("NetworksOf(%q) = %v, want %v", text, got, want)
		}
		if key := KeyOf(text); key != want[0].Key {
			t.Errorf("KeyOf(%q) = %q, want %q", text, key, want[0].Key)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "1.1.1.1, 10.2.2.2", "9.9.9.9")
	f.Add("[::ffff:10.0.0.1]:1", "fe80::1%x", "")
	p := Policy{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	f.Fuzz(func(t *testing.T, peer, first, second string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {first, second}}}
		got := p.Address(r)
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("Address() = %v is not in its canonical form", got)
		}
		from := (Policy{}).Address(r)
		if !p.trusts(from) && got != from {
			t.Errorf("a stranger at %v became %v", from, got)
		}
		// EDG-01: what is left of an address that is not trusted cannot matter.
		forged := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {"6.6.6.6", first, second}}}
		if !p.trusts(got) && p.Address(forged) != got {
			t.Errorf("one more entry in front turned %v into %v", got, p.Address(forged))
		}
	})
}

func TestKeyOf_readsAddressesInText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"2001:DB8:1:2::": "2001:db8:1:2::/64", "": "unknown", "nowhere": "unknown",
	} {
		if got := KeyOf(text); got != want {
			t.Errorf("KeyOf(%q) = %q, want %q", text, got, want)
		}
	}
}
