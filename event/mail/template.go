package mail

import (
	"maps"
	"slices"
	"strings"

	"plinto/internal/fault"
	"plinto/tenant"
)

// Shared is the kind of the texts that mails of several kinds have.
const Shared = "shared"

// parts are what a mail may be made of, as it is read.
var parts = []string{"subject", "says", "note", "link.says", "link", "advice", "foot"}

// Errors of templates.
var (
	ErrNoKind     = fault.New(fault.NotFound, "no_such_email_template", "There are no emails of that kind.")
	ErrNoLanguage = fault.New(fault.NotFound, "no_such_email_language", "There are no emails in that language.")
)

// A Text is one text of mails in one language.
type Text struct {
	Part         string // of its kind: "subject"; of Shared: its key
	Key          string // in tenant.Mail.Texts
	Shipped      string
	Own          string   // the tenant's; "": none
	Placeholders []string // that it may hold, like "{tenant}"
}

// Template returns the texts of a kind of mails in a language, with those that a tenant has instead of
// the shipped ones. Codes, links and who did what are no texts: every mail that has them shows them,
// whatever its texts say. ErrNoKind, ErrNoLanguage.
func Template(m tenant.Mail, kind, lang string) ([]Text, error) {
	i := slices.Index(texts.Tags(), lang)
	if i < 0 {
		return nil, ErrNoLanguage
	}
	if kind == Shared {
		return shared(m.Texts[lang], i), nil
	}
	if !slices.Contains(Kinds(), kind) {
		return nil, ErrNoKind
	}
	var out []Text
	for _, part := range parts {
		if key := kind + "." + part; texts.Has(0, key) {
			out = append(out, textOf(m.Texts[lang], i, part, key))
		}
	}
	return out, nil
}

func textOf(own map[string]string, lang int, part, key string) Text {
	t := Text{Part: part, Key: key, Shipped: texts.Text(lang, key), Own: own[key], Placeholders: []string{"{tenant}"}}
	for _, p := range placeholder.FindAllString(t.Shipped, -1) {
		if !slices.Contains(t.Placeholders, p) {
			t.Placeholders = append(t.Placeholders, p)
		}
	}
	return t
}

// shared are the texts that are of no kind.
func shared(own map[string]string, lang int) (out []Text) {
	keys := texts.Keys()
	slices.Sort(keys)
	for _, key := range keys {
		if key != "months" && !ofKind(key) {
			out = append(out, textOf(own, lang, key, key))
		}
	}
	return out
}

func ofKind(key string) bool {
	return slices.ContainsFunc(Kinds(), func(kind string) bool {
		part, is := strings.CutPrefix(key, kind+".")
		return is && slices.Contains(parts, part)
	})
}

// Edit changes texts of a kind in a language, by part; nil gives a part its shipped text. What is
// wrong with the new texts Check says. A part that there is not is in unknown. ErrNoKind, ErrNoLanguage.
func Edit(m *tenant.Mail, kind, lang string, change map[string]*string) (unknown []string, err error) {
	all, err := Template(*m, kind, lang)
	if err != nil {
		return nil, err
	}
	own := maps.Clone(m.Texts[lang])
	if own == nil {
		own = map[string]string{}
	}
	for _, part := range slices.Sorted(maps.Keys(change)) {
		i := slices.IndexFunc(all, func(t Text) bool { return t.Part == part })
		switch {
		case i < 0:
			unknown = append(unknown, part)
		case change[part] == nil:
			delete(own, all[i].Key)
		default:
			own[all[i].Key] = *change[part]
		}
	}
	if m.Texts = maps.Clone(m.Texts); m.Texts == nil {
		m.Texts = map[string]map[string]string{}
	}
	if m.Texts[lang] = own; len(own) == 0 {
		delete(m.Texts, lang)
	}
	if len(m.Texts) == 0 {
		m.Texts = nil
	}
	return unknown, nil
}
