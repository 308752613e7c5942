package admin_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// A zone is a DNS.
type zone struct{ sync.Map }

// TXT implements domain.Resolver.
func (z *zone) TXT(_ context.Context, name string) ([]string, error) {
	if text, ok := z.Load(name); ok {
		return []string{text.(string)}, nil
	}
	return nil, nil
}

func (w *world) acme() (at string) {
	w.t.Helper()
	return "/organizations/" + w.post("/organizations", m{"slug": "acme", "name": "Acme"}).is(201).text("id")
}

// insider returns a token of a user who is a member of the organization acme, with all rights that the roles
// give there.
func (w *world) insider(at, email string, roles ...string) string {
	w.t.Helper()
	u := w.User(email)
	w.send(request{method: "PUT", path: at + "/members/" + u.PublicID(), body: m{"roles": roles}}).is(200)
	var all []string
	for _, p := range organization.Permissions {
		if !p.OfSystem() {
			all = append(all, string(p))
		}
	}
	client, secret := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://admin.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
		Scope: "openid " + strings.Join(all, " "), Resources: []string{provider.ManagementResource(w.Tenant)},
	}, plintotest.FirstParty)
	return w.TokensIn("acme", client, secret, email, "openid "+strings.Join(all, " "))
}

func TestInvitations_areManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	first := w.post(at+"/invitations", m{"email": "Bob@Example.com", "roles": []string{"member"}, "lang": "de"}).is(201)
	one := at + "/invitations/" + first.text("id")
	if got := w.get(one).is(200); string(got.raw) != string(first.raw) || got.text("state") != "open" || got.text("email") != "Bob@Example.com" {
		t.Errorf("made %s, read %s", first.raw, got.raw)
	}
	w.post(at+"/invitations", m{"email": "bob@example.com"}).is(409, "invitation_open")
	w.post(at+"/invitations", m{"email": "nobody"}).is(400)
	w.post(at+"/invitations", m{"email": "x@example.com", "roles": []string{"nobody"}}).is(404, "role_not_found")
	w.post(at+"/invitations?validate_only=true", m{"email": "try@example.com"}).is(201)
	w.post(one+"/resend", nil).is(200)
	carl := at + "/invitations/" + w.post(at+"/invitations", m{"email": "carl@example.com"}).is(201).text("id")
	page := w.get(at + "/invitations?limit=1&order=desc").is(200)
	rest := w.get(at + "/invitations?limit=1&order=desc&after=" + page.text("next_cursor")).is(200)
	if page.Body["has_more"] != true || rest.Body["has_more"] != false || rest.data()[0]["id"] != first.text("id") {
		t.Errorf("got %s, then %s", page.raw, rest.raw)
	}
	back := w.get(at + "/invitations?limit=1&order=desc&before=" + rest.text("previous_cursor")).is(200)
	if back.data()[0]["id"] != page.data()[0]["id"] {
		t.Errorf("back: %s", back.raw)
	}
	w.send(request{method: "DELETE", path: one}).is(204)
	w.send(request{method: "DELETE", path: one}).is(204)
	if got := w.get(one).is(200); got.text("state") != "revoked" {
		t.Errorf("got %s", got.raw)
	}
	w.send(request{method: "DELETE", path: carl}).is(204)
	w.post(carl+"/resend", nil).is(409, "invitation_over")
	w.get("/organizations/org_01h455vb4pex5vsknk084sn02q/invitations").is(404, "organization_not_found")
}

// TEN-10, ORG-16: who may invite in one organization invites there, as far as their own rights, and acts on no
// invitation that gives more.
func TestInvitations_ofAdministratorsOfOneOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	other := "/organizations/" + w.post("/organizations", m{"slug": "other", "name": "Other"}).is(201).text("id")
	token := w.insider(at, "ann@example.com", organization.Admin)
	send := func(method, path string, body any) *answer {
		t.Helper()
		return w.send(request{method: method, path: path, body: body, token: token})
	}
	made := send("POST", at+"/invitations", m{"email": "bob@example.com", "roles": []string{"admin"}}).is(201)
	if made.text("inviter_id") == "" {
		t.Errorf("got %s", made.raw)
	}
	send("POST", at+"/invitations", m{"email": "carl@example.com", "roles": []string{"owner"}}).is(403, "cannot_confer")
	owner := w.post(at+"/invitations", m{"email": "owner@example.com", "roles": []string{"owner"}}).is(201).text("id")
	send("DELETE", at+"/invitations/"+owner, nil).is(403, "cannot_act_on")
	send("POST", at+"/invitations/"+owner+"/resend", nil).is(403, "cannot_act_on")
	send("DELETE", at+"/invitations/"+made.text("id"), nil).is(204)
	foreign := w.post(other+"/invitations", m{"email": "dora@example.com"}).is(201).text("id")
	send("GET", other+"/invitations", nil).is(403, "permission_missing")
	for _, method := range []string{"GET", "DELETE"} {
		send(method, at+"/invitations/"+foreign, nil).is(404, "invitation_not_found")
	}
	send("POST", other+"/domains", m{"domain": "a.example"}).is(403, "permission_missing")
	send("POST", at+"/domains", m{"domain": "a.example"}).is(201)
	send("GET", at+"/policy", nil).is(200)
	send("PATCH", at+"/policy", m{"mfa": "required"}).is(403, "permission_missing")
}

