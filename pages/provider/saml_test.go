package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/pquerna/otp/totp"

	"plinto/federation"
	"plinto/internal/fakesaml"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A samlWorld is a world with a provider of SAML besides.
type samlWorld struct {
	*world
	saml *fakesaml.Provider
	conn federation.Connection
}

func newSAMLWorld(t *testing.T, edit ...func(*federation.Spec)) *samlWorld {
	t.Helper()
	w := &samlWorld{world: newWorld(t, plintotest.Options{Settings: tenant.Settings{SAML: tenant.SAMLOn}})}
	var err error
	w.saml, err = fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	must(t, err)
	w.conn = w.connect("work", edit...)
	return w
}

func (w *samlWorld) connect(slug string, edit ...func(*federation.Spec)) federation.Connection {
	w.t.Helper()
	spec := federation.Spec{
		Kind: federation.KindSAML, Name: "Example Work", Issuer: w.saml.EntityID, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
		SAML: &federation.SAML{SignOnURL: w.saml.SignOnURL, Certificates: []string{w.saml.Key.Certificate()}},
	}
	for _, e := range edit {
		e(&spec)
	}
	c, err := w.service().Create(w.In(), slug, spec, secret.String{})
	must(w.t, err)
	return c
}

// asked is what the provider is asked for where a browser is led.
func (w *samlWorld) asked(b *plintotest.Browser, more url.Values) fakesaml.Request {
	w.t.Helper()
	q, err := fakesaml.ReadRequest(w.leaves(b, w.conn.Slug, more))
	must(w.t, err)
	return q
}

// answer is a form of the provider's page, about an account.
func (w *samlWorld) answer(q *fakesaml.Request, name string, change func(*fakesaml.Response), inside ...func(*etree.Element) (*etree.Element, error)) url.Values {
	w.t.Helper()
	r := w.saml.Answer(q, name, w.now())
	r.Attributes = map[string][]string{"mail": {name + "@example.com"}, "displayName": {"Alice Example"}}
	if change != nil {
		change(&r)
	}
	doc, err := w.saml.Document(&r, inside...)
	must(w.t, err)
	encoded, err := fakesaml.Encode(doc)
	must(w.t, err)
	return url.Values{"SAMLResponse": {encoded}, "RelayState": {q.RelayState}}
}

func (w *samlWorld) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// post sends a form of another site's page: without our cookies. What it answers is sent on from there.
func (w *samlWorld) post(b *plintotest.Browser, form url.Values) *plintotest.Page {
	w.t.Helper()
	return w.bounce(b, form).Submit("submit", nil)
}

func (w *samlWorld) bounce(b *plintotest.Browser, form url.Values) *plintotest.Page {
	w.t.Helper()
	p := b.PostFromElsewhere(federation.RedirectURI(w.Tenant, &w.conn), form)
	if p.Doc != nil && p.Doc.Find("#form-post").Length() == 1 && (len(p.Header.Values("Set-Cookie")) > 0 || p.Header.Get("Cache-Control") != "no-store") {
		w.t.Errorf("the page that sends it on keeps something: %v", p.Header)
	}
	return p
}

func TestSAML_signsInWhoseAccountItIs(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	for _, when := range []string{"at first", "again"} {
		b := w.Browser()
		q := w.asked(b, nil)
		if n := len(q.RelayState); n == 0 || n > 80 { // SAML Bindings 2.0 §3.4.3
			t.Errorf("the relay state has %d bytes", n)
		}
		if p := w.post(b, w.answer(&q, "alice", nil)); !signedIn(p) {
			t.Fatalf("%s: on %s (%d): %s", when, p.URL, p.Status, text(p))
		}
	}
	held := w.identities("alice@example.com")
	if len(held) != 1 || held[0].Issuer != w.saml.EntityID || held[0].Subject != "persistent:alice" {
		t.Errorf("identities %+v", held)
	}
	// Another format names another account.
	b := w.Browser()
	q := w.asked(b, nil)
	p := w.post(b, w.answer(&q, "alice", func(r *fakesaml.Response) { r.Format = "" }))
	if signedIn(p) {
		t.Error("a name of another format signs in")
	}
}

