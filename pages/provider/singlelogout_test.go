package provider_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/internal/fakesaml"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
)

const sloThere = "https://idp.example/slo"

// logsOut has the connection pass logout on, and its provider take logout requests by a binding.
func logsOut(binding string) func(*federation.Spec) {
	return func(s *federation.Spec) { s.RPLogout, s.SAML.LogoutURL, s.SAML.LogoutBinding = true, sloThere, binding }
}

// enters signs somebody in, in a session that the provider calls so.
func (w *samlWorld) enters(name, index string) *plintotest.Browser {
	w.t.Helper()
	b := w.Browser()
	q := w.asked(b, nil)
	if p := w.post(b, w.answer(&q, name, func(r *fakesaml.Response) { r.SessionIndex = index })); !signedIn(p) {
		w.t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	return b
}

func (w *samlWorld) in(b *plintotest.Browser) bool {
	return b.Silently(w.AuthorizeURL(w.client, nil)) == ""
}

func (w *samlWorld) slo() string { return federation.LogoutServiceURI(w.Tenant, &w.conn) }

// own is the certificate that signs what we send to the provider.
func (w *samlWorld) own() []byte {
	w.t.Helper()
	own, err := federation.NewVault(w.Root).Open(w.Tenant.ID, &w.conn)
	must(w.t, err)
	return own.Certificate
}

// A logout that the provider begins ends the sessions that it names, and no other, and is answered under our signature.
func TestSingleLogout_theProviderEndsItsSessions(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, logsOut(""))
	one, two, bob := w.enters("alice", "one"), w.enters("alice", "two"), w.enters("bob", "three")
	provider := w.Browser() // whoever brings it: nothing of it is in this browser
	l := w.saml.AskLogout(w.slo(), "alice", w.now(), "one")
	query, err := w.saml.Query(&l, "their state")
	must(t, err)
	p := provider.Open(w.slo() + "?" + query)
	if p.Left == nil || !strings.HasPrefix(p.Left.String(), sloThere+"?SAMLResponse=") {
		t.Fatalf("on %s (%d), left to %v: %s", p.URL, p.Status, p.Left, text(p))
	}
	said, err := fakesaml.ReadQuery(p.Left, w.own())
	if err != nil || said.XMLName.Local != fakesaml.LogoutResponse || said.InResponseTo != l.ID || said.Status.Code.Value != fakesaml.Success ||
		said.RelayState != "their state" || said.Destination != sloThere || said.Issuer != federation.EntityID(w.Tenant, &w.conn) {
		t.Errorf("answered %+v (%v)", said, err)
	}
	if w.in(one) || !w.in(two) || !w.in(bob) {
		t.Errorf("signed in: one %t, two %t, bob %t", w.in(one), w.in(two), w.in(bob))
	}
	var reason string
	must(t, w.Owner.QueryRow(t.Context(), `SELECT data ->> 'reason' FROM audit_log WHERE type = 'session.ended'`).Scan(&reason))
	if reason != "upstream_logout" {
		t.Errorf("ended because of %q", reason)
	}
	all := w.saml.AskLogout(w.slo(), "alice", w.now()) // which names no session
	form, err := w.saml.Post(&all, "")
	must(t, err)
	if p = provider.PostFromElsewhere(w.slo(), form); p.Left == nil || w.in(two) || !w.in(bob) {
		t.Errorf("by post: on %s (%d), two %t, bob %t: %s", p.URL, p.Status, w.in(two), w.in(bob), text(p))
	}
	// SAM-30: the same once more.
	if p = provider.PostFromElsewhere(w.slo(), form); p.Left != nil || code(p) != "logout_message_invalid" {
		t.Errorf("a second time: %q, left to %v", code(p), p.Left)
	}
}

