package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Check compares the texts of dir/*.json with those in English: every language has every
// text, with the same placeholders and in every plural form that it counts in, and no
// text that English lacks. It returns what is wrong, one line each.
func Check(files fs.FS, dir string) (problems []string, err error) {
	all := map[string]map[string]string{}
	names, err := fs.Glob(files, dir+"/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[strings.TrimSuffix(strings.TrimPrefix(name, dir+"/"), ".json")] = texts
	}
	english := all["en"]
	if len(english) == 0 {
		return nil, fmt.Errorf("%s/en.json has no texts", dir)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		tag, err := language.Parse(name)
		if err != nil {
			return nil, fmt.Errorf("%s/%s.json: %w", dir, name, err)
		}
		for _, says := range compare(tag, english, all[name]) {
			problems = append(problems, dir+"/"+name+".json: "+says)
		}
	}
	return problems, nil
}

// compare returns what is wrong with the texts of a language.
func compare(tag language.Tag, english, texts map[string]string) (problems []string) {
	wanted := map[string]string{} // the English text of each key
	for key, text := range english {
		base, form := counted(english, key)
		if base == "" {
			wanted[key] = text
		} else if form == forms[plural.Other] {
			for _, f := range formsOf(tag) {
				wanted[base+f] = text
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		text, there := texts[key]
		switch {
		case !there:
			problems = append(problems, fmt.Sprintf("has no text %q", key))
		case strings.TrimSpace(text) == "":
			problems = append(problems, fmt.Sprintf("the text %q is empty", key))
		case !fits(english, key, wanted[key], text):
			problems = append(problems, fmt.Sprintf("the text %q has not the placeholders of English: %q", key, text))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if _, ok := wanted[key]; !ok {
			problems = append(problems, fmt.Sprintf("has a text %q, which English has not, or a plural form that the language has not", key))
		}
	}
	return problems
}

// fits compares placeholders. Forms for none, one and two may say the number in words:
// Arabic has a dual.
func fits(english map[string]string, key, want, text string) bool {
	base, form := counted(english, key)
	wanted, got := names(want), names(text)
	if base != "" && slices.Contains([]string{".zero", ".one", ".two"}, form) && !slices.Contains(got, "{n}") {
		wanted = slices.DeleteFunc(wanted, func(name string) bool { return name == "{n}" })
	}
	return slices.Equal(got, wanted)
}

func names(text string) []string {
	return slices.Sorted(slices.Values(placeholder.FindAllString(text, -1)))
}

// counted splits the key of a plural form; base is "" for other keys.
func counted(english map[string]string, key string) (base, form string) {
	at := strings.LastIndexByte(key, '.')
	if at < 0 || !slices.Contains(slices.Collect(maps.Values(forms)), key[at:]) {
		return "", ""
	}
	for _, f := range formsOf(language.English) {
		if _, ok := english[key[:at]+f]; !ok {
			return "", "" // "other" is a word too
		}
	}
	return key[:at], key[at:]
}

// formsOf are the plural forms that a language has for whole numbers up to a thousand.
func formsOf(tag language.Tag) (has []string) {
	for n := range 1000 {
		if f := forms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]; !slices.Contains(has, f) {
			has = append(has, f)
		}
	}
	return has
}
