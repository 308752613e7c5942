package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/internal/fakeidp"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testservice"
)

func TestProvider_signsInWhoseAccountItIs(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: tracer})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	to := w.leaves(b, "idp", url.Values{"login_hint": {"alice@example.com"}})
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "plinto", "code_challenge_method": "S256", "login_hint": "alice@example.com",
		"redirect_uri": w.Issuer() + "/federation/idp/callback", "scope": "openid email profile",
	} {
		if got := to.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if p := b.Open(w.idp.Approve(to, "alice").String()); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	var amr []string
	if err := w.Owner.QueryRow(t.Context(), `SELECT amr FROM sessions`).Scan(&amr); err != nil || !slices.Equal(amr, []string{"fed"}) {
		t.Errorf("amr is %q (%v)", amr, err)
	}
	if used := w.identities("alice@example.com"); len(used) != 1 || used[0].UsedAt.IsZero() || used[0].Label != "alice@example.com" {
		t.Errorf("the identity is %+v", used)
	}
	// What nobody else can end a sign-in with: the provider learns it, or its server, and no browser.
	if asked := to.String(); strings.Contains(asked, "code_verifier") || to.Query().Get("nonce") == "" || to.Query().Get("state") == "" {
		t.Errorf("sent %s", asked)
	}
}

// Issue: begin and callback cost at most four statements beyond the session.
func TestProvider_costsFewStatements(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: tracer})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil))
	var to *url.URL
	begin, _ := tracer.During(func() { to = p.Submit("provider-idp", nil).Left })
	back := w.idp.Approve(to, "alice").String()
	end, _ := tracer.During(func() { p = b.Open(back) })
	if !signedIn(p) {
		t.Fatalf("on %s (%d)", p.URL, p.Status)
	}
	of := func(sent []string) (n int) {
		for _, s := range sent {
			if !strings.Contains(s, "FROM sessions s") && (strings.Contains(s, "connections") || strings.Contains(s, "user_identities")) { // a session's own statement looks, too
				n++
			}
		}
		return n
	}
	if of(begin) > 1 || of(end) > 3 {
		t.Errorf("begin costs %d, the callback %d:\n%s\n\n%s", of(begin), of(end), strings.Join(begin, "\n"), strings.Join(end, "\n"))
	}
}

