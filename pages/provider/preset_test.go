package provider_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/fakeidp"
	"plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
)

// A known is a provider that is known, as its documentation says that it answers.
type known struct {
	suffix  string // of the issuer
	more    map[string]any
	shape   fakeidp.Shape
	edit    func(*federation.Spec, *fakeidp.Provider)
	secret  string // "": that of the provider's client
	subject string // that the identity has; "": that of the account
	vouched bool   // whether the address counts
	name    string // of the account that is made
}

const microsoftTenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"

// knowns are the providers by preset. What they answer is of their public documentation: see federation/preset.
func knowns(t *testing.T) map[string]known {
	team, pemKey := applesKey(t)
	return map[string]known{
		"google": {
			more:    map[string]any{"email": "alice@example.com", "email_verified": true, "hd": "example.com", "name": "Alice Example", "picture": "https://lh3.googleusercontent.com/a/x"},
			vouched: true, name: "Alice Example",
		},
		"microsoft": {
			suffix: "/organizations/v2.0", shape: fakeidp.Shape{Customer: microsoftTenant, Silent: true},
			more:    map[string]any{"email": "alice@example.com", "xms_edov": true, "name": "Alice Example", "oid": "00000000-0000-0000-66f3-3332eca7ea81", "ver": "2.0"},
			edit:    func(s *federation.Spec, _ *fakeidp.Provider) { s.Tenants = []string{strings.ToUpper(microsoftTenant)} },
			vouched: true, name: "Alice Example",
		},
		"apple": {
			more: map[string]any{"email": "alice@example.com", "email_verified": "true", "is_private_email": "false", "nonce_supported": true, "real_user_status": 2},
			shape: fakeidp.Shape{
				Silent: true, Signed: team, User: `{"name":{"firstName":"Alice","lastName":"Example"},"email":"somebody@else.example"}`,
			},
			edit: func(s *federation.Spec, idp *fakeidp.Provider) {
				s.TeamID, s.KeyID = team.TeamID, team.KeyID
				s.Endpoints = &federation.Endpoints{Authorization: idp.Issuer + "/authorize", Token: idp.Issuer + "/token", JWKS: idp.Issuer + "/jwks"}
			},
			secret: pemKey, vouched: true, name: "Alice Example",
		},
		"github": {
			more: map[string]any{"login": "alice", "id": 583231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "name": "Alice Example", "email": "shown@else.example", "type": "User"},
			shape: fakeidp.Shape{OAuth2: true, Silent: true, Emails: []fakeidp.Email{
				{Email: "old@else.example", Verified: true}, {Email: "alice@example.com", Primary: true, Verified: true, Visibility: "private"},
			}},
			edit: oauth2Endpoints, subject: "583231", vouched: true, name: "Alice Example",
		},
		"gitlab": {
			more: map[string]any{
				"email": fakeidp.OnlyUserInfo{Value: "alice@example.com"}, "email_verified": fakeidp.OnlyUserInfo{Value: true}, "name": fakeidp.OnlyUserInfo{Value: "Alice Example"},
				"groups": fakeidp.OnlyUserInfo{Value: []string{"example"}}, "groups_direct": []string{"example"},
			},
			vouched: true, name: "Alice Example",
		},
		"okta": {
			suffix: "/oauth2/default", more: map[string]any{"email": "alice@example.com", "email_verified": true, "name": "Alice Example", "amr": []string{"pwd"}, "ver": 1},
			vouched: true, name: "Alice Example",
		},
		"auth0": {
			suffix: "/", more: map[string]any{"email": "alice@example.com", "email_verified": true, "name": "Alice Example", "nickname": "alice", "updated_at": "2026-11-30T00:00:00.000Z"},
			edit:    func(s *federation.Spec, _ *fakeidp.Provider) { s.Issuer = strings.TrimSuffix(s.Issuer, "/") },
			vouched: true, name: "Alice Example",
		},
		"keycloak": {
			suffix: "/realms/example", more: map[string]any{"email": "alice@example.com", "email_verified": true, "name": "Alice Example", "preferred_username": "alice", "groups": []string{"/staff"}},
			vouched: true, name: "Alice Example",
		},
		"oauth2": {
			more:  map[string]any{"user_id": "u-1", "email": "alice@example.com", "email_verified": true, "name": "Alice Example"},
			shape: fakeidp.Shape{OAuth2: true, Silent: true},
			edit: func(s *federation.Spec, idp *fakeidp.Provider) {
				oauth2Endpoints(s, idp)
				s.Name, s.SubjectClaim = "Other", "user_id"
			},
			subject: "u-1", vouched: true, name: "Alice Example",
		},
	}
}

