package resourceuri_test

import (
	"errors"
	"strings"
	"testing"

	"plinto/internal/resourceuri"
)

// RFC 3986 §6.2.2, §6.2.3.
func TestSame_afterNormalization(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{
		{"https://api.example.com", "https://api.example.com/", "HTTPS://API.Example.com", "https://api.example.com:443/", "https://api.example.com:", "https://%61pi.example.com"},
		{"http://api.example.com:80/v1", "http://api.example.com/v1", "http://api.example.com/%761"},
		{"https://api.example.com/a%2fb", "https://api.example.com/a%2Fb"},
		{"https://api.example.com/?q=%7e", "https://API.example.com?q=~"},
		{"urn:example:api", "URN:example:api"},
		{"api://c0ffee", "api://C0FFEE/"},
		{"https://[2001:db8::1]:443/x", "https://[2001:DB8::1]/x"},
		{"not a URI", "not a URI"},
	} {
		for _, other := range list {
			if !resourceuri.Same(list[0], other) || !resourceuri.Same(other, list[0]) {
				t.Errorf("%q and %q differ", list[0], other)
			}
		}
	}
}

// F9: nothing but normalization makes two identifiers one.
func TestSame_isNoPrefixAndNoPathTrick_F9(t *testing.T) {
	t.Parallel()
	const v1 = "https://api.example.com/v1"
	for _, other := range []string{
		v1 + "/", v1 + "/x", v1 + "?", v1 + "?x=1", v1 + "#", v1 + "#x", "https://api.example.com/V1", "https://api.example.com/v1/../v1",
		"https://api.example.com/./v1", "https://api.example.com/%2e/v1", "https://api.example.com/x/%2E%2e/v1", "https://u@api.example.com/v1",
		"https://u:p@api.example.com/v1", "https://@api.example.com/v1", "https://api.example.com:80/v1", "https://api.example.com:0443/v1", "http://api.example.com/v1",
		"https://api.example.com./v1", "https://api.example.com%2fv1", "https://api.example.com//v1", "https:/api.example.com/v1", "https:api.example.com/v1",
		"//api.example.com/v1", "https://api.example.com\\v1", "https://api.example.com/v1\n", " " + v1, v1 + " ", "https://api.example.com/v%31%00", "",
		"https://api.example.com/v%3", "https://аpi.example.com/v1", "https://api.example.com:443:443/v1", "https://[api.example.com]/v1",
	} {
		if resourceuri.Same(v1, other) {
			t.Errorf("%q passes for %q", other, v1)
		}
	}
}

func TestNormalize_saysWhatToChange(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]error{
		"": resourceuri.ErrRelative, "api": resourceuri.ErrRelative, "/v1": resourceuri.ErrRelative, "https:": resourceuri.ErrRelative,
		"1api:x": resourceuri.ErrRelative, "https:x": resourceuri.ErrRelative, "https://": resourceuri.ErrAuthority, "https:///x": resourceuri.ErrAuthority,
		"https://a:b/": resourceuri.ErrAuthority, "https://a:123456": resourceuri.ErrAuthority, "https://[::1": resourceuri.ErrAuthority,
		"https://a/#x": resourceuri.ErrFragment, "https://u@a/": resourceuri.ErrUser, "https://a/../b": resourceuri.ErrDots, "https://a/..": resourceuri.ErrDots,
		"https://a/ b": resourceuri.ErrCharacters, "https://a/ä": resourceuri.ErrCharacters, "https://a/%g1": resourceuri.ErrCharacters,
		"https://a/" + strings.Repeat("x", resourceuri.MaxBytes): resourceuri.ErrCharacters,
	} {
		if got, err := resourceuri.Normalize(raw); !errors.Is(err, want) {
			t.Errorf("%.40q: got %q %v, want %v", raw, got, err, want)
		}
	}
}

// Normalizing twice changes nothing, and what is normalized is no longer than the
// longest identifier.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"https://API.example.com:443", "urn:x:y", "https://a/%2e%2E/b?c", "https://[::1]:8080/", "a:b", "https://u@h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := resourceuri.Normalize(raw)
		if err != nil {
			return
		}
		twice, err := resourceuri.Normalize(once)
		if err != nil || twice != once || strings.ContainsAny(once, "# \\") {
			t.Errorf("%q is %q, and that is %q (%v)", raw, once, twice, err)
		}
	})
}