// SAM-11: what answers no request, another browser's, another connection's, or one for the second time.
func TestSAML_aResponseAnswersOneRequestOfOneBrowser(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	other := w.connect("other")
	b := w.Browser()
	q := w.asked(b, nil)
	form := w.answer(&q, "alice", nil)
	unasked := url.Values{"SAMLResponse": form["SAMLResponse"]}
	if p := w.bounce(w.Browser(), unasked); code(p) != "federation_state" {
		t.Errorf("what the provider began: %q", code(p))
	}
	stranger := w.Browser()
	w.asked(stranger, nil)
	if p := w.post(stranger, form); p.Left != nil || stranger.SessionCookie() != nil {
		t.Errorf("in another browser: on %s (%d)", p.URL, p.Status)
	}
	mine := w.conn
	w.conn = other
	if p := w.post(b, form); p.Left != nil || code(p) != "federation_state" {
		t.Errorf("at another connection: %q, on %s", code(p), p.URL)
	}
	w.conn = mine
	before := b.Jar.Cookies(w.site())
	if p := w.post(b, form); !signedIn(p) {
		t.Fatalf("where it belongs: on %s (%d): %s", p.URL, p.Status, text(p))
	}
	again := w.Browser()
	again.Jar.SetCookies(w.site(), before)
	if p := w.post(again, form); p.Left != nil || code(p) != "federation_spent" {
		t.Errorf("a second time: %q, on %s", code(p), p.URL)
	}
}

// SAM-12: the id of an assertion counts once, also in the answer to another request.
func TestSAML_anAssertionCountsOnce(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	same := func(r *fakesaml.Response) { r.AssertionID = "_one" }
	var p *plintotest.Page
	for range 2 {
		b := w.Browser()
		q := w.asked(b, nil)
		p = w.post(b, w.answer(&q, "alice", same))
		if q.ID == "" {
			t.Fatal("the request has no id")
		}
	}
	if signedIn(p) || code(p) != "federation_spent" {
		t.Errorf("a second time: %q, on %s (%d)", code(p), p.URL, p.Status)
	}
}

// SAM-10: what was switched off, disabled or changed while somebody was on the way.
func TestSAML_whatChangedMeanwhileHolds(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	for _, c := range []struct {
		name   string
		change func()
		code   string
	}{
		{"another certificate", func() {
			key, err := fakesaml.Other()
			must(t, err)
			_, err = w.service().Update(w.In(), w.conn.ID, func(s *federation.Spec) {
				s.SAML = &federation.SAML{SignOnURL: s.SAML.SignOnURL, Certificates: []string{key.Certificate()}}
			}, secret.String{})
			must(t, err)
		}, "federation_answer"},
		{"the connection disabled", func() { must(t, w.service().Disable(w.In(), w.conn.ID)) }, "connection_disabled"},
		{"SAML switched off", func() {
			changed, err := w.Registry().Update(t.Context(), w.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings.SAML = ""; return nil })
			must(t, err)
			w.Tenant = changed
		}, "connection_disabled"},
	} {
		b := w.Browser()
		if c.name == "SAML switched off" {
			must(t, w.service().Enable(w.In(), w.conn.ID))
		}
		q := w.asked(b, nil)
		form := w.answer(&q, "alice", nil)
		c.change()
		if p := w.post(b, form); p.Left != nil || code(p) != c.code || b.SessionCookie() != nil {
			t.Errorf("%s: %q, on %s (%d): %s", c.name, code(p), p.URL, p.Status, text(p))
		}
	}
	if p := w.Browser().Open(w.AuthorizeURL(w.client, nil)); p.Doc.Find("#provider-work").Length() != 0 {
		t.Error("the sign-in page has the button")
	}
	if a := w.Send(http.MethodGet, "/federation/work/metadata", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the metadata are there (%d)", a.StatusCode)
	}
	if _, err := w.service().Create(w.In(), "more", w.conn.Spec, secret.String{}); err == nil {
		t.Error("another connection is made")
	}
}

