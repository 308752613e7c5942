package recovery_test

import (
	"net/http"
	"testing"

	"plinto/internal/plintotest"
)

// PWD-28: the last mail that an address gets at once takes an effort, on the first page and for another code, and the next one is
// refused however great the effort.
func TestRecovery_demandsAnEffortBeforeItRefuses(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"from the start": false, "another code": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.Browser()
			b.Plain = true
			w.asks(b, alice)
			p := w.asks(b, alice)
			button, at := "submit", "/recover"
			if again {
				button, at = "again", "/recover/code"
			} else {
				link, _ := b.Open(w.url()).Doc.Find("#forgot").Attr("href")
				p = b.Open(w.Issuer() + link)
			}
			form := map[string]string{"username": alice}
			asked := w.at(p.Submit(button, form), at)
			if asked.Status != http.StatusTooManyRequests || asked.Doc.Find("#effort").Length() != 1 || asked.Doc.Find("#effort-password").Length() != 0 {
				t.Fatalf("no effort is demanded: %d, %s", asked.Status, asked.Doc.Find("main").Text())
			}
			if name, has := asked.Doc.Find("#username").Attr("value"); has && name != alice {
				t.Errorf("the form has the name %q", name)
			}
			form["effort"], form["work"] = plintotest.Work(asked.Doc)
			sent := w.at(asked.Submit(button, form), "/recover/code")
			if sent.Doc.Find("#effort").Length() != 0 || sent.Doc.Find("#problem").Length() != 0 {
				t.Fatalf("with an effort: %s", sent.Doc.Find("main").Text())
			}
			b.Plain = false
			if p := sent.Submit("again", nil); p.Status != http.StatusTooManyRequests || p.Doc.Find("#problem").Length() != 1 {
				t.Errorf("the mail after the last: %d, %s", p.Status, p.Doc.Find("main").Text())
			}
		})
	}
}
