package ui

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plinto/internal/locale"
)

// catalogue is what a language's file holds.
func catalogue(t *testing.T, lang string) (texts map[string]string) {
	t.Helper()
	raw, err := localeFiles.ReadFile("locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestLocales_translateTheSameTexts(t *testing.T) {
	t.Parallel()
	problems, err := locale.Check(localeFiles, "locales")
	if err != nil || len(problems) > 0 {
		t.Errorf("%v\n%s", err, strings.Join(problems, "\n"))
	}
	files, err := localeFiles.ReadDir("locales")
	if err != nil || len(files) != len(Locales()) {
		t.Errorf("%d files for %d locales: %v", len(files), len(Locales()), err)
	}
}

// usedKeys are the keys that the sources of pages name.
func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	sources := []string{"layout.go", "problems.go", "locale.go"}
	for _, pattern := range []string{"*.templ", "view*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no file is like %s: %v", pattern, err)
		}
		sources = append(sources, found...)
	}
	key := regexp.MustCompile(`"([a-z]+(?:\.[a-z_]+)+)"`)
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range key.FindAllStringSubmatch(string(source), -1) {
			used[found[1]] = true
		}
	}
	delete(used, "page.js") // files, not texts
	delete(used, "passkey.js")
	delete(used, "effort.js")
	delete(used, "app.css")
	delete(used, "account.css")
	delete(used, "preview.css")
	delete(used, "dev.css")
	delete(used, "reference.css")
	delete(used, "reference.js")
	delete(used, "playground.js")
	delete(used, "openapi.json")
	return used
}

// textsOf are the keys that stand for one that a page names: the titles and texts of
// errors, and the plural forms.
func textsOf(key string) []string {
	switch {
	case strings.HasPrefix(key, "error.") && slices.Contains(meanings(), meaning(key)):
		return []string{key + ".title", key + ".text"}
	case strings.HasPrefix(key, "provider.") && (Locale{}).has(key+".text"):
		return []string{key + ".title", key + ".text"}
	case strings.HasPrefix(key, "area.") && (Locale{}).has(key+".says"):
		return []string{key, key + ".says"}
	case strings.HasPrefix(key, "duration."):
		return []string{key + ".one", key + ".other"}
	}
	return []string{key}
}

// meanings are all that an error can mean.
func meanings() []meaning {
	all := slices.Concat(slices.Collect(maps.Values(byCode)), slices.Collect(maps.Values(byStatus)), []meaning{meansOther})
	slices.Sort(all)
	return slices.Compact(all)
}

func TestLocales_haveEveryTextThatAPageAsksForAndNoOther(t *testing.T) {
	t.Parallel()
	wanted := map[string]bool{}
	for key := range usedKeys(t) {
		for _, text := range textsOf(key) {
			wanted[text] = true
			if !(Locale{}).has(text) {
				t.Errorf("a page asks for %q, which has no text", text)
			}
		}
	}
	for key := range catalogue(t, "en") {
		// Scopes are asked for by their name.
		if scope, ok := strings.CutPrefix(key, "scope."); ok && slices.Contains(standardScopes, scope) {
			continue
		}
		if !wanted[key] {
			t.Errorf("no page asks for %q", key)
		}
	}
	for _, scope := range standardScopes {
		if !(Locale{}).has("scope." + scope) {
			t.Errorf("the scope %s has no text", scope)
		}
	}
}

// standardScopes are those of OpenID Connect Core 1.0 §5.4 and §11.
var standardScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access", "roles", "permissions"}

// Wherever a placeholder is, the page has something to put there.
func TestLocales_useOneVerbPair(t *testing.T) {
	t.Parallel()
	for lang, others := range map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)\blog(ged|ging)?[ -]?(in|out|on|off)\b|\bsign(ed)? off\b`),
		"de": regexp.MustCompile(`(?i)ein(ge)?logg|aus(ge)?logg|login|logout|anwendung`),
		"fr": regexp.MustCompile(`(?i)s.identifier|ouvrir une session|fermer la session|\bappli\b|\btu\b|\bton\b`),
		"ja": regexp.MustCompile(`ログイン|ログアウト|ログオン|サインオン`),
		"es": regexp.MustCompile(`(?i)conectarse|desconect|acceder con|entrar|\busted\b|\bsu cuenta\b`),
	} {
		for key, text := range catalogue(t, lang) {
			if found := others.FindString(text); found != "" {
				t.Errorf("%s %s: %q is not a word of docs/words.md: %s", lang, key, found, text)
			}
		}
	}
}

func TestDuration_isRoundedUpInTheLanguagesPlural(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang    string
		seconds int
		want    string
	}{
		{"en", -5, "1 second"},
		{"en", 1, "1 second"},
		{"en", 59, "59 seconds"},
		{"en", 60, "60 seconds"},
		{"en", 61, "2 minutes"},
		{"en", 300, "5 minutes"},
		{"en", 90 * 60, "90 minutes"},
		{"en", 90*60 + 1, "2 hours"},
		{"en", 4 * 3600, "4 hours"},
		{"de", 1, "1 Sekunde"},
		{"de", 900, "15 Minuten"},
		{"fr", 1, "1 seconde"},
		{"fr", 30, "30 secondes"},
		{"es", 60 * 60 * 5, "5 horas"},
		{"en", 30 * 24 * 3600, "30 days"},
		{"es", 1 << 40, "12725830 días"},
		{"ar", 1, "ثانية واحدة"},
		{"ar", 2, "ثانيتين"},
		{"ar", 10, "10 ثوانٍ"},
		{"ar", 11, "11 ثانية"},
		{"ja", 1, "1 秒"},
		{"ja", 900, "15 分"},
	} {
		if got := (Locale{slices.Index(Locales(), c.lang)}).Duration(c.seconds); got != c.want {
			t.Errorf("%s, %d s: got %q, want %q", c.lang, c.seconds, got, c.want)
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

// An address keeps its order in a sentence that is written from right to left, and so
// does what stands around it.
func TestT_setsOffValuesInASentenceFromRightToLeft(t *testing.T) {
	t.Parallel()
	arabic := Match(nil, []string{"ar"}, "")
	for key, want := range map[string]string{
		"home.in":       "تم تسجيل دخولك باسم \u2068a@example.com\u2069.",
		"password.long": "يجب ألا يزيد عدد الأحرف عن 256.",
	} {
		if got := arabic.T(key, "user", "a@example.com", "max", "256"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
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
		{[]string{"ko"}, "fr", "fr"},
		{nil, "ko", "en"},
		{nil, "en-GB;q=0.1, fr;q=0.8", "fr"},
		{nil, "\x00;;;q", "en"},
		{nil, long, "en"},
		{[]string{"ko", "ko", "ko", "ko", "ko", "ko", "ko", "ko", "ko", "ko", "de"}, "", "en"},
	} {
		if got := Match(nil, c.asked, c.accept).Lang(); got != c.want {
			t.Errorf("Match(%q, %.40q) = %s, want %s", c.asked, c.accept, got, c.want)
		}
	}
}
