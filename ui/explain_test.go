package ui

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
)

// explained is the error page that shows a comparison.
func explained(t *testing.T, c *Comparison) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := Error(ErrorView{Explanation: &Explanation{Compared: c}}).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestCompare_marksTheFirstDifference(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent       string
		registered []string
		first      string // the one that is most like it
		marks      string // of what was sent and of what is registered
		says       string
	}{
		"a slash too many": {"http://a/cb/", []string{"https://b/", "http://a/cb"}, "http://a/cb", "/|", "What is registered ends before character 12, where “/” was sent."},
		"a slash missing":  {"http://a/cb", []string{"http://a/cb/"}, "http://a/cb/", "|/", "What was sent ends before character 12, where “/” is registered."},
		"upper case":       {"http://a/CB", []string{"http://a/cb"}, "http://a/cb", "C|c", "They differ at character 10 in upper and lower case: “C” was sent, “c” is registered."},
		"another host":     {"http://127.0.0.1/cb", []string{"http://localhost/cb"}, "http://localhost/cb", "1|l", "They differ at character 8: “1” was sent, “l” is registered."},
		"nothing sent":     {"", []string{"http://a/cb"}, "http://a/cb", "|h", "What was sent ends before character 1, where “h” is registered."},
		"an umlaut":        {"http://ä/x", []string{"http://ö/x"}, "http://ö/x", "ä|ö", "They differ at character 8: “ä” was sent, “ö” is registered."},
		"not seen":         {"http://a/\u202ecb", []string{"http://a/cb"}, "http://a/cb", `\u202e|c`, `They differ at character 10: “\u202e” was sent, “c” is registered.`},
	} {
		doc := explained(t, Compare(c.sent, c.registered))
		marks := doc.Find(".compare mark")
		if got := marks.First().Text() + "|" + marks.Last().Text(); got != c.marks || marks.Length() != 2 {
			t.Errorf("%s: %d marks, %q, want %q", name, marks.Length(), got, c.marks)
		}
		if got := doc.Find("#registered").Text(); got != c.first {
			t.Errorf("%s: %q is shown first, want %q", name, got, c.first)
		}
		if got := doc.Find("#difference").Text(); got != c.says {
			t.Errorf("%s: got %q, want %q", name, got, c.says)
		}
	}
	doc := explained(t, Compare("x", nil))
	if got := doc.Find("#registered").Text(); got != "None" {
		t.Errorf("nothing registered: %q", got)
	}
}

// FuzzCompare: whatever is sent, the page can be drawn and loses nothing of it.
func FuzzCompare(f *testing.F) {
	f.Add("http://a/cb", "http://a/cb/")
	f.Add("\xff\xfe", "\xff")
	f.Add("é", "e\u0301")
	f.Fuzz(func(t *testing.T, sent, registered string) {
		c := Compare(sent, []string{registered})
		if !strings.HasPrefix(sent, registered[:c.prefix]) {
			t.Fatalf("%q and %q share %d bytes?", sent, registered, c.prefix)
		}
		if shown := c.same() + c.sentPart() + c.sentRest(); utf8.ValidString(sent) && len(shown) < len(sent) {
			t.Errorf("%q is shown as %q", sent, shown)
		}
		_ = c.Difference()
	})
}
