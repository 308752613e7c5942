package tenant

import (
	"net/url"
	"testing"
)

func TestIssuer_isOfTheHostOrThePath(t *testing.T) {
	t.Parallel()
	at := func(origin string) *url.URL {
		u, err := url.Parse(origin)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, c := range []struct {
		public           *url.URL
		slug, host       string
		issuer, pathWant string
	}{
		{at("https://id.example.com"), "acme", "", "https://id.example.com/t/acme", "/t/acme"},
		{at("https://ID.example.com:443"), "acme", "", "https://id.example.com/t/acme", "/t/acme"},
		{at("http://localhost:8080"), "acme", "", "http://localhost:8080/t/acme", "/t/acme"},
		{at("https://id.example.com"), "acme", "login.acme.example", "https://login.acme.example", ""},
		{nil, "acme", "login.acme.example", "", ""},
	} {
		if issuer, path := Issuer(c.public, c.slug, c.host); issuer != c.issuer || path != c.pathWant {
			t.Errorf("%v, %s, %q: got %q and %q, want %q and %q", c.public, c.slug, c.host, issuer, path, c.issuer, c.pathWant)
		}
	}
}
