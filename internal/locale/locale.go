// Package locale holds texts in several languages: it picks the language that a reader
// wants, fills in values and chooses plural forms.
//
// Texts are JSON files, one a language, of keys and texts with {placeholders}. Which
// texts there are and what they say is for the packages that own the files.
package locale

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Texts are the same texts in several languages, named by their index. The first
// language is the fallback.
type Texts struct {
	tags    []language.Tag
	texts   []map[string]string
	matcher language.Matcher
}

// Load reads dir/<tag>.json for each tag. It panics when one is missing or malformed:
// the files are embedded at build.
func Load(files fs.FS, dir string, tags ...language.Tag) *Texts {
	t := &Texts{tags: tags, texts: make([]map[string]string, len(tags)), matcher: language.NewMatcher(tags)}
	for i, tag := range tags {
		raw, err := fs.ReadFile(files, dir+"/"+tag.String()+".json")
		if err == nil {
			err = json.Unmarshal(raw, &t.texts[i])
		}
		if err != nil {
			panic(err) // embedded at build
		}
	}
	return t
}

// Tags returns the BCP 47 tags of the languages.
func (t *Texts) Tags() []string {
	out := make([]string, len(t.tags))
	for i := range t.tags {
		out[i] = t.Tag(i)
	}
	return out
}

// Tag returns the BCP 47 tag of one language.
func (t *Texts) Tag(i int) string { return t.tags[i].String() }

// Dir returns the direction in which the language is written, as HTML names it: "ltr" or
// "rtl".
func (t *Texts) Dir(i int) string {
	if t.fromRight(i) {
		return "rtl"
	}
	return "ltr"
}

// fromRight reports whether the language is written from right to left: by the scripts
// of that direction that living languages have (ISO 15924).
func (t *Texts) fromRight(i int) bool {
	script, _ := t.tags[i].Script()
	return slices.Contains([]string{"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg"}, script.String())
}

// Has reports whether there is a text for the key.
func (t *Texts) Has(i int, key string) bool { _, ok := t.texts[i][key]; return ok }

// Keys returns the keys of all texts, in no order.
func (t *Texts) Keys() []string { return slices.Collect(maps.Keys(t.texts[0])) }

// Text returns the text of a key, with {name} replaced from pairs of name and value; the
// fallback's when the language lacks it, and the key itself when there is none. A value
// that could change the order of what stands around it is set off.
func (t *Texts) Text(i int, key string, pairs ...string) string {
	text, ok := t.texts[i][key]
	if !ok {
		text, ok = t.texts[0][key]
	}
	if !ok {
		text = key
	}
	return t.Fill(i, text, pairs...)
}

// Fill replaces {name} in a text of a language as Text does.
func (t *Texts) Fill(i int, text string, pairs ...string) string {
	if len(pairs) == 0 {
		return text
	}
	isolate := Isolate
	if t.fromRight(i) {
		isolate = isolateInRTL
	}
	replace := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, "{"+pairs[i]+"}", isolate(pairs[i+1]))
	}
	return strings.NewReplacer(replace...).Replace(text)
}

// forms are the plural forms (CLDR) by the ends of their keys.
var forms = map[plural.Form]string{
	plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many", plural.Other: ".other",
}

// Count words a whole number of something, not negative, in the plural form that the
// language has for it: the text key.one, key.other and so on, with {n}. A form without a
// text of its own has that of "other".
func (t *Texts) Count(i int, key string, n int) string {
	form := plural.Cardinal.MatchPlural(t.tags[i], n%10_000_000, 0, 0, 0, 0)
	if whole := key + forms[form]; t.Has(i, whole) {
		return t.Text(i, whole, "n", strconv.Itoa(n))
	}
	return t.Text(i, key+".other", "n", strconv.Itoa(n))
}

// Match picks the language: the first of those asked for by name that there is, else
// what an Accept-Language header says, else the first. Nothing is kept, so no input
// makes memory grow.
func (t *Texts) Match(asked []string, acceptLanguage string) int {
	for _, tag := range asked[:min(len(asked), maxAsked)] {
		if index, ok := t.match(tag); ok {
			return index
		}
	}
	if acceptLanguage == "" || len(acceptLanguage) > maxAccept {
		return 0
	}
	accepted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return 0
	}
	if _, index, confidence := t.matcher.Match(accepted...); confidence > language.Low {
		return index
	}
	return 0
}

const (
	maxAsked  = 10  // languages asked for that are looked at
	maxAccept = 256 // bytes of an Accept-Language header that is
)

// Supported returns the BCP 47 tags of the languages that match those asked for, in that
// order.
func (t *Texts) Supported(asked []string) (tags []string) {
	for _, tag := range asked[:min(len(asked), maxAsked)] {
		if i, ok := t.match(tag); ok && !slices.Contains(tags, t.Tag(i)) {
			tags = append(tags, t.Tag(i))
		}
	}
	return tags
}

// match finds the language for a BCP 47 tag, if there is one.
func (t *Texts) match(text string) (int, bool) {
	if len(text) > 35 {
		return 0, false
	}
	tag, err := language.Parse(text)
	if err != nil {
		return 0, false
	}
	_, index, confidence := t.matcher.Match(tag)
	return index, confidence > language.Low
}