// SAM-13: the session ends when the provider says so.
func TestSAML_theSessionEndsWhenTheProviderSays(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.Browser()
	q := w.asked(b, nil)
	until := w.now().Add(10 * time.Minute).Truncate(time.Second)
	if p := w.post(b, w.answer(&q, "alice", func(r *fakesaml.Response) { r.SessionUntil = until })); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	var ends time.Time
	must(t, w.Owner.QueryRow(t.Context(), `SELECT expires_at FROM sessions`).Scan(&ends))
	if !ends.Equal(until) {
		t.Errorf("ends at %s, and not %s", ends, until)
	}
	// So it does where a second factor is proved here besides, in the same flow and later.
	_, err := w.Registry().Update(t.Context(), w.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings.MFA.Policy = tenant.MFARequired; return nil })
	must(t, err)
	b = w.Browser()
	q = w.asked(b, nil)
	p := w.post(b, w.answer(&q, "alice", func(r *fakesaml.Response) { r.SessionUntil = until }))
	if p.Doc == nil || p.Doc.Find("#secret").Length() != 1 {
		t.Fatalf("asked for no factor: %s (%d): %s", p.URL, p.Status, text(p))
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", ""), w.now())
	must(t, err)
	if p = p.Submit("submit", map[string]string{"code": code, "name": "Phone"}); p.Doc == nil || p.Doc.Find("#codes").Length() != 1 {
		t.Fatalf("with a factor: %s (%d): %s", p.URL, p.Status, text(p))
	}
	must(t, w.Owner.QueryRow(t.Context(), `SELECT expires_at FROM sessions ORDER BY id DESC LIMIT 1`).Scan(&ends))
	if !ends.Equal(until) {
		t.Errorf("with a factor it ends at %s, and not %s", ends, until)
	}
}

// The provider's word for a second factor counts where the connection is trusted with it.
func TestSAML_trustsAClassThatIsNamed(t *testing.T) {
	t.Parallel()
	const strong = "urn:example:two-factors"
	w := newSAMLWorld(t, func(s *federation.Spec) {
		s.MFA, s.TrustedACR, s.ACRValues = federation.MFATrust, []string{strong}, []string{strong}
	})
	for class, mfa := range map[string]bool{fakesaml.Password: false, strong: true} {
		b := w.Browser()
		q := w.asked(b, nil)
		if len(q.Context.Classes) != 1 || q.Context.Classes[0] != strong {
			t.Errorf("asked for %q", q.Context.Classes)
		}
		if p := w.post(b, w.answer(&q, "alice", func(r *fakesaml.Response) { r.Class = class })); !signedIn(p) {
			t.Fatalf("%s: on %s (%d)", class, p.URL, p.Status)
		}
		var amr []string
		must(t, w.Owner.QueryRow(t.Context(), `SELECT amr FROM sessions ORDER BY id DESC LIMIT 1`).Scan(&amr))
		if strings.Contains(strings.Join(amr, " "), "mfa") != mfa {
			t.Errorf("%s: amr is %q", class, amr)
		}
	}
}

// SAM-14: an encrypted assertion is opened with the connection's key, where it is signed, and where nobody can have changed it.
func TestSAML_opensWhatIsEncrypted(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	vault := federation.NewVault(w.Root)
	own, err := vault.Open(w.Tenant.ID, &w.conn)
	must(t, err)
	other, err := fakesaml.Other()
	must(t, err)
	signed := &fakesaml.Signing{}
	for _, c := range []struct {
		name            string
		mode, transport string
		key             []byte
		change          func(*fakesaml.Response)
		works           bool
	}{
		{"signed inside", fakesaml.GCM, fakesaml.OAEP, own.Certificate, nil, true},
		{"in a signed response", fakesaml.GCM, fakesaml.OAEP, own.Certificate, func(r *fakesaml.Response) { r.SignAssertion, r.SignResponse = nil, signed }, true},
		{"in a mode that can be changed, in a signed response", fakesaml.CBC, fakesaml.OAEP, own.Certificate, func(r *fakesaml.Response) { r.SignResponse = signed }, true},
		{"in a mode that can be changed", fakesaml.CBC, fakesaml.OAEP, own.Certificate, nil, false},
		{"with a key by PKCS #1 v1.5", fakesaml.GCM, fakesaml.PKCS, own.Certificate, func(r *fakesaml.Response) { r.SignResponse = signed }, false},
		{"for another key", fakesaml.GCM, fakesaml.OAEP, other.DER, nil, false},
		{"by anybody", fakesaml.GCM, fakesaml.OAEP, own.Certificate, func(r *fakesaml.Response) { r.SignAssertion = nil }, false},
	} {
		b := w.Browser()
		q := w.asked(b, nil)
		p := w.post(b, w.answer(&q, "alice", c.change, fakesaml.Encrypt(c.key, c.mode, c.transport)))
		if signedIn(p) != c.works || !c.works && code(p) != "federation_answer" {
			t.Errorf("%s: %q, on %s (%d)", c.name, code(p), p.URL, p.Status)
		}
	}
}

