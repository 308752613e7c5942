package mailsignin_test

import (
	"net/http"
	"net/url"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
)

// PWD-28: the last mail that an account gets at once takes an effort, whichever page asked for it.
func TestMailSignIn_demandsAnEffortBeforeItRefuses(t *testing.T) {
	t.Parallel()
	for name, button := range map[string]string{"the sign-in page": "submit", "another code": "again"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.Browser()
			b.Plain = true
			w.asks(b, alice)
			w.asks(b, alice)
			p := w.asks(b, alice)
			if button == "again" {
				p = p.Submit("again", nil)
			} else {
				p = b.Open(w.AuthorizeURL(w.client, url.Values{"code_challenge": {testworld.Challenge}})).
					Submit("by-mail", map[string]string{"username": alice, "remember": "1"})
			}
			if p.Status != http.StatusTooManyRequests || p.Doc.Find("#effort").AttrOr("data-press", "") != button {
				t.Fatalf("no effort is demanded: %d, %s", p.Status, p.Doc.Find("main").Text())
			}
			if button == "submit" && (p.Doc.Find("#username").AttrOr("value", "") != alice || p.Doc.Find("#remember[checked]").Length() != 1) {
				t.Error("what was typed is gone")
			}
			form := map[string]string{"username": alice}
			form["effort"], form["work"] = plintotest.Work(p.Doc)
			if p = w.at(p.Submit(button, form), page); p.Doc.Find("#effort").Length() != 0 || p.Doc.Find("#problem").Length() != 0 {
				t.Fatalf("with an effort: %s", p.Doc.Find("main").Text())
			}
			if p = p.Submit("again", nil); p.Status != http.StatusTooManyRequests || p.Doc.Find("#problem").Length() != 1 {
				t.Errorf("the mail after the last: %d, %s", p.Status, p.Doc.Find("main").Text())
			}
		})
	}
}