func TestDomains_areManaged(t *testing.T) {
	t.Parallel()
	dns := &zone{}
	w := newWorld(t, plintotest.Options{DNS: dns})
	at := w.acme()
	made := w.post(at+"/domains", m{"domain": "BÜCHER.example."}).is(201)
	one := at + "/domains/" + made.text("id")
	record := made.Body["record"].(m)
	if made.text("domain") != "xn--bcher-kva.example" || made.text("state") != "pending" || record["name"] != "_plinto-challenge.xn--bcher-kva.example" {
		t.Errorf("got %s", made.raw)
	}
	if got := w.get(one).is(200); string(got.raw) != string(made.raw) {
		t.Errorf("made %s, read %s", made.raw, got.raw)
	}
	w.post(at+"/domains", m{"domain": "co.uk"}).is(400, "domain_public")
	w.post(one+"/verify?validate_only=true", nil).is(400, "domain_record_missing")
	if n := w.count(`SELECT failures FROM organization_domains`); n != 0 {
		t.Error("a look on trial is noted")
	}
	w.post(one+"/verify", nil).is(400, "domain_record_missing")
	if n := w.count(`SELECT failures FROM organization_domains`); n != 1 {
		t.Errorf("%d failures are noted", n)
	}
	dns.Store(record["name"], record["value"])
	if got := w.post(one+"/verify?validate_only=true", nil).is(200); got.text("state") != "verified" {
		t.Errorf("on trial: %s", got.raw)
	}
	if got := w.get(one).is(200); got.text("state") != "pending" {
		t.Errorf("a trial verified it: %s", got.raw)
	}
	verify := request{method: "POST", path: one + "/verify", header: map[string]string{"Idempotency-Key": "v"}}
	if got := w.send(verify).is(200); got.text("state") != "verified" {
		t.Errorf("got %s", got.raw)
	}
	if again := w.send(verify).is(200); again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("the request was served twice")
	}
	other := "/organizations/" + w.post("/organizations", m{"slug": "other", "name": "Other"}).is(201).text("id")
	theirs := w.post(other+"/domains", m{"domain": "bücher.example"}).is(201)
	dns.Store(record["name"], theirs.Body["record"].(m)["value"])
	w.post(other+"/domains/"+theirs.text("id")+"/verify?validate_only=true", nil).is(409, "domain_taken")
	w.post(other+"/domains/"+theirs.text("id")+"/verify", nil).is(409, "domain_taken")
	w.post(other+"/domains/"+made.text("id")+"/verify", nil).is(404, "domain_not_found")
	if got := w.get(at + "/domains").is(200).data(); len(got) != 1 || got[0]["state"] != "verified" {
		t.Errorf("got %v", got)
	}
	w.send(request{method: "DELETE", path: one}).is(204)
	w.get(one).is(404, "domain_not_found")
}

func TestPolicies_onlyTighten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: tenant.Settings{
		SessionTTL: tenant.Duration(3600e9), RememberTTL: tenant.Duration(7200e9), SignUp: tenant.SignUp{DeniedDomains: []string{"bad.example"}},
		MFA: tenant.MFA{Passkeys: tenant.PasskeysOff},
	}})
	at := w.acme() + "/policy"
	read := w.get(at).is(200)
	if got := read.Body["session_ttl"]; fmt.Sprint(got) != "map[source:tenant value:3600]" {
		t.Errorf("got %v", got)
	}
	refused := w.patch(at, m{"session_ttl": 7201, "mfa": "required", "sign_in_methods": []string{"passkey"}, "email_domains": []string{"ok.example", "bad.example"}}).is(422, "policy_looser")
	var pointers []string
	for _, e := range refused.Body["errors"].([]any) {
		pointers = append(pointers, e.(m)["pointer"].(string))
	}
	if got := strings.Join(pointers, " "); got != "/session_ttl /sign_in_methods/0 /email_domains/1" {
		t.Errorf("refused %s", got)
	}
	if got := w.get(at).is(200); string(got.raw) != string(read.raw) {
		t.Errorf("a refused patch changed %s to %s", read.raw, got.raw)
	}
	w.patch(at, m{"session_ttl": 60}).is(400, "invalid_body")
	w.patch(at+"?validate_only=true", m{"mfa": "required"}).is(200)
	w.send(request{method: "PATCH", path: at, body: m{"mfa": "required", "session_ttl": 1800, "email_domains": []string{"ok.example"}}, header: map[string]string{"If-Match": read.Header.Get("ETag")}}).is(200)
	w.send(request{method: "PATCH", path: at, body: m{"mfa": nil}, header: map[string]string{"If-Match": read.Header.Get("ETag")}}).is(412, "precondition_failed")
	got := w.get(at).is(200).Body
	for rule, want := range map[string]string{
		"mfa": "map[configured:required source:organization value:required]", "session_ttl": "map[configured:1800 source:organization value:1800]",
		"remember_ttl": "map[configured:1800 source:organization value:1800]", "email_domains": "map[configured:[ok.example] source:organization value:[ok.example]]",
		"sign_in_methods": "map[source:tenant value:[password]]",
	} {
		if fmt.Sprint(got[rule]) != want {
			t.Errorf("%s: got %v, want %s", rule, got[rule], want)
		}
	}
	if got := w.patch(at, m{"mfa": nil, "email_domains": nil}).is(200).Body; fmt.Sprint(got["mfa"]) != "map[source:tenant value:optional]" {
		t.Errorf("got %v", got["mfa"])
	}
}