// Whatever a response is, a page of ours says what went wrong, and the audit log has it.
func TestSAML_refusesInOurWords(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	for name, c := range map[string]struct {
		change func(*fakesaml.Response)
		code   string
	}{
		"unsigned":  {func(r *fakesaml.Response) { r.SignAssertion = nil }, "federation_answer"},
		"transient": {func(r *fakesaml.Response) { r.Format = fakesaml.Transient }, "federation_misconfigured"},
		"declined": {func(r *fakesaml.Response) {
			r.Status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:RequestDenied"/></samlp:StatusCode><samlp:StatusMessage>Call +1 555 0100</samlp:StatusMessage>`
		}, "federation_denied"},
		"misunderstood": {func(r *fakesaml.Response) {
			r.Status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:VersionMismatch"/>`
		}, "federation_misconfigured"},
	} {
		b := w.Browser()
		q := w.asked(b, nil)
		p := w.post(b, w.answer(&q, "alice", c.change))
		if p.Left != nil || code(p) != c.code || p.Doc.Find("#request-id").Text() == "" || p.Doc.Find("#back").Length() != 1 {
			t.Errorf("%s: %q, on %s (%d): %s", name, code(p), p.URL, p.Status, text(p))
			continue
		}
		if said, _ := p.Doc.Html(); strings.Contains(said, "555 0100") {
			t.Errorf("%s: the page repeats what the provider said", name)
		}
		var recorded int
		must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'authentication.failed' AND reason = $1`, c.code).Scan(&recorded))
		if recorded == 0 {
			t.Errorf("%s is not in the audit log", name)
		}
	}
	large := w.bounce(w.Browser(), url.Values{"SAMLResponse": {strings.Repeat("A", 2<<20)}, "RelayState": {"x"}})
	if large.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("two megabytes: %d", large.Status)
	}
}

// FED-17: the account pages connect what the session that began it brings.
func TestSAML_isConnectedOnTheAccountPages(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.User("bob@example.com")
	bob, other := w.Browser(), w.Browser()
	bob.SignIn(w.AuthorizeURL(w.client, nil), "bob@example.com")
	to := bob.Open(w.URL+"/account/identities").Submit("provider-work", nil).Left
	if to == nil {
		t.Fatal("the button leads nowhere")
	}
	q, err := fakesaml.ReadRequest(to)
	must(t, err)
	form := w.answer(&q, "robert", nil)
	if p := w.post(other, form); code(p) != "federation_state" || len(w.identities("bob@example.com")) != 0 {
		t.Errorf("another session: %q", code(p))
	}
	w.post(bob, form)
	if held := w.identities("bob@example.com"); len(held) != 1 || held[0].Subject != "persistent:robert" {
		t.Errorf("connected %+v", held)
	}
}

// An account there that nobody has here goes the way of all: sign in, and say that it is yours.
func TestSAML_canBeConnectedToAnAccount(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, func(s *federation.Spec) { s.EmailDomains, s.Provision = nil, "" })
	w.User("alice@example.com")
	b := w.Browser()
	q := w.asked(b, nil)
	p := w.post(b, w.answer(&q, "alice", nil))
	if p.Doc == nil || p.Doc.Find("#password").Length() != 1 {
		t.Fatalf("an account that nobody has leads to %s (%d)", p.URL, p.Status)
	}
	p = p.Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#connect").Length() != 1 {
		t.Fatalf("after the sign-in: %s (%d): %s", p.URL, p.Status, text(p))
	}
	if p = p.Submit("submit", nil); !signedIn(p) || len(w.identities("alice@example.com")) != 1 {
		t.Errorf("connected: on %s (%d)", p.URL, p.Status)
	}
}
