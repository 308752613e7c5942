package provider_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/federation"
	"plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// A visitor is somebody who signed in with the provider, and an application that may act for them offline.
type visitor struct {
	*plintotest.Browser
	refresh, access string
}

// signed is whether the browser is signed in, silently.
func (w *world) signed(v *visitor) bool { return v.Silently(w.AuthorizeURL(w.client, nil)) == "" }

// enters signs alice in with the provider, whose session is called sid, and redeems the code.
func (w *world) enters(secret, sid string) *visitor {
	w.t.Helper()
	a := account("alice", "alice@example.com")
	if sid != "" {
		a.More["sid"] = sid
	}
	w.idp.Add(a)
	v := &visitor{Browser: w.Browser()}
	p := v.Open(w.AuthorizeURL(w.client, url.Values{
		"scope": {"openid offline_access"}, "code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"},
	})).Submit("provider-idp", nil)
	if p = v.Open(w.idp.Approve(p.Left, "alice").String()); !signedIn(p) {
		w.t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	answer := w.Redeem(w.client, secret, p.Left.Query().Get("code"))
	v.refresh, _ = answer.JSON["refresh_token"].(string)
	v.access, _ = answer.JSON["access_token"].(string)
	if v.refresh == "" || v.access == "" {
		w.t.Fatalf("tokens: %s", answer.Text)
	}
	return v
}

func (w *world) refreshes(secret string, v *visitor) plintotest.Answer {
	w.t.Helper()
	return w.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.refresh}}, plintotest.As(w.client, secret))
}

// linked is a world with a user who has the account of alice at the provider, and a client that gets offline access.
func linkedWorld(t *testing.T, o plintotest.Options, edit ...func(*federation.Spec)) (w *world, secret string) {
	t.Helper()
	w = newWorld(t, o, edit...)
	w.client, secret = w.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	return w, secret
}

// FED-35, FED-36: single sign-on, refresh and access tokens look at connection and identity each time.
func TestProvider_whatWasBegunByItEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"disabled": func(w *world) { must(w.t, w.service().Disable(w.In(), w.conn.ID)) },
		"disabled, with its sessions": func(w *world) {
			if n, err := w.service().DisableAndEnd(w.In(), w.conn.ID); err != nil || n != 1 {
				w.t.Errorf("%d sessions end (%v)", n, err)
			}
		},
		"deleted": func(w *world) { must(w.t, w.service().Delete(w.In(), w.conn.ID)) },
		"unlinked": func(w *world) {
			held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
			must(w.t, err)
			ins := &federation.SignIns{Identities: w.Store.Identities, Outbox: w.Store.Outbox, Tx: w.Store.DB, Endings: w.Store.Endings()}
			must(w.t, ins.Unlink(w.In(), event.Actor{Type: "operator"}, &held.User, w.identities("alice@example.com")[0].ID))
		},
	} {
		w, secret := linkedWorld(t, plintotest.Options{})
		v := w.enters(secret, "")
		byPassword := &visitor{Browser: w.Browser()}
		byPassword.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
		if !w.signed(v) {
			t.Fatal("not signed in")
		}
		end(w)
		if got := v.Silently(w.AuthorizeURL(w.client, nil)); got != "login_required" {
			t.Errorf("%s: single sign-on says %q", name, got)
		}
		info := w.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+v.access))
		if info.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: userinfo %d %s", name, info.StatusCode, info.Text)
		}
		w.refreshes(secret, v).Wants(t, http.StatusBadRequest, "invalid_grant")
		if !w.signed(byPassword) {
			t.Errorf("%s: who signed in by password is signed out", name)
		}
	}
}

// FED-36: who had to prove a second factor here hangs on the provider all the same.
func TestProvider_aSessionWithASecondFactorHangsOnItToo(t *testing.T) {
	t.Parallel()
	w, _ := linkedWorld(t, plintotest.Options{Settings: tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}}})
	b := w.Browser()
	p := w.through(b, "alice")
	shown := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	typed, err := totp.GenerateCode(shown, time.Now())
	must(t, err)
	if p = p.Submit("submit", map[string]string{"code": typed, "name": "Phone"}).Submit("submit", nil); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "" {
		t.Fatalf("signed in, single sign-on says %q", got)
	}
	must(t, w.service().Disable(w.In(), w.conn.ID))
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "login_required" {
		t.Errorf("single sign-on says %q", got)
	}
}

