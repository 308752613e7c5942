package ui

import (
	"embed"
	"time"

	"golang.org/x/text/language"

	"plinto/internal/locale"
)

//go:embed locales/*.json
var localeFiles embed.FS

// texts are those of the pages; English is the fallback.
var texts = locale.Load(localeFiles, "locales",
	language.English, language.German, language.French, language.Spanish, language.Arabic, language.Japanese)

// A Locale is one language of the pages. The zero Locale is English.
type Locale struct{ index int }

// Lang returns the BCP 47 tag.
func (l Locale) Lang() string { return texts.Tag(l.index) }

// Dir returns the direction of writing, as HTML names it: "ltr" or "rtl".
func (l Locale) Dir() string { return texts.Dir(l.index) }

// T returns the text of a key, with {name} replaced from pairs of name and value. It is called a
// thousand times: inlined, that is 30 kB of the binary.
//
//go:noinline
func (l Locale) T(key string, pairs ...string) string { return texts.Text(l.index, key, pairs...) }

// has reports whether there is a text for the key.
func (l Locale) has(key string) bool { return texts.Has(l.index, key) }

// Match picks the language: what the request asks for (ui_locales), else what the
// browser says, of those that are offered; else the first of these. Without any offered
// all are, English first.
func Match(offered, uiLocales []string, acceptLanguage string) Locale {
	return Locale{texts.MatchAmong(offered, uiLocales, acceptLanguage)}
}

// Supported returns the languages of the pages that ui_locales asks for, best first.
func Supported(wanted []string) []string { return texts.Supported(wanted) }

// Locales returns the BCP 47 tags of the pages.
func Locales() []string { return texts.Tags() }

// Languages returns the languages of the pages, by their own names.
func Languages() []Language {
	all := make([]Language, len(Locales()))
	for i := range all {
		l := Locale{i}
		all[i] = Language{Tag: l.Lang(), Name: l.T("language.name")}
	}
	return all
}

// Duration words how long to wait, as in "30 seconds" or "5 minutes": seconds up to a
// minute, minutes up to an hour and a half, else hours. It is rounded up, so that
// nobody comes back too early.
func (l Locale) Duration(seconds int) string {
	switch {
	case seconds <= 60:
		return texts.Count(l.index, "duration.second", max(seconds, 1))
	case seconds <= 90*60:
		return texts.Count(l.index, "duration.minute", ceil(seconds, 60))
	case seconds <= 48*60*60:
		return texts.Count(l.index, "duration.hour", ceil(seconds, 60*60))
	default:
		return texts.Count(l.index, "duration.day", ceil(seconds, 24*60*60))
	}
}

// Time words a time, in UTC.
func (l Locale) Time(t time.Time) string {
	return l.T("time.clock", locale.Moment(l.T("time.months"), t)...)
}

// Day words the day of a time, in UTC.
func (l Locale) Day(t time.Time) string {
	return l.T("time.day", locale.Moment(l.T("time.months"), t)...)
}

func ceil(n, unit int) int { return (n-1)/unit + 1 }