// SAM-25, SAM-28: what is no request of the provider ends nothing and is not answered; a page of ours says so.
func TestSingleLogout_whatIsNoRequestEndsNothing(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, logsOut(""))
	other := w.connect("other", logsOut(""))
	alice := w.enters("alice", "one")
	ask := func(change func(*fakesaml.Logout)) string {
		l := w.saml.AskLogout(w.slo(), "alice", w.now(), "one")
		change(&l)
		query, err := w.saml.Query(&l, "")
		must(t, err)
		return w.slo() + "?" + query
	}
	good := ask(func(*fakesaml.Logout) {})
	for name, address := range map[string]string{
		"unsigned":              ask(func(l *fakesaml.Logout) { l.Signed = nil }),
		"another issuer's":      ask(func(l *fakesaml.Logout) { l.Issuer = "https://other.example" }),
		"at another connection": strings.Replace(good, "/work/", "/other/", 1),
		"with an answer":        good + "&SAMLResponse=AAAA",
		"nothing":               w.slo(),
	} {
		p := w.Browser().Open(address)
		if p.Left != nil || code(p) != "logout_message_invalid" || p.Doc.Find("#request-id").Text() == "" || !w.in(alice) {
			t.Errorf("%s: %q, left to %v, signed in %t", name, code(p), p.Left, w.in(alice))
		}
	}
	// The names of one connection are no other's.
	mine := w.conn
	w.conn = other
	elsewhere := ask(func(*fakesaml.Logout) {})
	w.conn = mine
	if p := w.Browser().Open(elsewhere); p.Left == nil || !w.in(alice) {
		t.Errorf("by another connection: on %s, signed in %t", p.URL, w.in(alice))
	}
	must(t, w.service().Disable(w.In(), w.conn.ID))
	if p := w.Browser().Open(good); p.Left != nil || code(p) != "connection_disabled" {
		t.Errorf("disabled: %q, left to %v", code(p), p.Left)
	}
	must(t, w.service().Enable(w.In(), w.conn.ID))
	if p := w.Browser().Open(good); p.Left == nil || w.in(alice) {
		t.Errorf("the good one: %q, signed in %t", code(p), w.in(alice))
	}
}

func TestSingleLogout_slowsDownWhoSendsBadOnes(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, logsOut(""))
	b, last := w.Browser(), 0
	for range 40 {
		last = b.Open(w.slo() + "?SAMLRequest=AAAA").Status
	}
	if last != 429 {
		t.Errorf("the 40th is answered %d", last)
	}
}

// Who signs out here is signed out at the provider, by its name for the session, and comes back to the application.
func TestSingleLogout_whoSignsOutHereIsSignedOutThere(t *testing.T) {
	t.Parallel()
	for _, binding := range []string{"", federation.BindingPost} {
		w := newSAMLWorld(t, logsOut(binding))
		b := w.enters("alice", "one")
		said := w.leavesToLogOut(b)
		if said.XMLName.Local != fakesaml.LogoutRequest || said.Name.Value != "alice" || said.Name.Format != fakesaml.Persistent || !slices.Equal(said.Indexes, []string{"one"}) ||
			said.Destination != sloThere || said.ID == "" || said.Issuer != federation.EntityID(w.Tenant, &w.conn) {
			t.Errorf("the provider is asked %+v", said)
		}
		if b.SessionCookie() != nil {
			t.Error("the session goes on here")
		}
		l := w.saml.AnswerLogout(w.slo(), said.ID, w.now())
		// In another browser, and to another request, it leads nowhere.
		stranger := w.Browser()
		if p := w.answers(stranger, &l, binding); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("in another browser: on %s, left to %v", p.URL, p.Left)
		}
		forged := l
		forged.Signed = nil
		if p := w.answers(b, &forged, binding); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("unsigned: on %s, left to %v", p.URL, p.Left)
		}
		if p := w.answers(b, &l, binding); p.Left == nil || p.Left.String() != "https://rp.example/bye?state=their+state" {
			t.Errorf("led back, on %s, left to %v: %s", p.URL, p.Left, text(p))
		}
		if p := w.answers(b, &l, binding); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("a second time: on %s, left to %v", p.URL, p.Left)
		}
	}
}

// leavesToLogOut signs out here, and reads what the provider is asked.
func (w *samlWorld) leavesToLogOut(b *plintotest.Browser) fakesaml.Sent {
	w.t.Helper()
	p := b.Open(w.Issuer()+"/oauth2/logout?"+url.Values{
		"client_id": {w.client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"their state"},
	}.Encode()).Submit("logout-yes", nil)
	if w.conn.SAML.LogoutBinding == "" {
		if p.Left == nil {
			w.t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
		}
		said, err := fakesaml.ReadQuery(p.Left, w.own())
		must(w.t, err)
		return said
	}
	to, form := posted(w.t, p)
	if to != sloThere {
		w.t.Errorf("posts to %s", to)
	}
	signed, err := fakesaml.VerifyForm(form, w.own())
	must(w.t, err)
	said := fakesaml.Sent{ID: signed.SelectAttrValue("ID", ""), Destination: signed.SelectAttrValue("Destination", "")}
	said.XMLName.Local, said.Issuer = signed.Tag, signed.FindElement("./Issuer").Text()
	name := signed.FindElement("./NameID")
	said.Name.Value, said.Name.Format = name.Text(), name.SelectAttrValue("Format", "")
	said.Indexes = []string{signed.FindElement("./SessionIndex").Text()}
	return said
}