func oauth2Endpoints(s *federation.Spec, idp *fakeidp.Provider) {
	s.Endpoints = &federation.Endpoints{Authorization: idp.Issuer + "/authorize", Token: idp.Issuer + "/token", UserInfo: idp.Issuer + "/userinfo"}
}

// applesKey is a key as Apple gives it, and the file that it comes in.
func applesKey(t *testing.T) (*fakeidp.Signed, string) {
	t.Helper()
	key, err := jwt.Generate("ES256")
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return &fakeidp.Signed{TeamID: "DEF123GHIJ", KeyID: "ABC123DEFG", Key: jwt.Key{ID: "ABC123DEFG", Public: key.Public()}},
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// known starts a provider that is known, and makes a connection to it.
func (w *world) known(name string, k *known) {
	w.t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	idp, err := fakeidp.New("https://"+listener.Listener.Addr().String()+k.suffix, "plinto", idpSecret)
	must(w.t, err)
	idp.Shape = k.shape
	idp.Add(fakeidp.Account{Subject: "alice", More: k.more})
	listener.Config.Handler = idp.Handler()
	listener.StartTLS()
	w.t.Cleanup(func() { idp.Release(); listener.Close() })
	spec := federation.Spec{
		ProviderSpec: federation.ProviderSpec{Preset: name}, Issuer: idp.Issuer, ClientID: idp.ClientID, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
	}
	if k.edit != nil {
		k.edit(&spec, idp)
	}
	given := idp.Secret
	if k.secret != "" {
		given = k.secret
	}
	c, err := w.service().Create(w.In(), name, spec, secret.NewString(given))
	must(w.t, err)
	w.idp, w.conn = idp, c
}

// returns comes back from a provider as its page leads: by a query, or by a form that a page of another site posts.
func (w *world) returns(b *plintotest.Browser, to *url.URL) *plintotest.Page {
	w.t.Helper()
	if to.Query().Get("response_mode") != "form_post" {
		return b.Open(w.idp.Approve(to, "alice").String())
	}
	callback, form := w.idp.Post(to, "alice")
	return b.Open(w.posted(callback.String(), form))
}

// posted posts a form as the page of another site does: without cookies. It returns where the browser is led.
func (w *world) posted(callback string, form url.Values) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, callback, strings.NewReader(form.Encode()))
	must(w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.idp.Issuer)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("the form is answered with %d", res.StatusCode)
	}
	at, err := res.Location()
	must(w.t, err)
	return at.String()
}

// Issue 15: each preset signs people in with the answers of its provider, as that documents them.
func TestPreset_signsInWithItsProvider(t *testing.T) {
	t.Parallel()
	all := knowns(t)
	for _, name := range preset.Names() {
		k, ok := all[name]
		if !ok {
			t.Errorf("%s: nothing says how it answers", name)
			continue
		}
		w := newWorld(t, plintotest.Options{})
		w.known(name, &k)
		for _, when := range []string{"at first", "again"} {
			b := w.Browser()
			to := w.leaves(b, name, nil)
			if to.Query().Get("code_challenge") == "" || to.Query().Get("state") == "" {
				t.Errorf("%s: sent %s", name, to)
			}
			if p := w.returns(b, to); !signedIn(p) {
				t.Fatalf("%s, %s: on %s (%d), %q: %s", name, when, p.URL, p.Status, code(p), text(p))
			}
		}
		held := w.identities("alice@example.com")
		subject := k.subject
		if subject == "" {
			subject = "alice"
		}
		if len(held) != 1 || held[0].Subject != subject {
			t.Errorf("%s: identities %+v", name, held)
			continue
		}
		u, err := w.Store.Users.ByID(w.In(), held[0].UserID)
		if err != nil || u.Profile.Name != k.name || u.Email != "alice@example.com" {
			t.Errorf("%s: made %+v (%v)", name, u.Profile, err)
		}
	}
}

