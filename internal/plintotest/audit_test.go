package plintotest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// An auditor reads what is new in the audit log.
type auditor struct {
	t    *testing.T
	conn *pgx.Conn
	seen map[string]bool
}

// An auditRow is one row as this test compares it.
type auditRow struct {
	ID, Type, Actor, Outcome, Reason, Subject, Data string
	Origin                                          bool // address, browser and request are known
}

// fresh returns the rows that were not there before, as "type actor outcome reason",
// sorted. Each must name a subject, where there is one, and where it came from.
func (a *auditor) fresh() []string {
	a.t.Helper()
	rows, _ := a.conn.Query(a.t.Context(), `
		SELECT id::text, type, actor_type, outcome, reason, subject, data::text,
			(p.detail ? 'ip' AND p.detail ? 'agent' OR d.sealed IS NOT NULL) AND request_id <> ''
		FROM audit_log LEFT JOIN audit_pending p USING (tenant_id, id) LEFT JOIN audit_details d USING (tenant_id, id)`) // the error is also in rows
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auditRow])
	if err != nil {
		a.t.Fatal(err)
	}
	var fresh []string
	for _, r := range all {
		if a.seen[r.ID] {
			continue
		}
		a.seen[r.ID] = true
		line := fmt.Sprintf("%s %s %s", r.Type, r.Actor, r.Outcome)
		if r.Reason != "" {
			line += " " + r.Reason
		}
		fresh = append(fresh, line)
		anonymous := r.Reason == "unknown_user" || r.Type == "sign_up.requested"
		if (r.Subject == "") != anonymous {
			a.t.Errorf("%s: subject %q", line, r.Subject)
		}
		if byRequest := r.Actor != "system" && r.Actor != "operator"; r.Origin != byRequest {
			a.t.Errorf("%s: where it came from is known: %t", line, r.Origin)
		}
	}
	slices.Sort(fresh)
	return fresh
}