// FED-01, FED-09, FED-10, FED-14, MIX-03, MIX-08, MIX-09: whatever the provider answers, nobody is signed in, and a page of ours says so.
func TestProvider_hostileAnswersSignNobodyIn(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"other-issuer": "federation_answer", "other-audience": "federation_answer", "two-audiences": "federation_answer", "other-party": "federation_answer",
		"no-expiry": "federation_answer", "expired": "federation_answer", "not-yet": "federation_answer", "from-the-future": "federation_answer",
		"no-issue-time": "federation_answer", "other-nonce": "federation_answer", "no-nonce": "federation_answer", "other-access-token": "federation_answer",
		"no-subject": "federation_answer", "empty-subject": "federation_answer", "number-subject": "federation_answer", "long-subject": "federation_answer",
		"unsigned": "federation_answer", "other-key": "federation_answer", "shared-key": "federation_answer", "cut-signature": "federation_answer",
		"no-id-token": "federation_answer", "number-id-token": "federation_answer", "many-groups": "federation_answer",
		"token-fails": "federation_unavailable", "redirects": "federation_misconfigured", "large": "federation_unavailable", "bomb": "federation_answer",
		"denies": "federation_denied", "login-required": "federation_denied", "server-error": "federation_unavailable", "bad-scope": "federation_misconfigured",
		"unknown-error": "federation_answer", "answers-as-other": "federation_answer", "answers-nameless": "federation_answer", "answers-twice": "federation_answer",
		"answers-something": "federation_answer", "answers-nothing": "federation_answer",
	}
	w := newWorld(t, plintotest.Options{Proxied: true})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	for name, expected := range want {
		b := w.Browser().From("198.51.100." + digits(len(name)+strings.Index(strings.Join(fakeidp.Names(), " "), name)))
		to := w.leaves(b, "idp", nil)
		w.idp.Answer(name)
		p := b.Open(w.idp.Approve(to, "alice").String())
		w.idp.Answer("")
		if p.Left != nil || code(p) != expected || p.Doc.Find("#request-id").Text() == "" || p.Doc.Find("#back").Length() != 1 {
			t.Errorf("%s: %q (%d), left to %v: %s", name, code(p), p.Status, p.Left, text(p))
			continue
		}
		if said, _ := p.Doc.Html(); strings.Contains(said, "555 0100") || strings.Contains(said, "alert(1)") || strings.Contains(said, "boo") {
			t.Errorf("%s: the page repeats what the provider said", name)
		}
		if b.SessionCookie() != nil {
			t.Errorf("%s: there is a session", name)
		}
		if p := b.Open(w.back(p)); p.Status != http.StatusOK || p.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s: the way back leads to %s (%d)", name, p.URL, p.Status)
		}
	}
	var recorded int
	if err := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'authentication.failed'`).Scan(&recorded); err != nil || recorded < len(want) {
		t.Errorf("%d refusals are recorded of %d (%v)", recorded, len(want), err)
	}
}

func digits(n int) string {
	return string([]byte{byte('1' + n%2), byte('0' + n/2%10), byte('0' + n/20%10)})
}

// COD-17: what began in one browser is not finished in another, and not twice.
func TestProvider_aRoundEndsWhereItBeganAndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	begun, other := w.Browser(), w.Browser()
	w.leaves(other, "idp", nil) // it has a flow of its own
	back := w.idp.Approve(w.leaves(begun, "idp", nil), "alice").String()
	if p := other.Open(back); p.Left != nil || other.SessionCookie() != nil || w.idp.Asked("token") > 0 {
		t.Errorf("finished in another browser: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	if p := begun.Open(back); !signedIn(p) {
		t.Fatalf("in the browser that began: on %s (%d): %s", p.URL, p.Status, text(p))
	}
	if p := begun.Open(back); p.Left != nil {
		t.Errorf("finished twice: left to %v", p.Left)
	}
}

// FED-08: the state of a round that is over signs nobody in again, even if the provider takes the code again and the browser
// has the flow as it was.
func TestProvider_aStateCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	to := w.leaves(b, "idp", nil)
	before := b.Jar.Cookies(w.site())
	if p := b.Open(w.idp.Approve(to, "alice").String()); !signedIn(p) {
		t.Fatalf("on %s (%d)", p.URL, p.Status)
	}
	again := w.Browser()
	again.Jar.SetCookies(w.site(), before)
	if p := again.Open(w.idp.Approve(to, "alice").String()); p.Left != nil || code(p) != "federation_spent" {
		t.Errorf("left to %v, %q: %s", p.Left, code(p), text(p))
	}
}

// RFC 9700 §4.4, FED-05: an answer for one connection is none at the callback of another, nor in another tenant.
func TestProvider_eachConnectionHasItsOwnCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	w.provider("other")
	b := w.Browser()
	back := w.idp.Approve(w.leaves(b, "idp", nil), "alice")
	elsewhere := *back
	elsewhere.Path = "/federation/other/callback"
	asked := w.idp.Asked("token")
	if p := b.Open(elsewhere.String()); p.Left != nil || code(p) != "federation_state" {
		t.Errorf("at another connection's: left to %v, %q", p.Left, code(p))
	}
	if w.idp.Asked("token") != asked {
		t.Error("the code was sent to a provider")
	}
	other := w.NewTenant("other", "", w.Tenant.Settings)
	foreign, _ := url.Parse(other.Issuer + "/federation/idp/callback?" + back.RawQuery)
	if p := b.Open(foreign.String()); p.Left != nil || w.idp.Asked("token") != asked {
		t.Errorf("in another tenant: left to %v (%d)", p.Left, p.Status)
	}
	if p := b.Open(back.String()); !signedIn(p) {
		t.Errorf("at its own: on %s (%d): %s", p.URL, p.Status, text(p))
	}
}

// FED-06, FED-15: what was disabled, changed or deleted meanwhile holds at the callback.
func TestProvider_whatChangedMeanwhileHoldsAtTheCallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *world)
		code   string
	}{
		"connection disabled": {func(w *world) { must(w.t, w.service().Disable(w.In(), w.conn.ID)) }, "connection_disabled"},
		"connection deleted":  {func(w *world) { must(w.t, w.service().Delete(w.In(), w.conn.ID)) }, "connection_not_found"},
		"made anew": {func(w *world) {
			must(w.t, w.service().Delete(w.In(), w.conn.ID))
			_, err := w.service().Create(w.In(), "idp", w.conn.Spec, secret.NewString(idpSecret))
			must(w.t, err)
		}, "federation_state"},
		"another issuer": {func(w *world) {
			_, err := w.service().Update(w.In(), w.conn.ID, func(s *federation.Spec) { s.Issuer = "https://other.example" }, secret.NewString(idpSecret))
			must(w.t, err)
		}, "federation_state"},
		"user disabled": {func(w *world) {
			held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
			must(w.t, err)
			w.Disable(held.User)
		}, "federation_refused"},
	} {
		w := newWorld(t, plintotest.Options{})
		w.User("alice@example.com")
		w.link("alice@example.com", "alice")
		b := w.Browser()
		back := w.idp.Approve(w.leaves(b, "idp", nil), "alice").String()
		c.change(w)
		if p := b.Open(back); p.Left != nil || code(p) != c.code || b.SessionCookie() != nil {
			t.Errorf("%s: left to %v, %q: %s", name, p.Left, code(p), text(p))
		}
	}
}

func (w *world) site() *url.URL {
	u, err := url.Parse(w.URL)
	must(w.t, err)
	return u
}

// back is where the page of a problem leads.
func (w *world) back(p *plintotest.Page) string {
	u, err := p.URL.Parse(p.Doc.Find("#back").AttrOr("href", ""))
	must(w.t, err)
	return u.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
