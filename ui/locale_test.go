package ui

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocales_translateTheSameTexts(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	english := catalogues[0]
	for i, lang := range Locales() {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(catalogues[i]))); diff != "" {
			t.Errorf("keys of %s differ from English (-en +%s):\n%s", lang, lang, diff)
		}
		for key, text := range catalogues[i] {
			want := slices.Sorted(slices.Values(placeholder.FindAllString(english[key], -1)))
			got := slices.Sorted(slices.Values(placeholder.FindAllString(text, -1)))
			if strings.TrimSpace(text) == "" || !slices.Equal(got, want) {
				t.Errorf("%s %s: %q, want the placeholders %q", lang, key, text, want)
			}
		}
	}
	files, err := localeFiles.ReadDir("locales")
	if err != nil || len(files) != len(Locales()) {
		t.Errorf("%d files for %d locales: %v", len(files), len(Locales()), err)
	}
}

// usedKeys are the keys that pages ask for by name.
func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	view, err := os.ReadFile("view.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range regexp.MustCompile(`Problem += "([^"]+)"`).FindAllStringSubmatch(string(view), -1) {
		used[problem[1]] = true
	}
	call := regexp.MustCompile(`\bT\("([^"]+)"`)
	sources, err := filepath.Glob("*.templ")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no templ files: %v", err)
	}
	for _, name := range append(sources, "layout.go") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range call.FindAllStringSubmatch(string(source), -1) {
			used[found[1]] = true
		}
	}
	return used
}

func TestLocales_haveEveryTextThatAPageAsksForAndNoOther(t *testing.T) {
	t.Parallel()
	used := usedKeys(t)
	for key := range used {
		if !(Locale{}).has(key) {
			t.Errorf("a page asks for %q, which has no text", key)
		}
	}
	for key := range catalogues[0] {
		// These are asked for by scope name and by error code.
		if !used[key] && !strings.HasPrefix(key, "scope.") && !strings.HasPrefix(key, "error.") {
			t.Errorf("no page asks for %q", key)
		}
	}
}

func TestT_replacesOnceAndNothingInValues(t *testing.T) {
	t.Parallel()
	if got, want := (Locale{}).T("common.to", "client", "{client}{user}"), "to continue to {client}{user}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Locale{}).T("no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}

func TestMatch_picksTheLanguage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("de,", 100)
	for _, c := range []struct {
		asked  []string
		accept string
		want   string
	}{
		{nil, "", "en"},
		{nil, "de-AT,de;q=0.9,en;q=0.5", "de"},
		{[]string{"fr-CA"}, "de", "fr"},
		{[]string{"xx-invalid-", "es"}, "", "es"},
		{[]string{"ja"}, "fr", "fr"},
		{nil, "ja", "en"},
		{nil, "en-GB;q=0.1, fr;q=0.8", "fr"},
		{nil, "\x00;;;q", "en"},
		{nil, long, "en"},
		{[]string{"ja", "ja", "ja", "ja", "ja", "ja", "ja", "ja", "ja", "ja", "de"}, "", "en"},
	} {
		if got := Match(c.asked, c.accept).Lang(); got != c.want {
			t.Errorf("Match(%q, %.40q) = %s, want %s", c.asked, c.accept, got, c.want)
		}
	}
}
