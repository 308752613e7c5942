package provider

import (
	"context"
	"errors"
	"testing"

	"plinto/internal/egress"
)

// SUB-01, SUB-03: clients of one sector see the same subjects, so nobody gets into the
// sector of another, and a change of subjects ends what was granted.
func TestSectorChange_endsWhatChangesSubjects(t *testing.T) {
	t.Parallel()
	at := func(sector string, uris ...string) Metadata {
		return Metadata{SubjectType: SubjectPairwise, SectorIdentifierURI: sector, RedirectURIs: uris}
	}
	public := Metadata{SubjectType: SubjectPublic, RedirectURIs: []string{"https://rp.example/cb"}}
	for name, c := range map[string]struct {
		stored   string // "" of a version that stored none
		from, to Metadata
		sector   string
		ends     bool
	}{
		"nothing changes":              {"rp.example", at("", "https://rp.example/cb"), at("", "https://rp.example/cb"), "rp.example", false},
		"nothing changes, none stored": {"", at("", "https://rp.example/cb"), at("", "https://rp.example/cb"), "rp.example", false},
		"another path":                 {"rp.example", at("", "https://rp.example/cb"), at("", "https://rp.example/new"), "rp.example", false},
		"another host":                 {"rp.example", at("", "https://rp.example/cb"), at("", "https://bank.example/cb"), "bank.example", true},
		"another port":                 {"rp.example", at("", "https://rp.example/cb"), at("", "https://rp.example:8443/cb"), "rp.example:8443", true},
		"another sector":               {"s.example", at("https://s.example/x", "https://rp.example/cb"), at("https://t.example/x", "https://rp.example/cb"), "t.example", true},
		"another file of the sector":   {"s.example", at("https://s.example/x", "https://rp.example/cb"), at("https://s.example/y", "https://rp.example/cb"), "s.example", false},
		"one more host of the sector":  {"s.example", at("https://s.example/x", "https://rp.example/cb"), at("https://s.example/x", "https://rp.example/cb", "https://rq.example/cb"), "s.example", false},
		"to public":                    {"rp.example", at("", "https://rp.example/cb"), public, "", true},
		"to pairwise":                  {"", public, at("", "https://rp.example/cb"), "rp.example", true},
		"public stays public":          {"", public, Metadata{SubjectType: SubjectPublic, RedirectURIs: []string{"https://x.example"}}, "", false},
		"a scheme of an app":           {"", public, at("", "com.example.app:/cb"), "app", true},
		"a scheme with a host":         {"", public, at("", "myapp://callback/cb"), "app", true},
		"loopback":                     {"", public, at("", "http://127.0.0.1/cb"), "app", true},
		"loopback, https":              {"", public, at("", "https://localhost/cb"), "app", true},
		// What an earlier version derived stays until the hosts change.
		"loopback, of before": {"127.0.0.1", at("", "http://127.0.0.1/cb"), at("", "http://127.0.0.1/new"), "127.0.0.1", false},
	} {
		sector, ends := SectorChange(&Client{ClientID: "app", SectorIdentifier: c.stored, Metadata: c.from}, &c.to)
		if sector != c.sector || ends != c.ends {
			t.Errorf("%s: sector %q, ends %t, want %q, %t", name, sector, ends, c.sector, c.ends)
		}
	}
}

type documents map[string]string

func (d documents) Get(_ context.Context, _ egress.Owner, address, _ string) ([]byte, error) {
	if body, ok := d[address]; ok {
		return []byte(body), nil
	}
	return nil, errors.New("not there")
}

// SUB-02.
func TestVerifySector_wantsEveryRedirectURIListed(t *testing.T) {
	t.Parallel()
	site := documents{
		"https://s.example/all": `["https://a.example/cb","https://b.example/cb","https://c.example/cb"]`, "https://s.example/one": `["https://a.example/cb"]`,
		"https://s.example/none": `[]`, "https://s.example/other": `{"uris":["https://a.example/cb"]}`, "https://s.example/text": `https://a.example/cb`,
	}
	for uri, want := range map[string]error{
		"": nil, "https://s.example/all": nil, "https://s.example/one": ErrSectorIncomplete, "https://s.example/none": ErrSectorIncomplete,
		"https://s.example/other": ErrSectorMalformed, "https://s.example/text": ErrSectorMalformed, "https://s.example/gone": ErrSectorUnread,
	} {
		err := VerifySector(t.Context(), site, egress.Owner{}, &Metadata{SectorIdentifierURI: uri, RedirectURIs: []string{"https://a.example/cb", "https://b.example/cb"}})
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v, want %v", uri, err, want)
		}
	}
}
