package displayname

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheck_takesTheNamesOfTheWorld(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "Acme", "Zoë's Café", "O’Reilly & Söhne (Wien) №1", "Nguyễn Thị Ánh", "אבגד", "שָׁלוֹם", "محمد", "हिन्दी ऐप", "ภาษาไทย", "日本語アプリ", "한국어",
		"🚀 Rocket", "❤️ Heart", "Ж", "Ω-3", "e\u0301", "C++ / C#",
	} {
		if err := Check(Clean(name), 200); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// PAG-01: nothing in a name may be invisible, or change what stands around it.
func TestCheck_refusesWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	for what, sign := range map[string]string{
		"NUL": "\x00", "escape": "\x1b", "delete": "\x7f", "next line": "\u0085",
		"left-to-right mark": "\u200e", "right-to-left mark": "\u200f", "Arabic letter mark": "\u061c",
		"embedding": "\u202a", "pop": "\u202c", "override": "\u202e", "isolate": "\u2066", "first strong": "\u2068", "pop isolate": "\u2069",
		"zero-width space": "\u200b", "non-joiner": "\u200c", "joiner": "\u200d", "word joiner": "\u2060", "byte order mark": "\ufeff", "soft hyphen": "\u00ad",
		"invisible times": "\u2062", "deprecated": "\u206f", "Mongolian separator": "\u180e", "grapheme joiner": "\u034f", "annotation": "\ufff9",
		"tag": "\U000e0041", "selector": "\ufe01", "selector supplement": "\U000e0100", "Hangul filler": "\u3164", "half-width filler": "\uffa0", "Jamo filler": "\u1160",
		"Khmer vowel": "\u17b4", "Braille blank": "\u2800", "private use": "\ue000", "unassigned": "\u0378", "noncharacter": "\uffff", "not UTF-8": "\xff", "replacement": "\ufffd",
	} {
		for _, name := range []string{"Ac" + sign + "me", sign + "Acme", "Acme" + sign} {
			if err := Check(name, 200); !errors.Is(err, ErrCharacters) && !errors.Is(err, ErrMarks) {
				t.Errorf("%s: %q passes: %v", what, name, err)
			}
		}
	}
}

func TestCheck_boundsLengthAndMarks(t *testing.T) {
	t.Parallel()
	if err := Check(strings.Repeat("ä", 200), 200); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]error{
		strings.Repeat("ä", 201):                 ErrTooLong,
		"Z" + strings.Repeat("\u0335", 5):        ErrMarks,
		"\u0301Acme":                             ErrMarks,
		"Acme\u0336\u0336\u0336\u0336\u0336 Inc": ErrMarks,
	} {
		if err := Check(name, 200); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
	}
}

func TestClean_leavesOneBlankBetweenWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{" Acme \t\r\n Inc\u00a0\u3000Ltd ": "Acme Inc Ltd", "\u2003": "", "Acme": "Acme"} {
		if got := Clean(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestLine_makesAnythingFitToBeShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Mozilla/5.0\r\nBcc: x":                 "Mozilla/5.0 Bcc: x",
		"a\u202eb\u200bc\x00d":                  "abcd",
		"\u0301abc":                             "abc",
		"x\xffy":                                "x\ufffdy",
		strings.Repeat("é", 30):                 strings.Repeat("é", 20),
		"a " + "\u200b" + " b":                  "a b",
		"Z\u0335\u0335\u0335\u0335\u0335\u0335": "Z\u0335\u0335\u0335\u0335",
	} {
		if got := Line(text, 20); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestReveal_writesOutWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://ä/x y": "http://ä/x y", "a\u202eb": `a\u202eb`, "a\x00\nb": `a\x00\nb`, "\xff": `\xff`, "\ufffd": `\ufffd`, "\U000e0041": `\U000e0041`, "a\u00a0b": `a\u00a0b`,
	} {
		if got := Reveal(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// FuzzLine: whatever comes in, what comes out may be shown, and stays as it is.
func FuzzLine(f *testing.F) {
	f.Add("a\u202e\u0301b")
	f.Add("\u200b \u0301\u0301\u0301\u0301\u0301 x")
	f.Fuzz(func(t *testing.T, text string) {
		got := Line(text, 50)
		if err := Check(strings.ReplaceAll(got, "\ufffd", "?"), 50); err != nil || !utf8.ValidString(got) {
			t.Errorf("%q became %q: %v", text, got, err)
		}
		if again := Line(got, 50); again != got {
			t.Errorf("%q became %q, and that %q", text, got, again)
		}
	})
}