// logsOut sends a logout token to the connection.
func (w *world) logsOut(token string) plintotest.Answer {
	w.t.Helper()
	return w.Send(http.MethodPost, "/federation/idp/backchannel-logout", url.Values{"logout_token": {token}})
}

// OpenID Connect Back-Channel Logout 1.0: sub ends all sessions of the account, sid one; offline access stays (§2.7).
func TestProvider_endsSessionsThatTheProviderEnds(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{})
	one, two := w.enters(secret, "one"), w.enters(secret, "two")
	byPassword := &visitor{Browser: w.Browser()}
	byPassword.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	for _, step := range []struct {
		token    string
		one, two bool
	}{
		{w.idp.LogoutToken("logout+jwt", "somebody else", ""), true, true},
		{w.idp.LogoutToken("logout+jwt", "", "another"), true, true},
		{w.idp.LogoutToken("logout+jwt", "", "one"), false, true},
		{w.idp.LogoutToken("JWT", "alice", "two"), false, false},
	} {
		answer := w.logsOut(step.token)
		if answer.StatusCode != http.StatusOK || answer.Text != "" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("answered %d %q", answer.StatusCode, answer.Text)
		}
		if w.signed(one) != step.one || w.signed(two) != step.two {
			t.Errorf("the first is signed in: %v, the second: %v, want %v and %v", w.signed(one), w.signed(two), step.one, step.two)
		}
	}
	if !w.signed(byPassword) {
		t.Error("who signed in by password is signed out")
	}
	if answer := w.refreshes(secret, one); answer.StatusCode != http.StatusOK {
		t.Errorf("offline access: %s", answer.Text)
	}
	three, four := w.enters(secret, "three"), w.enters(secret, "")
	w.logsOut(w.idp.LogoutToken("logout+jwt", "alice", ""))
	if w.signed(three) || w.signed(four) {
		t.Error("sub alone leaves a session of the account")
	}
}

// FED-37, FED-38: a logout token that is another's, old, repeated or none ends nothing.
func TestProvider_hostileLogoutTokensEndNothing(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{})
	other, _ := w.provider("other")
	v := w.enters(secret, "s")
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	without := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	good := w.idp.LogoutToken("logout+jwt", "alice", "s")
	payload, _, err := jwt.Peek(good)
	must(t, err)
	for name, token := range map[string]string{
		"of another issuer":       w.idp.LogoutToken("logout+jwt", "alice", "s", set("iss", other.Issuer)),
		"by another provider":     other.LogoutToken("logout+jwt", "alice", "s", set("iss", w.idp.Issuer)),
		"by another key":          w.idp.Forged("logout+jwt", payload),
		"for another client":      w.idp.LogoutToken("logout+jwt", "alice", "s", set("aud", "somebody")),
		"without audience":        w.idp.LogoutToken("logout+jwt", "alice", "s", without("aud")),
		"expired":                 w.idp.LogoutToken("logout+jwt", "alice", "s", set("exp", time.Now().Add(-5*time.Minute).Unix())),
		"without exp":             w.idp.LogoutToken("logout+jwt", "alice", "s", without("exp")),
		"good for a day":          w.idp.LogoutToken("logout+jwt", "alice", "s", set("exp", time.Now().Add(24*time.Hour).Unix())),
		"from the future":         w.idp.LogoutToken("logout+jwt", "alice", "s", set("iat", time.Now().Add(time.Hour).Unix())),
		"without iat":             w.idp.LogoutToken("logout+jwt", "alice", "s", without("iat")),
		"without jti":             w.idp.LogoutToken("logout+jwt", "alice", "s", without("jti")),
		"with a nonce":            w.idp.LogoutToken("logout+jwt", "alice", "s", set("nonce", "n")),
		"without events":          w.idp.LogoutToken("logout+jwt", "alice", "s", without("events")),
		"of another event":        w.idp.LogoutToken("logout+jwt", "alice", "s", set("events", map[string]any{"https://other.example": map[string]any{}})),
		"whose event is a text":   w.idp.LogoutToken("logout+jwt", "alice", "s", set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": "yes"})),
		"whose events are a list": w.idp.LogoutToken("logout+jwt", "alice", "s", set("events", []any{"http://schemas.openid.net/event/backchannel-logout"})),
		"about nobody":            w.idp.LogoutToken("logout+jwt", "", ""),
		"an access token":         w.idp.LogoutToken("at+jwt", "alice", "s"),
		"nothing":                 "nothing",
		"cut":                     good[:len(good)-4],
	} {
		answer := w.logsOut(token)
		answer.Wants(t, http.StatusBadRequest, "invalid_request")
		if strings.Contains(answer.Text, "alice") || !w.signed(v) {
			t.Errorf("%s: signed out, or told: %s", name, answer.Text)
		}
	}
	w.Send(http.MethodPost, "/federation/idp/backchannel-logout", url.Values{}).Wants(t, http.StatusBadRequest, "invalid_request")
	if answer := w.Send(http.MethodGet, "/federation/idp/backchannel-logout?logout_token="+good, nil); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered %d", answer.StatusCode)
	}
	if answer := w.Send(http.MethodPost, "/federation/other/backchannel-logout", url.Values{"logout_token": {good}}); answer.StatusCode != http.StatusBadRequest || !w.signed(v) {
		t.Errorf("at another connection: %d", answer.StatusCode)
	}
	if answer := w.logsOut(good); answer.StatusCode != http.StatusOK || w.signed(v) {
		t.Errorf("the good one: %d %s", answer.StatusCode, answer.Text)
	}
	again := w.enters(secret, "s")
	w.logsOut(good).Wants(t, http.StatusBadRequest, "invalid_request")
	if !w.signed(again) {
		t.Error("a repeated token ends a later session")
	}
}

