package signin_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/provider"
)

// An effortWorld has a network that failed so often that the next try takes an effort.
type effortWorld struct {
	*plintotest.Server
	t       *testing.T
	later   atomic.Int64 // how far the server's clock is ahead
	tracer  *testservice.Statements
	address string
}

// strained are wrong guesses of the twenty that a network has. One comes back in two seconds: less than two of them
// change nothing.
const strained = 16

// ofNetworks is the limit of the guesses of a network, as package identity has it, but it notes more than the twenty.
var ofNetworks = identity.Limit{Name: "sign-in-address", Count: 30, Period: time.Minute, Burst: 60}

func newEffortWorld(t *testing.T, o plintotest.Options) *effortWorld {
	t.Helper()
	w := &effortWorld{t: t, tracer: &testservice.Statements{}}
	o.Proxied, o.Tracer = true, w.tracer
	o.Now = func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	w.Server = plintotest.Start(t, o)
	client, _ := w.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	w.address = w.AuthorizeURL(client, nil)
	w.User("alice@example.com")
	return w
}

// fails notes wrong guesses of the network, so quickly that none comes back.
func (w *effortWorld) fails(n int) {
	w.t.Helper()
	for range n {
		w.Store.Limiter.Verdict(w.In(), false, ofNetworks.Networks("192.0.2.7", "")...)
	}
}

// plain is a browser of the network that makes no effort.
func (w *effortWorld) plain() *plintotest.Browser {
	b := w.Browser().From("192.0.2.7")
	b.Plain = true
	return b
}

// sends submits the form with what is demanded of it, and more.
func sends(p *plintotest.Page, form, more map[string]string) *plintotest.Page {
	challenge, work := plintotest.Work(p.Doc)
	all := map[string]string{"effort": challenge, "work": work}
	maps.Copy(all, form)
	maps.Copy(all, more)
	return p.Submit("submit", all)
}

func (w *effortWorld) demanded(p *plintotest.Page) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.Status != http.StatusTooManyRequests || p.Doc.Find("#effort").Length() != 1 || p.Header.Get("Retry-After") == "" {
		w.t.Fatalf("no effort is demanded: %d on %s, left to %v", p.Status, p.URL, p.Left)
	}
	return p
}

// PWD-28: before a network is refused its browsers show an effort, which lets one try through and no more. What was typed is
// still there, but for the password.
func TestEffort_isDemandedBeforeARefusal(t *testing.T) {
	t.Parallel()
	w := newEffortWorld(t, plintotest.Options{})
	w.fails(strained)
	b := w.plain()
	opened := b.Open(w.address)
	form := plintotest.Alice()
	form["remember"] = "1"
	sent, _ := w.tracer.During(func() { opened = w.demanded(opened.Submit("submit", form)) })
	for _, statement := range sent {
		if strings.Contains(statement, "password_hash") {
			t.Errorf("read before the effort: %s", statement)
		}
	}
	if name := opened.Doc.Find("#username").AttrOr("value", ""); name != form["username"] || opened.Doc.Find("#remember[checked]").Length() != 1 ||
		opened.Doc.Find("#effort-password").Length() != 1 || opened.Doc.Find("#password[value]").Length() != 0 {
		t.Errorf("the form was not kept: %s", opened.Doc.Find("main").Text())
	}
	wrong := sends(opened, form, map[string]string{"password": "wrong-password"})
	if wrong.Status != http.StatusUnauthorized {
		t.Fatalf("a wrong password with an effort: %d", wrong.Status)
	}
	challenge, work := plintotest.Work(opened.Doc)
	again := w.demanded(wrong.Submit("submit", map[string]string{"username": form["username"], "password": form["password"], "effort": challenge, "work": work}))
	other := w.demanded(sends(again, form, map[string]string{"username": "bob@example.com"}))
	w.demanded(sends(w.demanded(w.plain().Open(w.address).Submit("submit", form)), form, map[string]string{"effort": challenge, "work": work}))
	if p := sends(w.demanded(other.Submit("submit", form)), form, nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the right password with an effort: %d on %s", p.Status, p.URL)
	}
}

// PWD-28: without JavaScript the user waits, and the server knows for how long.
func TestEffort_canBeWaited(t *testing.T) {
	t.Parallel()
	w := newEffortWorld(t, plintotest.Options{})
	w.fails(strained)
	asked := w.demanded(w.plain().Open(w.address).Submit("submit", plintotest.Alice()))
	waits := map[string]string{"work": ""}
	w.later.Store(int64(5 * time.Second))
	early := w.demanded(sends(asked, plintotest.Alice(), waits))
	if text := early.Doc.Find("#effort-wait").Text(); !strings.Contains(text, "too soon") {
		t.Errorf("sent too early, the page says %q", text)
	}
	w.later.Store(int64(11 * time.Second))
	if p := sends(early, plintotest.Alice(), waits); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("after the wait: %d on %s", p.Status, p.URL)
	}
}

