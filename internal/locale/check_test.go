package locale

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestCheck_findsWhatALanguageLacks(t *testing.T) {
	t.Parallel()
	const english = `{"hello": "Hello {name}", "again.other": "Another", "day.one": "{n} day", "day.other": "{n} days"}`
	for name, c := range map[string]struct{ file, text, want string }{
		"complete":             {"de", `{"hello": "Hallo {name}", "again.other": "Noch eins", "day.one": "{n} Tag", "day.other": "{n} Tage"}`, ""},
		"other plural forms":   {"ar", `{"hello": "{name}", "again.other": "a", "day.zero": "{n}", "day.one": "a", "day.two": "b", "day.few": "{n}", "day.many": "{n}", "day.other": "{n}"}`, ""},
		"no plural":            {"ja", `{"hello": "{name}", "again.other": "a", "day.other": "{n} 日"}`, ""},
		"no text":              {"de", `{"again.other": "a", "day.one": "{n} Tag", "day.other": "{n} Tage"}`, `has no text "hello"`},
		"no plural form":       {"ar", `{"hello": "{name}", "again.other": "a", "day.one": "a", "day.other": "{n}"}`, `has no text "day.few"`},
		"a form for nothing":   {"ja", `{"hello": "{name}", "again.other": "a", "day.one": "{n}", "day.other": "{n}"}`, `has a text "day.one"`},
		"empty":                {"de", `{"hello": " ", "again.other": "a", "day.one": "{n} Tag", "day.other": "{n} Tage"}`, `"hello" is empty`},
		"a lost placeholder":   {"de", `{"hello": "Hallo", "again.other": "a", "day.one": "{n} Tag", "day.other": "{n} Tage"}`, `"hello" has not the placeholders`},
		"many without a count": {"de", `{"hello": "{name}", "again.other": "a", "day.one": "Tag", "day.other": "Tage"}`, `"day.other" has not the placeholders`},
		"a text too many":      {"de", `{"hello": "{name}", "again.other": "a", "bye": "b", "day.one": "{n} Tag", "day.other": "{n} Tage"}`, `has a text "bye"`},
	} {
		problems, err := Check(fstest.MapFS{"l/en.json": {Data: []byte(english)}, "l/" + c.file + ".json": {Data: []byte(c.text)}}, "l")
		got := strings.Join(problems, "\n")
		if err != nil || c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, c.want)
		}
	}
	for _, files := range []fstest.MapFS{{}, {"l/en.json": {Data: []byte(`{`)}}, {"l/en.json": {Data: []byte(english)}, "l/nowhere-x-.json": {Data: []byte(english)}}} {
		if _, err := Check(files, "l"); err == nil {
			t.Errorf("%v is taken", files)
		}
	}
}
