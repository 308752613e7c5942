package provider_test

import (
	"net/url"
	"testing"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fakeidp"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// FED-01, FED-02, FED-12: an address opens an account only if the connection answers for it, the provider calls it verified by the JSON
// value true, the user showed that they read its mail, and nothing else guards the account.
func TestProvider_linksByAddressUnderAllConditionsOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit   func(*federation.Spec)
		before func(w *world, alice identity.User)
		answer string
		links  bool
	}{
		"all of them":                 {edit: trusting, links: true},
		"nobody said it may":          {},
		"another domain":              {edit: func(s *federation.Spec) { s.EmailDomains = []string{"other.example"} }},
		"the text true":               {edit: trusting, answer: "text-verified"},
		"the number 1":                {edit: trusting, answer: "number-verified"},
		"the text 1":                  {edit: trusting, answer: "number-text-verified"},
		"false":                       {edit: trusting, answer: "not-verified"},
		"not said":                    {edit: trusting, answer: "no-verified"},
		"two addresses":               {edit: trusting, answer: "two-emails"},
		"never shown here":            {edit: trusting, before: func(w *world, alice identity.User) { w.unprove(alice) }},
		"has a second factor":         {edit: trusting, before: func(w *world, alice identity.User) { w.guard(alice) }},
		"has an account there before": {edit: trusting, before: func(w *world, _ identity.User) { w.link("alice@example.com", "who had the address before") }},
	} {
		edits := []func(*federation.Spec){}
		if c.edit != nil {
			edits = append(edits, c.edit)
		}
		w := newWorld(t, plintotest.Options{}, edits...)
		alice := w.User("alice@example.com")
		if c.before != nil {
			c.before(w, alice)
		}
		had := len(w.identities("alice@example.com"))
		b := w.Browser()
		to := w.leaves(b, "idp", nil)
		w.idp.Answer(c.answer)
		p := b.Open(w.idp.Approve(to, "alice").String())
		if got := len(w.identities("alice@example.com")) > had; got != c.links || signedIn(p) != c.links {
			t.Errorf("%s: linked %v, signed in %v: %s", name, got, signedIn(p), text(p))
		}
		if !c.links && (b.SessionCookie() != nil || p.Doc.Find("#connecting").Length() != 1 || p.Doc.Find("#password").Length() != 1) {
			t.Errorf("%s: on %s (%d): %s", name, p.URL, p.Status, text(p))
		}
	}
}

// unprove has a user never have shown that they read their mail.
func (w *world) unprove(u identity.User) {
	_, err := w.Owner.Exec(w.t.Context(), `UPDATE users SET email_verified = false WHERE id = $1`, u.ID)
	must(w.t, err)
}

// guard gives a user a second factor.
func (w *world) guard(u identity.User) {
	_, err := w.Owner.Exec(w.t.Context(), `INSERT INTO totp_factors (tenant_id, id, user_id, name, secret, last_step) VALUES ($1, gen_random_uuid(), $2, '', 's', 0)`, w.Tenant.ID.String(), u.ID)
	must(w.t, err)
}

// Who has an account here shows that by signing in to it, and then says whether the two belong together.
func TestProvider_connectsAfterASignInAndAYes(t *testing.T) {
	t.Parallel()
	for answer, connects := range map[string]bool{"submit": true, "skip": false} {
		w := newWorld(t, plintotest.Options{})
		w.User("bob@example.com")
		b := w.Browser()
		p := w.through(b, "alice")
		p = p.Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password})
		if p.Left != nil || p.Doc.Find("#connect").Length() != 1 {
			t.Fatalf("on %s (%d), left to %v: %s", p.URL, p.Status, p.Left, text(p))
		}
		if got := len(w.identities("bob@example.com")); got != 0 {
			t.Fatal("connected before the user said so")
		}
		if p = p.Submit(answer, nil); !signedIn(p) {
			t.Fatalf("%s: on %s (%d): %s", answer, p.URL, p.Status, text(p))
		}
		if got := len(w.identities("bob@example.com")) == 1; got != connects {
			t.Errorf("%s: connected %v", answer, got)
		}
		if p = w.through(w.Browser(), "alice"); signedIn(p) != connects {
			t.Errorf("%s: the next time signed in %v: %s", answer, signedIn(p), text(p))
		}
	}
}

// FED-04: what was shown of one account connects that one alone, once, and to who signed in in that browser.
func TestProvider_connectsWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.idp.Add(account("mallory", "mallory@example.com"))
	w.User("alice@example.com")
	b := w.Browser()
	p := w.through(b, "alice")
	if p.Doc.Find("#connecting").Length() != 1 {
		t.Fatalf("on %s: %s", p.URL, text(p))
	}
	// Another account is shown in the same flow: it counts in place of the first.
	again := p.Submit("provider-"+w.conn.Slug, nil)
	if again.Left == nil {
		t.Fatalf("the button leads to %s (%d): %s", again.URL, again.Status, text(again))
	}
	p = b.Open(w.idp.Approve(again.Left, "mallory").String()).Submit("submit", plintotest.Alice())
	p.Submit("submit", nil)
	held := w.identities("alice@example.com")
	if len(held) != 1 || held[0].Subject != "mallory" {
		t.Fatalf("connected %+v", held)
	}
	// A form of the page in another browser, which signed in, connects nothing.
	other := w.Browser()
	other.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	if p := other.Open(w.URL + "/login/connect?flow=" + url.QueryEscape(p.URL.Query().Get("flow"))); p.Left != nil || p.Doc.Find("#connect").Length() != 0 {
		t.Errorf("another browser is asked: %s", text(p))
	}
	if n := len(w.identities("alice@example.com")); n != 1 {
		t.Errorf("%d identities", n)
	}
}

