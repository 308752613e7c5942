package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/event/explain"
	"plinto/storage/storagetest"
)

// whatHappened is what plinto explain says of a request, once it is stored.
func (s *site) whatHappened(id string) (said explain.Explanation) {
	s.t.Helper()
	var all []explain.Explanation
	eventually(s.t, "the request "+id+" can be explained", func() bool {
		_, _, code := s.run("explain", id)
		return code == exitOK
	})
	s.into(&all, "explain", id, "-o", "json")
	if len(all) != 1 {
		s.t.Fatalf("got %d explanations of %s: %+v", len(all), id, all)
	}
	return all[0]
}

// tokenRequest posts to the token endpoint and returns the id of the request.
func (r *rp) tokenRequest(secret string, form url.Values) string {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.issuer+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(r.client, secret)
	return (&visitor{t: r.t, http: r.http}).do(req).id
}

// with is the authorization request with other parameters.
func (r *rp) with(change url.Values) string {
	u, err := url.Parse(r.authorizeURL())
	if err != nil {
		r.t.Fatal(err)
	}
	q := u.Query()
	for name, values := range change {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestExplain_saysWhyARequestWasRefusedAndWhatHelps(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve()
	s.address.Store(address)
	r := s.rp()
	v := &visitor{t: t, http: r.http}
	code := url.Values{"grant_type": {"authorization_code"}, "code": {"plinto_ac_wrong"}, "redirect_uri": {rpCallback}, "code_verifier": {verifier}}
	login := v.open(r.authorizeURL())
	for name, c := range map[string]struct {
		id                  string
		code, cause, remedy string
		decided, outcomeHas string
	}{
		"wrong secret":   {id: r.tokenRequest("wrong", code), code: "wrong_secret", cause: "The client secret is wrong", remedy: "rotate-secret", outcomeHas: "refused with invalid_client"},
		"unknown code":   {id: r.tokenRequest(siteSecret, code), code: "code_unknown", cause: "unknown, expired", remedy: "Redeem codes at once", outcomeHas: "refused with invalid_grant"},
		"grant type":     {id: r.tokenRequest(siteSecret, url.Values{"grant_type": {"x"}}), code: "unsupported_grant_type", cause: "does not know this grant type", outcomeHas: "HTTP 400"},
		"redirect URI":   {id: v.open(r.with(url.Values{"redirect_uri": {"https://evil.example/"}})).id, code: "invalid_redirect_uri", cause: "Every byte counts", remedy: "--redirect-uri", outcomeHas: "HTTP 400"},
		"unknown client": {id: v.open(r.with(url.Values{"client_id": {"nobody"}})).id, code: "invalid_client", cause: "could not be authenticated", outcomeHas: "HTTP 400"},
		"silent":         {id: v.open(r.with(url.Values{"prompt": {"none"}})).id, code: "login_required", cause: "prompt=none", remedy: "without prompt=none", decided: "nobody is signed in", outcomeHas: "the application was answered with the error login_required"},
		"wrong password": {id: login.click("submit", map[string]string{"username": demoUser, "password": "wrong password"}).id, code: "sign_in_refused", cause: "The password was wrong.", outcomeHas: "HTTP 401"},
		"unknown user":   {id: login.click("submit", map[string]string{"username": "nobody", "password": "wrong password"}).id, code: "sign_in_refused", cause: "There is no user of that name.", outcomeHas: "HTTP 401"},
		"forged form":    {id: login.click("submit", map[string]string{"csrf": "x"}).id, code: "forged_form", cause: "not sent from a page", outcomeHas: "HTTP 403"},
	} {
		got := s.whatHappened(c.id)
		if got.Code != c.code || !strings.Contains(got.Cause, c.cause) || !strings.Contains(got.Remedy, c.remedy) || !strings.Contains(got.Outcome, c.outcomeHas) ||
			!strings.Contains(strings.Join(got.Decisions, "\n"), c.decided) || got.Tenant != "acme" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if _, said, exit := s.run("explain", "0123456789abcdef01234567"); exit == exitOK || !strings.Contains(said, "nothing is known of this request") {
		t.Errorf("an unknown request: exit %d, %s", exit, said)
	}
}

func TestExplain_tellsTheWayOfASuccess(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve()
	s.address.Store(address)
	r := s.rp()
	v := &visitor{t: t, http: r.http}
	page := v.open(r.authorizeURL())
	signedIn := page.click("submit", map[string]string{"username": demoUser, "password": demoPassword})
	got := s.whatHappened(signedIn.id)
	for _, want := range []string{"session.created", "authentication.succeeded", `"amr":["pwd"]`, `"demanded":"no_session"`, `"path":"sign_in"`, `"client_id":"` + siteClient + `"`} {
		if !strings.Contains(strings.Join(got.Events, "\n"), want) {
			t.Errorf("the events of the sign-in do not hold %s: %v", want, got.Events)
		}
	}
	if got.Outcome != "answer the application" || got.ClientID != siteClient || !slices.ContainsFunc(got.Decisions, func(d string) bool { return strings.Contains(d, "everything it needs was there") }) {
		t.Errorf("got %+v", got)
	}
	if !slices.ContainsFunc(got.Flow, func(l string) bool { return strings.Contains(l, "/oauth2/authorize: sign the user in") }) {
		t.Errorf("the other requests of the sign-in: %v", got.Flow)
	}
	bySession := s.whatHappened(v.open(r.authorizeURL()).id)
	if said := strings.Join(bySession.Events, "\n"); !strings.Contains(said, `"path":"session"`) {
		t.Errorf("a sign-in by the session alone: %v", bySession.Events)
	}
	again := v.open(r.with(url.Values{"prompt": {"login"}}))
	renewed := s.whatHappened(again.click("submit", map[string]string{"username": demoUser, "password": demoPassword}).id)
	if said := strings.Join(renewed.Events, "\n"); !strings.Contains(said, `"demanded":"prompt_login"`) {
		t.Errorf("a sign-in that the application asked for: %v", renewed.Events)
	}
	if table := s.ok("explain", signedIn.id); !strings.Contains(table, "decided") || !strings.Contains(table, "same sign-in") {
		t.Errorf("the table: %s", table)
	}
}

// A request to a host or path of no tenant is explained where operators have a tenant, in whose rows it is.
func TestExplain_knowsOfRequestsToNobody(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	s.ok("tenant", "create", "system")
	_, address := s.serve()
	s.address.Store(address)
	r := s.rp()
	v := &visitor{t: t, http: r.http}
	endless := strings.Repeat("long.", 2000) + "example"
	for at, cause := range map[string]string{
		"http://elsewhere.example/.well-known/openid-configuration": "no tenant answers on the host elsewhere.example",
		"http://localhost/t/acne/login":                             "no tenant answers at /t/acne on the host localhost",
		"http://localhost/t/SECRET/login":                           "no tenant answers on the host localhost",
		"http://" + endless + "/login":                              "no tenant answers on the host " + endless[:259],
	} {
		got := s.whatHappened(v.open(at).id)
		if got.Code != "unknown_tenant" || got.Technical != cause || got.Tenant != "" || got.Remedy == "" || got.Outcome != "refused with unknown_tenant (HTTP 404)" {
			t.Errorf("%s: %+v", at, got)
		}
	}
}