func TestMembers_showTheirUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	token := w.insider(at, "ann@example.com", organization.Admin)
	bob := w.User("bob@example.com")
	w.send(request{method: "PUT", path: at + "/members/" + bob.PublicID(), body: m{"roles": []string{}}}).is(200)
	for _, path := range []string{at + "/members?expand=user&limit=1", at + "/members/" + bob.PublicID() + "?expand=user"} {
		got := w.send(request{method: "GET", path: path, token: token}).is(200)
		if !strings.Contains(string(got.raw), "@example.com") {
			t.Errorf("%s: got %s", path, got.raw)
		}
	}
	page := w.get(at + "/members?limit=1").is(200)
	rest := w.get(at + "/members?limit=1&after=" + page.text("next_cursor")).is(200)
	if back := w.get(at + "/members?limit=1&before=" + rest.text("previous_cursor")).is(200); back.data()[0]["user_id"] != page.data()[0]["user_id"] || page.data()[0]["user"] != nil {
		t.Errorf("got %s, back %s", page.raw, back.raw)
	}
	w.get(at+"/members?expand=everything").is(400, "invalid_parameters")
}

// TEN-17: an owner of one organization, by every operation of organizations, at another one, and with the ids of
// another one below their own: nothing is shown and no row is changed.
func TestOrganizations_ofOthersAreNeitherShownNorChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	token := w.insider(at, "ann@example.com", organization.Owner)
	other := w.post("/organizations", m{"slug": "other", "name": "Other"}).is(201).text("id")
	user := w.User("bob@example.com")
	bob := user.PublicID()
	w.send(request{method: "PUT", path: "/organizations/" + other + "/members/" + bob, body: m{"roles": []string{"owner"}}}).is(200)
	foreign := map[string]string{
		"organization_id": other, "user_id": bob,
		"invitation_id": w.post("/organizations/"+other+"/invitations", m{"email": "three@example.com"}).is(201).text("id"),
		"domain_id":     w.post("/organizations/"+other+"/domains", m{"domain": "one.example"}).is(201).text("id"),
	}
	connection := connectionOf("other")
	connection["organization_id"] = other
	foreign["connection_id"] = w.post("/connections", connection).is(201).text("id")
	of := strings.TrimPrefix(at, "/organizations/")
	hash := `SELECT md5(string_agg(x, '|' ORDER BY x)) FROM (
		SELECT m::text x FROM memberships m WHERE organization_id <> $1 UNION ALL SELECT i::text FROM organization_invitations i WHERE organization_id <> $1
		UNION ALL SELECT d::text FROM organization_domains d WHERE organization_id <> $1 UNION ALL SELECT c::text FROM connections c WHERE organization_id <> $1 UNION ALL SELECT o::text FROM organizations o WHERE id <> $1) all_of_it`
	rows := func() (text string) {
		id, err := tid.Parse(organization.Prefix, of)
		must(t, err)
		must(t, w.Owner.QueryRow(t.Context(), hash, id).Scan(&text))
		return text
	}
	before, tried := rows(), 0
	for _, op := range contract.Operations {
		if !op.Organization {
			continue
		}
		fill := func(in string) string {
			return inPath.ReplaceAllStringFunc(op.Path, func(p string) string {
				if name := strings.Trim(p, "{}"); name != "organization_id" {
					return foreign[name]
				}
				return in
			})
		}
		for _, in := range []string{other, of} {
			if in == of && (!strings.Contains(op.Path, "_id}/") || !strings.HasSuffix(op.Path, "}") && !strings.Contains(op.Path, "}/verify") && !strings.Contains(op.Path, "}/resend") && !strings.Contains(op.Path, "{connection_id}/") || op.ID == "setMember") {
				continue // theirs as a whole; or a user who can be added
			}
			tried++
			got := w.send(request{method: op.Method, path: fill(in), body: bodies[op.ID], token: token})
			if got.Status != 403 && got.Status != 404 {
				t.Errorf("%s in %s: got %d %s", op.ID, in, got.Status, got.raw)
			}
		}
	}
	if after := rows(); after != before {
		t.Error("rows of the other organization changed")
	}
	if tried < 20 {
		t.Errorf("only %d requests", tried)
	}
	t.Logf("%d requests", tried)
}
