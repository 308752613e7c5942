package identity

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"plinto/internal/mailaddr"
)

// PWD-11: every spelling of an account is one account.
func TestCanonical_givesEverySpellingOneForm(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"alice@example.com":       {"alice@example.com", " Alice@Example.COM\t", "ALICE@EXAMPLE.COM", "ａｌｉｃｅ@example.com", "alice＠example.com"},
		"zoë":                     {"zoë", "zoe\u0308", "ZOE\u0308", "\u00a0zoë "},
		"alice+a@x.test":          {"Alice+A@x.test"},
		"file":                    {"ﬁle"},
		"alice@xn--mnchen-3ya.de": {"alice@münchen.de", "Alice@MÜNCHEN.de", "alice@xn--mnchen-3ya.de", "ALICE@XN--MNCHEN-3YA.DE", "alice@mu\u0308nchen.de", "alice＠münchen。de"},
		"zoë@example.com":         {"zoë@example.com", "ZOE\u0308@example.com"},
		"a@exаmple":               {"a@exаmple"},
	} {
		for _, typed := range spellings {
			if got, err := Canonical(typed); got != want || err != nil {
				t.Errorf("Canonical(%q) = %q, %v, want %q", typed, got, err, want)
			}
		}
	}
}

func TestCanonical_refusesWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]string{
		"empty": "", "blank": " \t\u00a0", "inner blank": "a b", "NUL": "a\x00", "newline": "a\nb",
		"zero width": "ali\u200bce", "right to left": "\u202ealice", "not UTF-8": "a\xff", "too long": strings.Repeat("a", 255),
		"far too long": strings.Repeat("a", 1<<20), "soft hyphen": "al\u00adice",
	} {
		if got, err := Canonical(typed); !errors.Is(err, ErrIdentifier) {
			t.Errorf("%s: got %q, %v, want ErrIdentifier", name, got, err)
		}
	}
}

// REC-10.
func TestCheckEmail_refusesWhatTwoParsersReadDifferently(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"alice@example.com", "a.b+c_d@sub.example.co", "o'neil@example.ie", "x@xn--bcher-kva.example", "1@2.com", "A@B.CO", "a@bücher.test", "zoë@example.com", "用户@例え.テスト",
	} {
		if err := CheckEmail(good); err != nil {
			t.Errorf("CheckEmail(%q) = %v, want nil", good, err)
		}
	}
	for _, bad := range []string{
		"", "@", "alice", "alice@", "@example.com", "a@evil.test@corp.test", `"a@evil.test"@corp.test`, `"a b"@x.test`,
		"<a@x.test>", "Alice <a@x.test>", "a@x.test (b)", "a(b)@x.test", "a@[127.0.0.1]", "a@127.0.0.1", "a@[IPv6:::1]",
		"a@localhost", "a..b@x.test", ".a@x.test", "a.@x.test", "a@x..test", "a@-x.test", "a@x-.test", "a@x.test.", "a@x_y.test",
		"a@x.test\n", "a@x.test\r\nBcc: b@x.test", " a@x.test", "a b@x.test", "a,b@x.test", "a;b@x.test", "a@x.test,b@x.test",
		"a＠x.test", "аlice@x.test", "a@exаmple.com", "a@xn--abc.test", "zo\u200bë@x.test", "a@x.123", "a@\x00.test", "mailto:a@x.test",
		strings.Repeat("a", 65) + "@x.test", "a@" + strings.Repeat("b", 64) + ".test", "a@" + strings.Repeat("b.", 130) + "test",
	} {
		if err := CheckEmail(bad); !errors.Is(err, ErrEmail) {
			t.Errorf("CheckEmail(%q) = %v, want ErrEmail", bad, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"Alice@Example.com", "İstanbul", "ﬁle", "ẞ", "ǅ", "\u1e9e\u0345", "Ω", "a\u0300\u0345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		once, err := Canonical(typed)
		if err != nil {
			return
		}
		if twice, err := Canonical(once); twice != once || err != nil {
			t.Errorf("Canonical(%q) = %q, and of that %q, %v", typed, once, twice, err)
		}
		if padded, err := Canonical("  " + typed + "\n"); padded != once || err != nil {
			t.Errorf("blanks around %q make %q, %v of it, want %q", typed, padded, err, once)
		}
		if !utf8.ValidString(once) || strings.ContainsRune(once, 0) || len(once) > maxIdentifier {
			t.Errorf("Canonical(%q) = %q: the database or a page would choke on it", typed, once)
		}
	})
}

func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{"alice@example.com", `"a"@b.c`, "a@b@c.d", "a@[1.2.3.4]", "a@b.c\r\nx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckEmail(s) != nil {
			return
		}
		// Whatever we accept, a standard parser reads as that very address.
		if parsed, err := mail.ParseAddress(s); err != nil || parsed.Address != s {
			t.Errorf("we accept %q; net/mail says %v, %v", s, parsed, err)
		}
		if got, err := Canonical(s); err != nil || !strings.EqualFold(got, mailaddr.Wire(s)) && utf8.RuneCountInString(s) == len(s) {
			t.Errorf("Canonical(%q) = %q, %v: not the same address", s, got, err)
		}
		if strings.Count(s, "@") != 1 || strings.ContainsAny(s, "<>\"()[],;: \\\r\n\x00") {
			t.Errorf("accepted %q", s)
		}
	})
}

func TestCheckUsername_refusesWhatLooksLikeAnAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"alice": nil, "Alice.B-1": nil, "alice@example.com": ErrUsername, "a b": ErrUsername, "": ErrUsername,
		"alice\uff20example.com": ErrUsername, "alice\ufe6bexample.com": ErrUsername,
	} {
		if err := CheckUsername(name); !errors.Is(err, want) {
			t.Errorf("CheckUsername(%q) = %v, want %v", name, err, want)
		}
	}
}
