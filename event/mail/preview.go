package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"plinto/tenant"
)

// Kinds are the kinds of mails that there are, sorted.
func Kinds() (kinds []string) {
	for _, key := range texts.Keys() {
		if kind, is := strings.CutSuffix(key, ".says"); is && texts.Has(0, kind+".subject") {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Languages are the BCP 47 tags of mails.
func Languages() []string { return texts.Tags() }

// Preview writes a mail of a kind as it would go to somebody in a language, with values
// that nobody has (RFC 2606, RFC 5737). A kind that there is not is an error.
func Preview(ctx context.Context, t *tenant.Tenant, kind, lang string) (Message, error) {
	v := newView(t, lang, kind)
	at := time.Date(2026, time.March, 2, 9, 5, 0, 0, time.UTC)
	v.Name, v.When, v.Address = "Alice Example", v.when(at), "192.0.2.7"
	v.Device = v.device("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")
	switch {
	case kind == InvitationLetter:
		v.Name, v.When, v.Address, v.Device = "", "", "", ""
		v.Organization, v.Inviter, v.Link = "Acme Inc.", "Alice Example", t.URL("/invitation?token=example")
	case slices.Contains(letters, kind):
		v.Name, v.Code = "", spaced("12345678")
		if texts.Has(0, kind+".link") {
			v.Link = t.URL("/example?token=example")
		}
	case strings.HasPrefix(kind, "webhook_endpoint."):
		v.Name, v.Address, v.Device = "", "", ""
		v.Endpoint, v.Host = "we_example (Orders)", "hooks.example.com"
	case kind == expiring, kind == failsLong, kind == newThings:
		v.Name, v.Address, v.Device = "", "", ""
		v.Connection, v.Date = "work (Example Work)", v.day(at)
	case kind == ownKeyEnds:
		v.When, v.Address, v.Device = "", "", ""
		v.Key, v.Date, v.Link = "Nightly report", v.day(at), t.URL("/account/api-keys")
	case kind == tenantKeyEnds:
		v.Name, v.When, v.Address, v.Device = "", "", "", ""
		v.Key, v.Date = "Nightly report (key_example)", v.day(at)
	case kind == secretEnds:
		v.Name, v.When, v.Address, v.Device = "", "", "", ""
		v.App, v.Date = "Acme Calendar (acme-calendar)", v.day(at)
	case kind == lapsing:
		v.When, v.Address, v.Device = "", "", ""
		v.Organization, v.Domain, v.Record, v.Date = "Acme Inc.", "acme.example", "_plinto-challenge.acme.example", v.day(at)
	case kind == "consent.granted":
		v.App, v.Host, v.NotMe = "Acme Calendar", "calendar.example.com", t.URL("/not-me?token=example")
	case kind != "token.reuse_detected":
		v.NotMe = t.URL("/not-me?token=example")
	}
	return v.write(ctx)
}