// FED-39: who sends tokens that are no good is slowed down, at one connection and from one network.
func TestProvider_slowsDownWhoSendsBadLogoutTokens(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{Proxied: true})
	v := w.enters(secret, "s")
	from := func(address string) func(*http.Request) { return plintotest.With("X-Forwarded-For", address) }
	last := 0
	for range 40 {
		last = w.Send(http.MethodPost, "/federation/idp/backchannel-logout", url.Values{"logout_token": {"none"}}, from("198.51.100.7")).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 40th is answered %d", last)
	}
	good := url.Values{"logout_token": {w.idp.LogoutToken("logout+jwt", "alice", "s")}}
	if answer := w.Send(http.MethodPost, "/federation/idp/backchannel-logout", good, from("203.0.113.7")); answer.StatusCode != http.StatusOK || w.signed(v) {
		t.Errorf("the provider is answered %d %s", answer.StatusCode, answer.Text)
	}
}

// OpenID Connect RP-Initiated Logout 1.0: who signs out here signs out at the provider too, and comes back to the application.
func TestProvider_passesLogoutOn(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.RPLogout = true })
	asks := w.Issuer() + "/oauth2/logout?" + url.Values{
		"client_id": {w.client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"their state"},
	}.Encode()
	v := w.enters(secret, "")
	p := v.Open(asks).Submit("logout-yes", nil)
	if p.Left == nil || !strings.HasPrefix(p.Left.String(), w.idp.Issuer+"/logout?") {
		t.Fatalf("on %s, left to %v: %s", p.URL, p.Left, text(p))
	}
	q := p.Left.Query()
	if q.Get("client_id") != "plinto" || q.Get("post_logout_redirect_uri") != w.Issuer()+"/federation/idp/logged-out" || q.Has("id_token_hint") {
		t.Errorf("the provider is asked %v", q)
	}
	if strings.Contains(p.Left.String(), "rp.example") || v.SessionCookie() != nil {
		t.Error("the provider learns where the browser goes, or the session goes on")
	}
	back := w.idp.LeadBack(p.Left)
	if p = v.Open(back.String()); p.Left == nil || p.Left.String() != "https://rp.example/bye?state=their+state" {
		t.Errorf("led back, on %s, left to %v: %s", p.URL, p.Left, text(p))
	}
	for name, address := range map[string]string{
		"nothing":  w.Issuer() + "/federation/idp/logged-out",
		"forged":   w.Issuer() + "/federation/idp/logged-out?state=AAAA",
		"too late": back.String(),
	} {
		w.ahead.Store(int64(time.Hour))
		if p := v.Open(address); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%s: on %s, left to %v", name, p.URL, p.Left)
		}
	}
}