// PWD-28: an effort passes neither the limit of a network nor that of an account.
func TestEffort_passesNoLimit(t *testing.T) {
	t.Parallel()
	w := newEffortWorld(t, plintotest.Options{})
	for i := range 10 { // the last ones with an effort: the name is strained
		from := plintotest.With("X-Forwarded-For", fmt.Sprintf("198.51.%d.7", i))
		if status := w.Tries(w.address, "alice@example.com", "wrong-password", from); status != http.StatusUnauthorized {
			t.Fatalf("try %d: status %d", i, status)
		}
	}
	if status := w.Tries(w.address, "alice@example.com", plintotest.Password, plintotest.With("X-Forwarded-For", "198.51.77.7")); status != http.StatusUnauthorized {
		t.Errorf("the right password beyond the account's limit: status %d", status)
	}
	w.fails(strained)
	kept := w.demanded(w.plain().Open(w.address).Submit("submit", plintotest.Alice()))
	p := w.demanded(w.plain().Open(w.address).Submit("submit", plintotest.Alice()))
	refused := false
	for i := 0; i < 12 && !refused; i++ {
		form := map[string]string{"username": fmt.Sprintf("more%d@example.com", i), "password": "wrong-password"}
		asked := p.Submit("submit", form)
		if refused = asked.Doc.Find("#problem").Length() == 1 && asked.Status == http.StatusTooManyRequests; !refused {
			p = sends(w.demanded(asked), form, nil)
		}
	}
	if !refused {
		t.Error("with efforts a network is never refused")
	}
	w.User("bob@example.com") // whose account has everything left
	w.fails(20)               // nothing comes back for forty seconds, however slow the machine is
	for _, name := range []string{"alice@example.com", "bob@example.com"} {
		if p := sends(kept, plintotest.Alice(), map[string]string{"username": name}); p.Left != nil || p.Status != http.StatusTooManyRequests || p.Doc.Find("#effort").Length() != 0 {
			t.Errorf("%s, of a network without anything left: %d on %s", name, p.Status, p.URL)
		}
	}
}

// PWD-28: an effort is demanded for a name that is guessed at from many networks, whether or not somebody has it,
// and never of a browser that signed the user in before.
func TestEffort_isDemandedForANameAndNotOfItsOwner(t *testing.T) {
	t.Parallel()
	w := newEffortWorld(t, plintotest.Options{})
	owner := w.plain()
	owner.SignIn(w.address, "alice@example.com")
	owner.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	said := map[string]string{}
	for _, name := range []string{"alice@example.com", "nobod@example.com"} {
		for i := range 7 {
			from := plintotest.With("X-Forwarded-For", fmt.Sprintf("198.51.%d.7", i))
			if status := w.Tries(w.address, name, "wrong-password", from); status != http.StatusUnauthorized {
				t.Fatalf("try %d: status %d", i, status)
			}
		}
		p := w.plain().From("198.18.7.7").Open(w.address).Submit("submit", map[string]string{"username": name, "password": plintotest.Password})
		challenge, _ := plintotest.Work(w.demanded(p).Doc)
		said[name] = strings.ReplaceAll(answered(t, p, name), challenge, "")
	}
	if said["alice@example.com"] != said["nobod@example.com"] {
		t.Errorf("a name that nobody has looks different:\n%s\n%s", said["alice@example.com"], said["nobod@example.com"])
	}
	if p := owner.Open(w.address).Submit("submit", plintotest.Alice()); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the owner's browser: %d on %s", p.Status, p.URL)
	}
}

// An application that signs users in directly opens a browser, which makes the effort.
func TestEffort_isMadeInABrowser(t *testing.T) {
	t.Parallel()
	w := newEffortWorld(t, plintotest.Options{})
	app, _ := w.Client(provider.Metadata{
		ApplicationType: provider.ApplicationNative, TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}, Scope: "openid",
	}, plintotest.FirstParty, func(c *provider.Client) { c.DirectSignIn = true })
	w.fails(strained)
	a := w.Send(http.MethodPost, "/oauth2/challenge", url.Values{
		"client_id": {app.ClientID}, "response_type": {"code"}, "scope": {"openid"}, "code_challenge_method": {"S256"},
		"code_challenge": {plintotest.Challenge}, "username": {"alice@example.com"}, "password": {plintotest.Password},
	}, plintotest.With("X-Forwarded-For", "192.0.2.7"))
	if a.JSON["error"] != "redirect_to_web" || a.JSON["step"] != "sign_in" {
		t.Errorf("answered %s", a.Text)
	}
}
