package locale

import (
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

var texts = Load(fstest.MapFS{
	"l/en.json": {Data: []byte(`{"hello": "Hello {name}, {name}!", "day.one": "{n} day", "day.other": "{n} days"}`)},
	"l/fr.json": {Data: []byte(`{"hello": "Bonjour {name}", "day.one": "{n} jour", "day.other": "{n} jours"}`)},
	"l/pl.json": {Data: []byte(`{"day.one": "{n} dzień", "day.few": "{n} dni", "day.other": "{n} dnia"}`)},
}, "l", language.English, language.French, language.Polish)

func TestText_replacesOnceAndNothingInValues(t *testing.T) {
	t.Parallel()
	if got, want := texts.Text(0, "hello", "name", "{name}"), "Hello {name}, {name}!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := texts.Text(0, "no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}

func TestText_setsOffWhatIsWrittenFromRightToLeft(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Ann": "Bonjour Ann", "Zoë 3": "Bonjour Zoë 3", "אנה": "Bonjour \u2068אנה\u2069", "مها Shop": "Bonjour \u2068مها Shop\u2069",
	} {
		if got := texts.Text(1, "hello", "name", value); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestText_setsOffEveryValueButNumbersFromRightToLeft(t *testing.T) {
	t.Parallel()
	arabic := Load(fstest.MapFS{"l/ar.json": {Data: []byte(`{"to": "إلى {to}."}`)}}, "l", language.Arabic)
	for value, want := range map[string]string{
		"Shop (2)": "إلى \u2068Shop (2)\u2069.", "1234 5678": "إلى \u20681234 5678\u2069.", "مها": "إلى \u2068مها\u2069.", "15": "إلى 15.",
	} {
		if got := arabic.Text(0, "to", "to", value); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if arabic.Dir(0) != "rtl" || texts.Dir(1) != "ltr" {
		t.Errorf("Arabic runs %s, French %s", arabic.Dir(0), texts.Dir(1))
	}
}

// A language that lacks a text has it in English: no reader sees its key.
func TestText_fallsBackToEnglish(t *testing.T) {
	t.Parallel()
	if got, want := texts.Text(2, "hello", "name", "Ann"), "Hello Ann, Ann!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCount_hasThePluralOfTheLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, n int
		want    string
	}{
		{0, 0, "0 days"},
		{0, 1, "1 day"},
		{0, 2, "2 days"},
		{1, 0, "0 jour"},
		{1, 1, "1 jour"},
		{1, 2, "2 jours"},
		{1, 1_000_000, "1000000 jours"},
		{2, 1, "1 dzień"},
		{2, 3, "3 dni"},
		{2, 5, "5 dnia"},
	} {
		if got := texts.Count(c.lang, "day", c.n); got != c.want {
			t.Errorf("language %d, %d: got %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestMatch_picksTheLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked  []string
		accept string
		want   int
	}{
		{nil, "", 0},
		{[]string{""}, "", 0},
		{[]string{"fr-CA"}, "pl", 1},
		{[]string{"ja"}, "pl;q=0.5, fr;q=0.4", 2},
		{nil, strings.Repeat("pl,", 100), 0},
	} {
		if got := texts.Match(c.asked, c.accept); got != c.want {
			t.Errorf("Match(%q, %.40q) = %d, want %d", c.asked, c.accept, got, c.want)
		}
	}
}
