package signup_test

import (
	"net/http"
	"testing"

	"plinto/internal/plintotest"
)

// PWD-28: the last mail that an address gets at once takes an effort.
func TestSignUp_demandsAnEffortBeforeItRefuses(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	b := s.Browser()
	b.Plain = true
	s.Ask(b, client, newcomer)
	sent := s.Ask(b, client, newcomer)
	for _, c := range []struct {
		button string
		asked  *plintotest.Page
		left   bool // something of the limit
	}{{"submit", s.Ask(b, client, newcomer), true}, {"again", sent.Submit("again", nil), false}} {
		if c.asked.Status != http.StatusTooManyRequests || c.asked.Doc.Find("#effort").AttrOr("data-press", "") != c.button {
			t.Fatalf("%s: no effort is demanded: %d, %s", c.button, c.asked.Status, c.asked.Doc.Find("main").Text())
		}
		form := map[string]string{"email": newcomer}
		form["effort"], form["work"] = plintotest.Work(c.asked.Doc)
		if p := c.asked.Submit(c.button, form); p.URL.Path != "/sign-up/code" || p.Doc.Find("#effort").Length() != 0 || (problem(p) == "") != c.left {
			t.Errorf("%s, with an effort: %s", c.button, p.Doc.Find("main").Text())
		}
	}
}