// FED-27: an address counts only as far as the provider documents that its user reads it.
func TestPreset_addressesCountAsTheProviderSays(t *testing.T) {
	t.Parallel()
	all := knowns(t)
	for name, c := range map[string]struct {
		preset string
		change func(*known)
	}{
		"of no Workspace of Google's":           {"google", func(k *known) { delete(k.more, "hd") }},
		"not verified at Google":                {"google", func(k *known) { k.more["email_verified"] = "true" }},
		"that an administrator typed (nOAuth)":  {"microsoft", func(k *known) { delete(k.more, "xms_edov") }},
		"that Microsoft calls verified by text": {"microsoft", func(k *known) { k.more["xms_edov"] = "true" }},
		"with email_verified of Microsoft":      {"microsoft", func(k *known) { delete(k.more, "xms_edov"); k.more["email_verified"] = true }},
		"not verified at Apple":                 {"apple", func(k *known) { k.more["email_verified"] = "false" }},
		"that GitHub shows":                     {"github", func(k *known) { k.more["email"], k.shape.Emails = "alice@example.com", nil }},
		"not verified at GitHub": {"github", func(k *known) {
			k.shape.Emails = []fakeidp.Email{{Email: "alice@example.com", Primary: true}}
		}},
		"not the first at GitHub": {"github", func(k *known) {
			k.shape.Emails = []fakeidp.Email{{Email: "alice@example.com", Verified: true}}
		}},
		"verified by text elsewhere": {"keycloak", func(k *known) { k.more["email_verified"] = "true" }},
	} {
		k := all[c.preset]
		more := map[string]any{}
		for claim, value := range k.more {
			more[claim] = value
		}
		k.more = more
		c.change(&k)
		w := newWorld(t, plintotest.Options{})
		w.known(c.preset, &k)
		b := w.Browser()
		if p := w.returns(b, w.leaves(b, c.preset, nil)); signedIn(p) || len(w.identities("alice@example.com")) > 0 {
			t.Errorf("an address %s opens an account", name)
		}
	}
}

// FED-28: of a provider with one issuer for many customers, those sign in that are named, under issuers of their own.
func TestPreset_namesTheTenantsOfMicrosoft(t *testing.T) {
	t.Parallel()
	all := knowns(t)
	const other = "9188040d-6c67-4c5b-b112-36a304b66dad"
	for name, c := range map[string]struct {
		shape fakeidp.Shape
		claim map[string]any
	}{
		"another tenant":               {shape: fakeidp.Shape{Customer: other, Silent: true}},
		"a tenant's name in the claim": {shape: fakeidp.Shape{Customer: other, Silent: true}, claim: map[string]any{"tid": microsoftTenant}},
		"no tenant":                    {shape: fakeidp.Shape{Customer: microsoftTenant, Silent: true}, claim: map[string]any{"tid": nil}},
	} {
		k := all["microsoft"]
		k.shape = c.shape
		w := newWorld(t, plintotest.Options{})
		w.known("microsoft", &k)
		w.idp.Claims = c.claim
		b := w.Browser()
		to := w.leaves(b, "microsoft", nil)
		if p := w.returns(b, to); p.Left != nil || b.SessionCookie() != nil {
			t.Errorf("%s: left to %v", name, p.Left)
		}
	}
	w := newWorld(t, plintotest.Options{})
	k := all["microsoft"]
	w.known("microsoft", &k)
	b := w.Browser()
	w.returns(b, w.leaves(b, "microsoft", nil))
	if held := w.identities("alice@example.com"); len(held) != 1 || !strings.HasSuffix(held[0].Issuer, "/"+microsoftTenant+"/v2.0") {
		t.Errorf("identities %+v", held)
	}
}