// Who has no account gets one where the connection says so, with an address that it answers for.
func TestProvider_makesAccountsWhereItMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provision string
		domains   []string
		invite    bool
		answer    string
		makes     bool
	}{
		"off":                         {federation.ProvisionOff, []string{"example.com"}, true, "", false},
		"all":                         {federation.ProvisionAll, []string{"*"}, false, "", true},
		"all, not verified":           {federation.ProvisionAll, []string{"*"}, false, "not-verified", false},
		"all, verified by a text":     {federation.ProvisionAll, []string{"*"}, false, "text-verified", false},
		"all, of another domain":      {federation.ProvisionAll, []string{"other.example"}, false, "", false},
		"domain":                      {federation.ProvisionDomain, []string{"example.com"}, false, "", true},
		"domain, which is not named":  {federation.ProvisionDomain, []string{"*"}, false, "", false},
		"invited":                     {federation.ProvisionInvited, []string{"example.com"}, true, "", true},
		"invited, nobody was":         {federation.ProvisionInvited, []string{"example.com"}, false, "", false},
		"invited, by another's claim": {federation.ProvisionInvited, []string{"other.example"}, true, "", false},
	} {
		w := newWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.Provision, s.EmailDomains = c.provision, c.domains })
		if c.invite {
			w.invite("alice@example.com")
		}
		b := w.Browser()
		to := w.leaves(b, "idp", nil)
		w.idp.Answer(c.answer)
		p := b.Open(w.idp.Approve(to, "alice").String())
		held := w.identities("alice@example.com")
		if got := len(held) == 1; got != c.makes || signedIn(p) != c.makes {
			t.Errorf("%s: made %v, signed in %v: %s", name, got, signedIn(p), text(p))
		}
		w.idp.Answer("")
		if again := w.through(w.Browser(), "alice"); signedIn(again) != c.makes && c.answer == "" {
			t.Errorf("%s: the next time signed in %v", name, signedIn(again))
		}
	}
}

func (w *world) invite(email string) {
	_, err := w.Owner.Exec(w.t.Context(), `
		WITH o AS (INSERT INTO organizations (tenant_id, id, slug, name) VALUES ($1, gen_random_uuid(), 'acme', 'Acme') RETURNING id)
		INSERT INTO organization_invitations (tenant_id, id, organization_id, canonical, email, hash, expires_at)
		SELECT $1, gen_random_uuid(), o.id, $2, $2, 'h', now() + interval '1 day' FROM o`, w.Tenant.ID.String(), email)
	must(w.t, err)
}

// FED-12: what the provider says of an account later changes nothing of the user: it is known by its subject.
func TestProvider_anotherAddressThereChangesNothingHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, trusting)
	w.User("alice@example.com")
	w.User("victim@example.com")
	w.link("alice@example.com", "alice")
	w.idp.Add(account("alice", "victim@example.com"))
	b := w.Browser()
	if p := w.through(b, "alice"); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	if n := len(w.identities("victim@example.com")); n != 0 {
		t.Errorf("the account of who has the address has %d identities", n)
	}
	var users int
	if err := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id WHERE u.email = 'alice@example.com'`).Scan(&users); err != nil || users != 1 {
		t.Errorf("%d sessions of the user (%v)", users, err)
	}
}

// What was proved at the provider is a second factor where the connection is trusted with that and the answer says so.
func TestProvider_countsAsASecondFactorWhereTrusted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit  func(*federation.Spec)
		amr   any
		trust bool
	}{
		"trusted, and said":     {func(s *federation.Spec) { s.MFA, s.TrustedAMR = federation.MFATrust, []string{"mfa"} }, []any{"pwd", "mfa"}, true},
		"trusted, and not said": {func(s *federation.Spec) { s.MFA, s.TrustedAMR = federation.MFATrust, []string{"mfa"} }, []any{"pwd"}, false},
		"trusted, by a text":    {func(s *federation.Spec) { s.MFA, s.TrustedAMR = federation.MFATrust, []string{"mfa"} }, "mfa", false},
		"said, and not trusted": {func(*federation.Spec) {}, []any{"mfa"}, false},
	} {
		w := newWorld(t, plintotest.Options{Settings: tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}}}, c.edit)
		w.User("alice@example.com")
		w.link("alice@example.com", "alice")
		a := account("alice", "alice@example.com")
		a.More["amr"] = c.amr
		w.idp.Add(a)
		if p := w.through(w.Browser(), "alice"); signedIn(p) != c.trust {
			t.Errorf("%s: signed in %v: on %s", name, signedIn(p), p.URL)
		}
	}
}

// A claim that comes by userinfo alone counts; of another subject it does not.
func TestProvider_readsUserInfoOfTheSameSubject(t *testing.T) {
	t.Parallel()
	for answer, makes := range map[string]bool{"": true, "other-user-info": false} {
		w := newWorld(t, plintotest.Options{}, trusting, func(s *federation.Spec) { s.Provision = federation.ProvisionAll })
		w.idp.Add(fakeidp.Account{Subject: "alice", More: map[string]any{
			"email": fakeidp.OnlyUserInfo{Value: "alice@example.com"}, "email_verified": fakeidp.OnlyUserInfo{Value: true},
		}})
		b := w.Browser()
		to := w.leaves(b, "idp", nil)
		w.idp.Answer(answer)
		if p := b.Open(w.idp.Approve(to, "alice").String()); signedIn(p) != makes {
			t.Errorf("%q: signed in %v: %s", answer, signedIn(p), text(p))
		}
	}
}