func TestAudit_hasARowForEverySecurityFact(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := Start(t, Options{Database: server, Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
	}})
	client, secret := s.Client(web("https://rp.example/cb"))
	opaque, opaqueSecret := s.Client(web("https://opaque.example/cb"), FirstParty)
	setOpaque(t, s)
	s.User("alice@example.com")
	s.User("bob@example.com")
	disabled := s.User("carol@example.com")
	s.Disable(disabled)
	a := &auditor{t, storagetest.Owner(t, owner), map[string]bool{}}
	s.Succeeds(s.Send(http.MethodGet, "/.well-known/jwks.json", nil)) // both keys are there, whoever made them
	made := a.fresh()
	for _, want := range []string{"key.created system success", "client.created operator success", "tenant.created operator success", "user.created operator success", "resource_server.updated operator success"} {
		if !slices.Contains(made, want) {
			t.Errorf("no %s among %v", want, made)
		}
	}

	b := s.Browser()
	scope := url.Values{"scope": {"openid offline_access"}, "code_challenge": {Challenge}}
	var p *Page
	var code string
	var tokens map[string]string
	form := func(token string) url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	}
	signIn := func(name, password string) func() {
		return func() {
			p = b.Open(s.AuthorizeURL(client, scope)).Submit("submit", map[string]string{"username": name, "password": password})
		}
	}
	redeem := func() {
		answer := s.Succeeds(s.Redeem(client, secret, code))
		tokens = map[string]string{}
		for _, name := range []string{"access_token", "refresh_token", "id_token"} {
			tokens[name], _ = answer.JSON[name].(string)
		}
	}
	refresh := func(token string) Answer {
		return s.Send(http.MethodPost, "/oauth2/token", form(token), As(client, secret))
	}
	for _, c := range []struct {
		what string
		do   func()
		want []string
	}{
		{"a wrong password", signIn("alice@example.com", "wrong"), []string{"authentication.failed anonymous failure bad_credentials"}},
		{"an unknown name", signIn("nobody@example.com", Password), []string{"authentication.failed anonymous failure unknown_user"}},
		{"a disabled user", signIn("carol@example.com", Password), []string{"authentication.failed anonymous failure user_disabled"}},
		{"a sign-in", signIn("alice@example.com", Password), []string{"authentication.succeeded user success", "session.created user success"}},
		{"consent refused", func() { p.Submit("deny", nil) }, []string{"consent.denied user success"}},
		{"consent given", func() {
			p = b.Open(s.AuthorizeURL(client, scope)).Submit("allow", nil)
			code = p.Left.Query().Get("code")
		}, []string{"authorization.granted user success", "consent.granted user success"}},
		{"a code redeemed", redeem, nil},
		{"a refresh", func() {
			tokens["next"], _ = s.Succeeds(refresh(tokens["refresh_token"])).JSON["refresh_token"].(string)
		}, nil},
		{"an access token revoked", func() {
			for range 2 { // the second time it is no news
				s.Succeeds(s.Send(http.MethodPost, "/oauth2/revoke", url.Values{"token": {tokens["access_token"]}}, As(client, secret)))
			}
		}, []string{"token.revoked client success"}},
		{"a refresh token used again within its grace time", func() {
			s.Succeeds(refresh(tokens["refresh_token"]))
		}, []string{"token.refresh_repeated client success"}},
		{"a refresh token used again later", func() {
			if _, err := a.conn.Exec(t.Context(), `UPDATE refresh_tokens SET used_at = used_at - interval '1 hour' WHERE used_at IS NOT NULL`); err != nil {
				t.Fatal(err)
			}
			refresh(tokens["refresh_token"]).Wants(t, http.StatusBadRequest, "invalid_grant")
		}, []string{"token.reuse_detected client failure refresh_token_reused"}},
		{"a code used again", func() {
			code = s.authorizes(b, client)
			redeem()
			s.Redeem(client, secret, code).Wants(t, http.StatusBadRequest, "invalid_grant")
		}, []string{"authorization.granted user success", "code.reuse_detected client failure code_spent"}},
		{"a refresh token revoked", func() {
			code = s.authorizes(b, client)
			redeem()
			s.Succeeds(s.Send(http.MethodPost, "/oauth2/revoke", url.Values{"token": {tokens["refresh_token"]}}, As(client, secret)))
		}, []string{"authorization.granted user success", "grant.revoked client success"}},
		{"an opaque access token revoked", func() {
			token := s.Succeeds(s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "resource": {"https://opaque.example"}}, As(opaque, opaqueSecret)))
			s.Succeeds(s.Send(http.MethodPost, "/oauth2/revoke", url.Values{"token": {token.JSON["access_token"].(string)}}, As(opaque, opaqueSecret)))
		}, []string{"token.revoked client success"}},
		{"a sign-in again in the same session", func() {
			p = b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"login"}})).Submit("submit", Alice())
		}, []string{"authentication.succeeded user success", "authorization.granted user success"}},
		{"a sign-in of somebody else in the same browser", func() {
			b.Open(s.AuthorizeURL(opaque, url.Values{"prompt": {"login"}})).Submit("submit", map[string]string{"username": "bob@example.com", "password": Password})
		}, []string{"authentication.succeeded user success", "authorization.granted user success", "session.created user success", "session.ended user success"}},
		{"a sign-out", func() { b.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil) }, []string{"session.ended user success"}},
		{"a client registers", func() { s.register(t, "") }, []string{"client.created client success"}},
		{"somebody asks for an account", func() { p = s.Ask(b, client, newcomer) }, []string{"sign_up.requested anonymous success"}},
		{"and finishes", func() { p.Finish(CodeOf(t, s.Mailed(newcomer, 1))) }, []string{
			"authentication.succeeded user success", "session.created user success", "user.created user success",
		}},
	} {
		c.do()
		if diff := cmp.Diff(c.want, a.fresh()); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
}

// setOpaque makes a resource server whose tokens are opaque.
func setOpaque(t *testing.T, s *Server) {
	t.Helper()
	err := (&provider.ResourceServerService{Servers: s.Store.ResourceServers, Outbox: s.Store.Outbox, Tx: s.Store.DB}).Put(s.In(), provider.ResourceServer{Identifier: "https://opaque.example", Format: provider.FormatOpaque})
	if err != nil {
		t.Fatal(err)
	}
	s.settle()
}