// FED-37: a logout token of a customer is of the issuer that the ID tokens of its users are of, and ends sessions of the named customers alone.
func TestPreset_logoutTokensAreOfTheTenantsOfMicrosoft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	k := knowns(t)["microsoft"]
	w.known("microsoft", &k)
	b := w.Browser()
	if p := w.returns(b, w.leaves(b, "microsoft", nil)); !signedIn(p) {
		t.Fatalf("control: %s", text(p))
	}
	signed := func() bool { return b.Silently(w.AuthorizeURL(w.client, nil)) == "" }
	of := func(tenant string) string {
		return w.idp.LogoutToken("logout+jwt", "alice", "", func(c map[string]any) { c["iss"] = strings.Replace(w.idp.Issuer, "organizations", tenant, 1) })
	}
	ends := func(token string) int {
		return w.Send(http.MethodPost, "/federation/microsoft/backchannel-logout", url.Values{"logout_token": {token}}).StatusCode
	}
	for name, tenant := range map[string]string{
		"another customer": "9188040d-6c67-4c5b-b112-36a304b66dad", "nobody's": "organizations", "with a place for the customer": "{tenantid}",
	} {
		if status := ends(of(tenant)); status != http.StatusBadRequest || !signed() {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := ends(of(microsoftTenant)); status != http.StatusOK || signed() {
		t.Errorf("of the customer: %d, still signed in: %v", status, signed())
	}
}

// FED-29: what another site posts does nothing, and says nothing of who somebody is.
func TestPreset_aPostedAnswerOnlyLeadsOn(t *testing.T) {
	t.Parallel()
	all := knowns(t)
	k := all["apple"]
	w := newWorld(t, plintotest.Options{})
	w.known("apple", &k)
	b := w.Browser()
	to := w.leaves(b, "apple", nil)
	callback, form := w.idp.Post(to, "alice")
	led := w.posted(callback.String(), form)
	if strings.Contains(led, "Alice") || strings.Contains(led, "somebody") || w.idp.Asked("token") > 0 {
		t.Errorf("led to %s", led)
	}
	if p := w.Browser().Open(led); p.Left != nil {
		t.Errorf("another browser is led to %v", p.Left)
	}
	// What only looks like the form of the provider is not taken.
	forged, err := url.Parse(led)
	must(t, err)
	q := forged.Query()
	q.Set("user", `{"name":{"firstName":"Mallory","lastName":"X"}}`)
	q.Del("form")
	forged.RawQuery = q.Encode()
	if p := b.Open(forged.String()); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	held := w.identities("alice@example.com")
	if len(held) != 1 {
		t.Fatalf("identities %+v", held)
	}
	if u, err := w.Store.Users.ByID(w.In(), held[0].UserID); err != nil || u.Profile.Name != "" {
		t.Errorf("the name is %q (%v)", u.Profile.Name, err)
	}
	for name, change := range map[string]func(url.Values) string{
		"a state of nobody's": func(v url.Values) string { v.Set("state", "x"); return callback.String() },
		"a connection by queries": func(v url.Values) string {
			w.provider("idp2")
			v["state"] = w.leaves(w.Browser(), "idp2", nil).Query()["state"]
			return w.Issuer() + "/federation/idp2/callback"
		},
	} {
		v := url.Values{"state": form["state"], "code": form["code"]}
		at := change(v)
		r, err := w.HTTP().PostForm(at, v)
		must(t, err)
		_ = r.Body.Close()
		if r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

// Where a provider has no ID token, nothing says when somebody signed in there, so nobody signs in so who has to say.
func TestPreset_withoutIDTokenSaysNotWhen(t *testing.T) {
	t.Parallel()
	all := knowns(t)
	k := all["github"]
	w := newWorld(t, plintotest.Options{})
	w.known("github", &k)
	b := w.Browser()
	to := w.leaves(b, "github", url.Values{"max_age": {"60"}})
	if p := w.returns(b, to); p.Left != nil || code(p) != "federation_answer" {
		t.Errorf("left to %v, %q", p.Left, code(p))
	}
}
