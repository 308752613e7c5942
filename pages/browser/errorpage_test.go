package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/web"
	"plinto/ui"
)

// explained draws an error page of a server.
func explained(t *testing.T, b *Browser) *goquery.Document {
	t.Helper()
	w := httptest.NewRecorder()
	web.Begin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := b.Explain(w, r, "", http.StatusBadRequest, "invalid_redirect_uri", "The message.", func(context.Context) *ui.Explanation {
			return &ui.Explanation{
				Problem: "The problem.", Compared: ui.Compare("https://sent.example/<b>", []string{"https://registered.example/"}),
				Command: b.Command("client", "update", "x y"), Sent: Sent(web.Form{"state": {"s3nt"}, "client_secret": {"hush"}}),
			}
		})
		if err != nil {
			t.Error(err)
		}
	}), false).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// PAG-05: only a development server repeats what was sent, and no secret of it.
func TestErrorPage_explainsInDevelopmentOnly(t *testing.T) {
	t.Parallel()
	page := explained(t, &Browser{})
	if text := page.Text(); page.Find("#explain").Length() != 0 || strings.Contains(text, "sent.example") || strings.Contains(text, "s3nt") {
		t.Errorf("a server in production explains: %s", text)
	}
	page = explained(t, &Browser{Development: true, Dir: "/data", Program: "/bin/plinto"})
	for selector, want := range map[string]string{
		"#explain-problem": "The problem.", "#sent-value": "https://sent.example/<b>", "#registered": "https://registered.example/",
		"#command": "(cd /data && /bin/plinto client update 'x y')", ".sent": "s3nt",
	} {
		if got := page.Find(selector).Text(); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", selector, got, want)
		}
	}
	if strings.Contains(page.Text(), "hush") || page.Find("b").Length() != 0 {
		t.Errorf("the page repeats a secret, or markup: %s", page.Text())
	}
}

// PAG-05: a developer copies the command into a shell, and strangers write parts of it.
func TestCommand_isReadByAShellAsItIs(t *testing.T) {
	t.Parallel()
	b := &Browser{Dir: t.TempDir(), Program: "printf"}
	for _, arg := range []string{
		"plain", "", "with blanks", "it's", `"quoted"`, "$(touch /tmp/x)", "`id`", "a;b|c&d>e<f", "\\", "*?[x]", "~", "#x", "https://rp.example/cb?a=1&b='2'", "ä",
	} {
		out, err := exec.Command("sh", "-c", b.Command(`%s\n`, arg, "end")).Output()
		if err != nil || string(out) != arg+"\nend\n" {
			t.Errorf("%q arrives as %q, %v", arg, out, err)
		}
	}
	for _, arg := range []string{"a\nb", "a\rb", "\x1b[2J", "a\u202eb", "a\u200bb", "\xff", "a\x00"} {
		if got := b.Command("client", "create", arg); got != "" {
			t.Errorf("%q, which cannot be seen, is in the command %q", arg, got)
		}
	}
	if got := (&Browser{}).Command("client", "list"); got != "plinto client list" {
		t.Errorf("got %q", got)
	}
}
