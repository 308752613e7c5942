package mailaddr_test

import (
	"net/mail"
	"strings"
	"testing"

	"plinto/internal/mailaddr"
)

func TestParse_readsInternationalAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed, wire, shown string
		international      bool
	}{
		{"Alice@Example.com", "Alice@Example.com", "Alice@example.com", false},
		{"alice@münchen.de", "alice@xn--mnchen-3ya.de", "alice@münchen.de", false},
		{"alice@MÜNCHEN.de", "alice@xn--mnchen-3ya.de", "alice@münchen.de", false},
		{"alice@xn--mnchen-3ya.de", "alice@xn--mnchen-3ya.de", "alice@münchen.de", false},
		{"alice@straße.example", "alice@xn--strae-oqa.example", "alice@straße.example", false},
		{"zoë@example.com", "zoë@example.com", "zoë@example.com", true},
		{"用户@例え。テスト", "用户@xn--r8jz45g.xn--zckzah", "用户@例え.テスト", true},
		{"अजय@डाटा.भारत", "अजय@xn--c2bd1gb.xn--h2brj9c", "अजय@डाटा.भारत", true},
		{"квіточка@пошта.укр", "квіточка@xn--80a1acn3a.xn--j1amh", "квіточка@пошта.укр", true},
		{"θσερ@εχαμπλε.ψομ", "θσερ@xn--mxahbxey0c.xn--xxaf0a", "θσερ@εχαμπλε.ψομ", true},
	} {
		a, err := mailaddr.Parse(c.typed)
		if err != nil {
			t.Errorf("%s: %v", c.typed, err)
			continue
		}
		if a.Wire() != c.wire || a.Display() != c.shown || a.International() != c.international {
			t.Errorf("%s: on the wire %s, shown as %s, international %t", c.typed, a.Wire(), a.Display(), a.International())
		}
		if again, err := mailaddr.Parse(a.Display()); err != nil || !strings.EqualFold(again.Wire(), a.Wire()) {
			t.Errorf("%s: what is shown is read as %v, %v", c.typed, again, err)
		}
	}
}

// REC-10: what two parsers read differently, and what looks like another address.
func TestParse_refusesWhatIsReadOrSeenAsAnother(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"two at signs": "zoë@evil.test@corp.test", "quoted": `"zoë"@x.test`, "fullwidth at": "zoë＠x.test", "blank": "zo ë@x.test", "no-break blank": "zo\u00a0ë@x.test",
		"zero width": "zo\u200bë@x.test", "zero width joiner": "zo\u200dë@x.test", "right to left": "\u202ezoë@x.test", "soft hyphen": "zo\u00adë@x.test",
		"compatible": "ﬁ@x.test", "fullwidth": "ａｌｉｃｅ@x.test", "kelvin": "\u212aelvin@x.test", "not composed": "zoe\u0308@x.test", "a mark alone": "\u0308e@x.test",
		"a mark after a dot": "a.\u0308e@x.test", "emoji": "😀@x.test", "symbol": "a€@x.test", "Cyrillic among Latin": "аlice@x.test", "Greek among Latin": "αlice@x.test",
		"private use": "\ue000a@x.test", "unassigned": "a\U000e0fff@x.test", "not UTF-8": "zo\xff@x.test", "line break": "zoë@x.test\r\nBcc: b@x.test", "no-break line": "zo\u2028ë@x.test",
		"long in bytes": strings.Repeat("ë", 33) + "@x.test", "domain with blank": "a@mün chen.de", "domain of one label": "a@münchen", "domain with zero width": "a@mün\u200bchen..de",
		"mixed domain": "a@exаmple.com", "mixed domain in ASCII": "a@xn--exmple-4nf.com", "A-label of ASCII": "a@xn--example-.com", "A-label of nothing": "a@xn--.com",
		"A-label that is none": "a@xn--abc.com", "A-label of another form": "a@xn--MNCHEN-3YA-.de", "dots": "a@münchen..de", "hyphen": "a@-münchen.de", "slash": "a@münchen.de/x",
		"address": "a@１２７.0.0.1", "percent": "a@münchen%2ede", "fraction slash": "a@münchen⁄evil.de", "question mark": "a@münchen？.de",
	} {
		if a, err := mailaddr.Parse(s); err == nil {
			t.Errorf("%s: %q is read as %q", name, s, a.Wire())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"alice@example.com", "zoë@münchen.de", "a@xn--mnchen-3ya.de", "用户@例え。テスト", "a@xn--abc.com", "a@ß.example", "\u0308@x.test"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := mailaddr.Parse(s)
		if err != nil {
			return
		}
		wire := a.Wire()
		if strings.Count(wire, "@") != 1 || strings.ContainsAny(wire, "<>\"()[],;: \\\r\n\x00") || len(wire) > mailaddr.MaxBytes {
			t.Errorf("%q is %q on the wire", s, wire)
		}
		if parsed, err := mail.ParseAddress(wire); err != nil || parsed.Address != wire {
			t.Errorf("%q: net/mail reads %q as %v, %v", s, wire, parsed, err)
		}
		if again, err := mailaddr.Parse(wire); err != nil || again != a {
			t.Errorf("%q is %q, and that is %q, %v", s, wire, again.Wire(), err)
		}
	})
}
