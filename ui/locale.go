package ui

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// tags are the languages of the pages; the first is the fallback.
var tags = []language.Tag{language.English, language.German, language.French, language.Spanish}

var (
	matcher    = language.NewMatcher(tags)
	catalogues = loadCatalogues()
)

func loadCatalogues() []map[string]string {
	all := make([]map[string]string, len(tags))
	for i, tag := range tags {
		raw, err := localeFiles.ReadFile("locales/" + tag.String() + ".json")
		if err == nil {
			err = json.Unmarshal(raw, &all[i])
		}
		if err != nil {
			panic(err) // embedded at build
		}
	}
	return all
}

// A Locale is one language of the pages. The zero Locale is English.
type Locale struct{ index int }

// Lang returns the BCP 47 tag.
func (l Locale) Lang() string { return tags[l.index].String() }

// T returns the text of a key, with {name} replaced from pairs of name and value.
func (l Locale) T(key string, pairs ...string) string {
	text, ok := catalogues[l.index][key]
	if !ok {
		text = key
	}
	if len(pairs) == 0 {
		return text
	}
	replace := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(replace...).Replace(text)
}

// has reports whether there is a text for the key.
func (l Locale) has(key string) bool { _, ok := catalogues[l.index][key]; return ok }

// Match picks the language: what the request asks for (ui_locales), else what the
// browser says, else English. Nothing is kept, so no input makes memory grow.
func Match(uiLocales []string, acceptLanguage string) Locale {
	for _, text := range uiLocales[:min(len(uiLocales), 10)] {
		if l, ok := match(text); ok {
			return l
		}
	}
	if acceptLanguage == "" || len(acceptLanguage) > 256 {
		return Locale{}
	}
	accepted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Locale{}
	}
	_, index, confidence := matcher.Match(accepted...)
	if confidence <= language.Low {
		return Locale{}
	}
	return Locale{index}
}

// Supported returns the languages of the pages that ui_locales asks for, best first.
func Supported(wanted []string) (tags []string) {
	for _, text := range wanted[:min(len(wanted), 10)] {
		if l, ok := match(text); ok && !slices.Contains(tags, l.Lang()) {
			tags = append(tags, l.Lang())
		}
	}
	return tags
}

// match finds the language of the pages for a BCP 47 tag, if there is one.
func match(text string) (Locale, bool) {
	if len(text) > 35 {
		return Locale{}, false
	}
	tag, err := language.Parse(text)
	if err != nil {
		return Locale{}, false
	}
	_, index, confidence := matcher.Match(tag)
	return Locale{index}, confidence > language.Low
}

// Locales returns the BCP 47 tags of the pages.
func Locales() []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = t.String()
	}
	return out
}
