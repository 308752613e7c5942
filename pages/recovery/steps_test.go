package recovery_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/plintotest"
)

// Where somebody is who asks for another password.
const (
	atName     = "/recover"
	atCode     = "/recover/code"
	atPassword = "/recover/password"
)

// A walk is somebody in the middle of a recovery.
type walk struct {
	*world
	b    *plintotest.Browser
	page *plintotest.Page  // where they are
	form map[string]string // what they fill in there
	old  []*http.Cookie    // their cookies a step before
	link string            // of the first page
}

// walkTo goes to a page, and knows what to fill in there.
func walkTo(t *testing.T, step string) *walk {
	w := &walk{world: newWorld(t)}
	w.b = w.Browser()
	first := w.b.Open(w.url())
	w.link, _ = first.Doc.Find("#forgot").Attr("href")
	w.old = w.b.FlowCookies()
	w.page, w.form = w.b.Open(w.Issuer()+w.link), map[string]string{"username": alice}
	if step == atName {
		return w
	}
	w.old = w.b.FlowCookies()
	w.page = w.page.Submit("submit", w.form)
	w.form = map[string]string{"code": w.code(1)}
	if step == atCode {
		return w
	}
	w.old = w.b.FlowCookies()
	w.page, w.form = w.page.Submit("submit", w.form), map[string]string{"password": fresh}
	return w
}

// posts sends the form of the page once more, as it was.
func (w *walk) posts() *plintotest.Page { return w.page.Submit("submit", w.form) }

// as posts the form of the page from another browser.
func (w *walk) fromElsewhere() *plintotest.Page {
	form := url.Values{"action": {w.page.Doc.Find("#submit").AttrOr("value", "")}}
	for _, name := range []string{"flow", "csrf"} {
		form.Set(name, w.page.Doc.Find("[name="+name+"]").AttrOr("value", ""))
	}
	for name, value := range w.form {
		form.Set(name, value)
	}
	b := w.Browser()
	b.Open(w.url()) // it has cookies of its own
	return b.Post(w.Issuer()+w.page.URL.Path, form)
}

// An end is where an act leads, and whether a new password is set by then.
type end struct {
	at  string
	set bool
}

// leads says where each act leads, at each step. "" is a page that says that the flow is not that
// browser's.
var leads = map[string]map[string]end{
	atName: {
		"reload": {atName, false}, "Back, and the form of before": {atCode, false}, "a second tab": {atCode, false}, "twice": {atCode, false},
		"another browser": {"", false}, "another password meanwhile": {atCode, false}, "signed out everywhere meanwhile": {atCode, false},
	},
	atCode: {
		"reload": {atCode, false}, "Back, and the form of before": {atName, false}, "a second tab": {atPassword, false}, "twice": {atPassword, false},
		"another browser": {"", false}, "another password meanwhile": {atPassword, false}, "signed out everywhere meanwhile": {atPassword, false},
	},
	atPassword: {
		"reload": {atPassword, false}, "Back, and the form of before": {atCode, false}, "a second tab": {atPassword, true}, "twice": {atPassword, true},
		"another browser": {"", false}, "another password meanwhile": {atPassword, false}, "signed out everywhere meanwhile": {atPassword, false},
	},
}

// REC-01: each step, and what people do there besides filling in the form. Wherever that
// leads, there is a way on, and one code sets one password at most.
func TestRecovery_eachStepTakesWhatPeopleDo(t *testing.T) {
	t.Parallel()
	operator := event.Actor{Type: "operator"}
	acts := map[string]func(*walk) *plintotest.Page{
		"reload": func(w *walk) *plintotest.Page { return w.b.Open(w.page.URL.String()) },
		"Back, and the form of before": func(w *walk) *plintotest.Page {
			w.b.GoBack(w.old)
			return w.posts()
		},
		"a second tab": func(w *walk) *plintotest.Page {
			tab := w.b.Open(w.page.URL.String())
			w.posts()
			return tab.Submit("submit", w.form)
		},
		"twice":           func(w *walk) *plintotest.Page { w.posts(); return w.posts() },
		"another browser": (*walk).fromElsewhere,
		"another password meanwhile": func(w *walk) *plintotest.Page {
			if err := w.Directory().SetPassword(w.In(), operator, w.alice, "the operator's choice of words", uuid.Nil); err != nil {
				w.t.Fatal(err)
			}
			return w.posts()
		},
		"signed out everywhere meanwhile": func(w *walk) *plintotest.Page {
			if err := w.Directory().SignOut(w.In(), operator, w.alice.ID, uuid.Nil); err != nil {
				w.t.Fatal(err)
			}
			return w.posts()
		},
	}
	for step, ends := range leads {
		if len(ends) != len(acts) {
			t.Fatalf("%s has %d ends, want %d", step, len(ends), len(acts))
		}
		for name, act := range acts {
			t.Run(step[1:]+", "+name, func(t *testing.T) {
				t.Parallel()
				w, want := walkTo(t, step), ends[name]
				p := act(w)
				switch {
				case p.Left != nil || p.Status >= http.StatusInternalServerError:
					t.Fatalf("left to %v, status %d", p.Left, p.Status)
				case want.at == "" && p.Status < http.StatusBadRequest:
					t.Errorf("taken from another browser: at %s, %d", p.URL, p.Status)
				case want.at != "" && p.URL.Path != want.at:
					t.Errorf("at %s (%d), want %s", p.URL.Path, p.Status, want.at)
				}
				if p.Doc.Find("form, a[href]").Length() == 0 {
					t.Error("there is no way on")
				}
				if got := w.signsIn(fresh); got != want.set {
					t.Errorf("the new password signs in: %v, want %v", got, want.set)
				}
			})
		}
	}
}