// posted is the form of a page that sends the browser on, by itself or at a click.
func posted(t *testing.T, p *plintotest.Page) (action string, form url.Values) {
	t.Helper()
	if p.Doc == nil || p.Doc.Find("#form-post #submit").Length() != 1 {
		t.Fatalf("on %s (%d), left to %v: %s", p.URL, p.Status, p.Left, text(p))
	}
	form = url.Values{}
	for _, in := range p.Doc.Find("#form-post input").EachIter() {
		form.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	return p.Doc.Find("#form-post").AttrOr("action", ""), form
}

// answers brings an answer of the provider.
func (w *samlWorld) answers(b *plintotest.Browser, l *fakesaml.Logout, binding string) *plintotest.Page {
	w.t.Helper()
	if binding == "" {
		query, err := w.saml.Query(l, "")
		must(w.t, err)
		return b.Open(w.slo() + "?" + query)
	}
	form, err := w.saml.Post(l, "")
	must(w.t, err)
	return b.PostFromElsewhere(w.slo(), form).Submit("submit", nil)
}

// SAM-31: whatever becomes of the provider, who signs out is signed out here, and told so by a page of ours.
func TestSingleLogout_doesNotHangOnTheProvider(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *samlWorld, s *federation.Spec){
		"not passed on": func(_ *samlWorld, s *federation.Spec) { s.RPLogout = false },
		"takes no such thing": func(_ *samlWorld, s *federation.Spec) {
			s.SAML = &federation.SAML{SignOnURL: s.SAML.SignOnURL, Certificates: s.SAML.Certificates}
		},
		"begun before it does": nil,
	} {
		w := newSAMLWorld(t)
		if change != nil {
			w = newSAMLWorld(t, logsOut(""))
		}
		b := w.enters("alice", "one")
		if change == nil {
			change = func(_ *samlWorld, s *federation.Spec) {
				copied := *s.SAML
				s.SAML = &copied
				logsOut("")(s)
			}
		}
		c, err := w.service().Update(w.In(), w.conn.ID, func(s *federation.Spec) { change(w, s) }, secret.String{})
		must(t, err)
		w.conn = c
		if p := b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 || b.SessionCookie() != nil {
			t.Errorf("%s: on %s, left to %v: %s", name, p.URL, p.Left, text(p))
		}
	}
	w := newSAMLWorld(t, logsOut(""))
	for name, address := range map[string]string{"nothing": "", "forged": "?to=AAAA"} {
		if p := w.Browser().Open(w.Issuer() + "/federation/work/log-out" + address); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%s: on %s, left to %v", name, p.URL, p.Left)
		}
	}
}

// Where a provider takes requests by HTTP-POST alone, a page of ours sends it there.
func TestSAML_asksByPost(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, func(s *federation.Spec) { s.SAML.SignOnBinding, s.SAML.SignRequests = federation.BindingPost, true })
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil)).Submit("provider-work", nil)
	to, form := posted(t, p)
	if to != w.saml.SignOnURL || p.Header.Get("Cache-Control") != "no-store" || strings.Contains(p.Header.Get("Content-Security-Policy"), "form-action") {
		t.Errorf("posts to %s: %v", to, p.Header)
	}
	if _, err := fakesaml.VerifyForm(form, w.own()); err != nil {
		t.Errorf("the request is not signed: %v", err)
	}
	q, err := fakesaml.ReadForm(form)
	must(t, err)
	if q.Destination != w.saml.SignOnURL {
		t.Errorf("asks %+v", q)
	}
	if p = w.post(b, w.answer(&q, "alice", nil)); !signedIn(p) {
		t.Errorf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
}

// SAM-32: how the provider knows a session is in no address and not in the database in clear; where nobody asks, it is not kept.
func TestSingleLogout_keepsNamesSealed(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, logsOut(""))
	b := w.enters("alice", "one")
	var kept string
	must(t, w.Owner.QueryRow(t.Context(), `SELECT encode(upstream_name, 'escape') FROM sessions`).Scan(&kept))
	if kept == "" || strings.Contains(kept, "alice") {
		t.Errorf("kept %q", kept)
	}
	b.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := b.Open(w.Issuer() + "/oauth2/logout")
	p = b.Open(p.Left.String()).Submit("logout-yes", nil)
	if p.Left == nil || p.Left.Path != "/federation/work/log-out" || strings.Contains(p.Left.String(), "alice") {
		t.Errorf("left to %v", p.Left)
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Left.Query().Get("to"))
	if err != nil || bytes.Contains(raw, []byte("alice")) {
		t.Errorf("the address says who it is (%v)", err)
	}
	silent := newSAMLWorld(t)
	silent.enters("alice", "one")
	var none bool
	must(t, silent.Owner.QueryRow(t.Context(), `SELECT upstream_name IS NULL FROM sessions`).Scan(&none))
	if !none {
		t.Error("it is kept where nobody asks")
	}
}
