package mail

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"plinto/event"
	"plinto/internal/displayname"
	"plinto/internal/locale"
	"plinto/tenant"
)

//go:generate go tool templ generate
//go:generate go run ../../internal/locale/check .

//go:embed locales/*.json
var localeFiles embed.FS

// texts are what mails say; see docs/words.md. Each kind of mail has a subject, what
// happened ("says"), and as far as there is something to say a "note" about its code,
// "advice" and a "foot".
var texts = locale.Load(localeFiles, "locales",
	language.English, language.German, language.French, language.Spanish, language.Arabic, language.Japanese)

// Limits of what others wrote, in characters.
const (
	maxName   = 100
	maxDevice = 200
)

// A view is one mail: what is filled into its texts. Every value was written by others,
// so each is shown as text of one line.
type view struct {
	lang                                int
	kind                                string
	tenants                             map[string]string // texts that the tenant has instead
	Name, Tenant, When, Address, Device string
	Place                               string // roughly, of the address; or ""
	Code                                string // of a letter
	Link                                string // address that does the same as the code, or ""
	NotMe                               string // address for who says that it was not them, or ""
	Endpoint, Host                      string // of a webhook
	Connection                          string // to an identity provider
	Key                                 string // an API key
	Domain, Record                      string // of an organization, and the name of the TXT record that shows it
	Date                                string // when something is going to happen
	Organization, Inviter               string // of an invitation
	App                                 string // what a client calls itself
	Logo                                string // address of a logo, or ""
	LogoOf                              string // the organization whose logo it is, or "" of the tenant

	look  look
	legal tenant.BrandLinks
}

type fact struct{ name, value string }

// A Place says roughly where an IP address is, in a language (BCP 47), or "". nil: nobody knows.
type Place func(address, lang string) string

// from puts in where the request of an event came from.
func (v *view) from(e *event.Event, place Place) {
	v.When, v.Address, v.Device = v.when(e.OccurredAt), e.IP, v.device(e.UserAgent)
	if place != nil {
		v.Place = line(place(e.IP, texts.Tag(v.lang)), maxName)
	}
}

// newView returns the view of a letter of a tenant to a reader of a language.
func newView(t *tenant.Tenant, tag, kind string) view {
	lang := texts.MatchAmong(t.Settings.Languages, []string{tag}, "")
	v := view{lang: lang, kind: kind, tenants: t.Settings.Mail.Texts[texts.Tag(lang)], Tenant: line(t.Brand(), maxName)}
	v.brand(t)
	return v
}

// own returns a text of the tenant's, else the shipped one, with values filled in. Every
// text may name the tenant, and those that say so the code.
func (v view) own(key string, pairs ...string) string {
	pairs = append(pairs, "tenant", v.Tenant, "code", v.Code, "date", v.Date, "organization", v.Organization)
	if text, has := v.tenants[key]; has {
		return texts.Fill(v.lang, text, pairs...)
	}
	return texts.Text(v.lang, key, pairs...)
}

// text returns a text of the kind of mail, or "" when it has none of that part.
func (v view) text(part string) string {
	if key := v.kind + "." + part; texts.Has(v.lang, key) {
		return v.own(key, "code", v.Code)
	}
	return ""
}

func (v view) subject() string { return v.text("subject") }

func (v view) greeting() string {
	if v.Name == "" {
		return v.own("greeting")
	}
	return v.own("greeting.name", "name", v.Name)
}

// foot says why the mail came: the kind's own reason, else that there is an account.
func (v view) foot() string {
	if text := v.text("foot"); text != "" {
		return text
	}
	return v.own("foot.account")
}

// facts are by what the reader can tell whether it was them.
func (v view) facts() []fact {
	var known []fact
	for _, f := range []fact{{"fact.inviter", v.Inviter}, {"fact.app", v.App}, {"fact.time", v.When}, {"fact.address", v.Address}, {"fact.place", v.Place}, {"fact.browser", v.Device}, {"fact.endpoint", v.Endpoint}, {"fact.host", v.Host}, {"fact.connection", v.Connection}, {"fact.key", v.Key}, {"fact.domain", v.Domain}, {"fact.record", v.Record}} {
		if f.value != "" {
			known = append(known, fact{v.own(f.name), f.value})
		}
	}
	return known
}

// plain is the mail for readers that show no markup.
func (v view) plain() string {
	paragraphs := []string{v.greeting(), v.text("says")}
	if note := v.text("note"); note != "" {
		paragraphs = append(paragraphs, "    "+v.Code, note)
	}
	if v.Link != "" {
		paragraphs = append(paragraphs, v.text("link.says"), "    "+v.Link)
	}
	var facts []string
	for _, f := range v.facts() {
		facts = append(facts, v.own("fact", "name", f.name, "value", f.value))
	}
	paragraphs = append(paragraphs, strings.Join(facts, "\n"))
	if advice := v.text("advice"); advice != "" {
		paragraphs = append(paragraphs, advice)
	}
	if v.NotMe != "" {
		paragraphs = append(paragraphs, v.own("notme.says"), "    "+v.NotMe)
	}
	paragraphs = append(paragraphs, v.foot())
	var links []string
	for _, l := range v.links() {
		links = append(links, l.name+": "+l.value) // not set off: the marks would be taken for a part of the address
	}
	if len(links) > 0 {
		paragraphs = append(paragraphs, strings.Join(links, "\n"))
	}
	return strings.Join(paragraphs, "\n\n") + "\n"
}

// write words the mail.
func (v view) write(ctx context.Context) (Message, error) {
	if v.text("subject") == "" || v.text("says") == "" {
		return Message{}, fmt.Errorf("no text for mails of kind %q", v.kind)
	}
	var html bytes.Buffer
	if err := frame(v).Render(ctx, &html); err != nil { //nolint:contextcheck // a component gets it to be rendered
		return Message{}, err
	}
	return Message{Subject: v.subject(), Text: v.plain(), HTML: html.String()}, nil
}

// when writes a time as the language does.
func (v view) when(t time.Time) string { return v.own("time", v.moment(t)...) }

// day writes the day of a time as the language does.
func (v view) day(t time.Time) string { return v.own("day", v.moment(t)...) }

func (v view) moment(t time.Time) []string { return locale.Moment(texts.Text(v.lang, "months"), t) }

// line makes what others wrote one line that changes nothing around it.
func line(text string, limit int) string { return displayname.Line(text, limit) }