// Whatever the provider is like, who signs out is signed out, and told so by a page of ours.
func TestProvider_logoutDoesNotHangOnTheProvider(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *world){
		"not passed on": func(w *world) { w.edit(func(s *federation.Spec) { s.RPLogout = false }) },
		"fails":         func(w *world) { w.idp.Answer("fails"); w.edit(func(s *federation.Spec) { s.Name = "Other" }) },
		"has no such place": func(w *world) {
			w.edit(func(s *federation.Spec) {
				s.Endpoints = &federation.Endpoints{Authorization: w.idp.Issuer + "/authorize", Token: w.idp.Issuer + "/token", JWKS: w.idp.Issuer + "/jwks"}
			})
		},
	} {
		w, secret := linkedWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.RPLogout = true })
		v := w.enters(secret, "")
		change(w)
		if p := v.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil); p.Left != nil || p.Doc.Find("#logged-out").Length() != 1 || v.SessionCookie() != nil {
			t.Errorf("%s: on %s, left to %v: %s", name, p.URL, p.Left, text(p))
		}
	}
}

// Front-Channel Logout 1.0: the applications are told first, and the page leads on to the provider.
func TestProvider_tellsApplicationsBeforeTheProvider(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.RPLogout = true })
	w.Change(w.client, func(c *provider.Client) { c.FrontchannelLogoutURI = "https://rp.test/front" })
	v := w.enters(secret, "")
	p := v.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	if p.Left != nil || p.Doc.Find("iframe").Length() != 1 || !strings.HasPrefix(p.Doc.Find("#continue").AttrOr("href", ""), w.idp.Issuer+"/logout?") {
		t.Errorf("on %s, left to %v: %s", p.URL, p.Left, text(p))
	}
}

// ACT-15: the accounts at providers are in the data that users download.
func TestAccountData_hasTheIdentities(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{})
	v := w.enters(secret, "")
	page := v.Open(w.Issuer() + "/account/data")
	client := w.HTTP()
	client.Jar = v.Jar
	res, err := client.PostForm(w.Issuer()+"/account/data", url.Values{"csrf": {page.Doc.Find("[name=csrf]").First().AttrOr("value", "")}})
	must(t, err)
	defer res.Body.Close()
	var file struct {
		Identities []struct {
			Provider, Issuer, Subject, Label string
		}
	}
	must(t, json.NewDecoder(res.Body).Decode(&file))
	if len(file.Identities) != 1 || file.Identities[0].Subject != "alice" || file.Identities[0].Issuer != w.idp.Issuer || file.Identities[0].Provider != w.conn.Name {
		t.Errorf("got %+v", file)
	}
}

// That a provider fails is told once, with the reason, and not again within a minute; and so is that it answers again.
func TestProvider_thatItFailsIsAnEvent(t *testing.T) {
	t.Parallel()
	w, why := newWorld(t, plintotest.Options{}), "status"
	w.idp.Answer("fails")
	told := func(kind, reason string) (n int) {
		must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1 AND reason = $2 AND subject = $3`, kind, reason, w.conn.PublicID()).Scan(&n))
		return n
	}
	for range 5 {
		w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("provider-idp", nil)
		w.later()
	}
	if n := told("connection.unavailable", why); n != 1 {
		t.Errorf("told %d times for %s", n, why)
	}
	health := &federation.Health{Limiter: w.Store.Limiter, Outbox: w.Store.Outbox, Tx: w.Store.DB}
	health.Failed(w.In(), &w.conn, why)
	for range 3 {
		health.Recovered(w.In(), &w.conn)
	}
	if failed, back := told("connection.unavailable", why), told("connection.available", ""); failed != 1 || back != 1 {
		t.Errorf("told %d times that it fails, and %d that it answers", failed, back)
	}
}
