package plintotest

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// routes returns the paths of every route of the server, and some without a route.
func routes(t *testing.T, s *Server) []string {
	t.Helper()
	paths := s.App.Routes()
	if len(paths) < 24 {
		t.Fatalf("only %d routes found", len(paths))
	}
	for i := range paths {
		paths[i] = strings.NewReplacer("{client_id}", "client_x", "{topic}", "users", "{code}", "invalid_body").Replace(paths[i])
	}
	return append(paths, "/nothing", "/assets/x")
}

// tables returns a fingerprint of the rows of every table, by its name. What the
// queue does by itself is left out, and so are seals and counts of the audit log: its rows are not.
func tables(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	names, err := conn.Query(t.Context(), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'river%'
		AND relname !~ '^audit_(pending|trees|leaves|tiles|heads|keys|persons|details)$|^statistics'`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(names, pgx.RowTo[string])
	if err != nil || len(all) < 15 {
		t.Fatalf("%d tables, %v", len(all), err)
	}
	prints := map[string]string{}
	for _, name := range all {
		var print string
		sql := `SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(r::text, ',' ORDER BY r::text)), '') FROM ` + pgx.Identifier{name}.Sanitize() + ` r`
		if err := conn.QueryRow(t.Context(), sql).Scan(&print); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		prints[name] = print
	}
	return prints
}

// SES-07: {every route} × {GET, HEAD, OPTIONS} × {nobody, a user, a client}: asking
// changes no row. What may is listed: a signed-in user's authorization request is
// answered with a code, and so are the jobs of the queue left alone.
func TestGET_changesNoRows(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := Start(t, Options{Database: database, Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
	}})
	client, key := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	user, nobody := s.Browser(), s.Browser()
	token := s.login(t, user, client, key, nil)
	s.Mailed("alice@example.com", 1) // of the sign-in: its link is stored by then
	flow := nobody.Open(s.AuthorizeURL(client, nil)).URL.Query().Get("flow")
	roles := map[string]func(*http.Request){
		"nobody": nobody.Cookies, "a user": user.Cookies,
		"a client": func(r *http.Request) { r.SetBasicAuth(client.ClientID, key) },
		"a token":  With("Authorization", "Bearer "+token.AccessToken),
	}
	conn := storagetest.Owner(t, owner)
	before, facts := tables(t, conn), told(t, conn)
	for role, as := range roles {
		for _, path := range routes(t, s) {
			for _, query := range []string{"", "?flow=" + flow, "?token=plot_x&action=allow&logout=yes&client_id=" + url.QueryEscape(client.ClientID)} {
				for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
					if a := s.Send(method, path+query, nil, as); a.StatusCode >= 500 {
						t.Errorf("%s, %s %s%s: %d", role, method, path, query, a.StatusCode)
					}
				}
			}
		}
	}
	for name, now := range tables(t, conn) {
		if name == "request_trails" || strings.HasPrefix(name, "audit_") {
			continue // what was refused is recorded, and changes nothing
		}
		if now != before[name] {
			t.Errorf("%s: had %s, has %s", name, before[name], now)
		}
	}
	if now := told(t, conn); now != facts {
		t.Errorf("the audit log had %d facts, has %d", facts, now)
	}
}

// told returns how many rows the audit log has of anything but refusals.
func told(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type NOT IN ($1, $2)`,
		event.RequestRefused{}.Type(), event.ClientAuthenticationFailed{}.Type()).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// CON-05, COD-15: no page may be framed, referred from to another site, or loads
// anything of others but pictures. {every page}, errors among them. What belongs to
// signing in and out keeps the window that opened it.
func TestPages_haveTheirHeaders(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	pages := map[string]*Page{
		"error": s.Browser().Open(s.Issuer() + "/nothing"), "start again": s.Browser().Open(s.Issuer() + "/login?flow=x"),
		"refused": s.Browser().Open(s.Issuer() + "/oauth2/authorize?client_id=x"), "home": s.Browser().Open(s.Issuer() + "/"),
		"logged out": s.Browser().Open(s.Issuer() + "/logged-out"),
	}
	for name, open := range everyForm(t, s) {
		f := open()
		path := f.Path
		if flow := f.Data.Get("flow"); flow != "" {
			path += "?flow=" + flow
		}
		pages[name] = f.Browser.Open(s.Issuer() + path)
	}
	for name, p := range pages {
		header := map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Content-Type": "text/html; charset=utf-8", "Strict-Transport-Security": "max-age=0", // the test server is on loopback
		}
		if strings.HasPrefix(name, "account ") || name == "error" || name == "home" || name == "setup" || name == "password" || name == "recovery link" || name == "not me" || name == "email confirm" {
			header["Cross-Origin-Opener-Policy"] = "same-origin"
		} else {
			header["Cross-Origin-Opener-Policy"] = ""
		}
		for field, want := range header {
			if got := p.Header.Get(field); got != want {
				t.Errorf("%s: %s is %q, want %q", name, field, got, want)
			}
		}
		csp := p.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "frame-src 'none'", "style-src 'self';", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: CSP has no %s: %s", name, want, csp)
			}
		}
		if strings.Contains(csp, "form-action") || strings.Contains(csp, "unsafe") || p.Doc.Find("script:not([src^='/assets/page-']), iframe, object, embed").Length() > 0 {
			t.Errorf("%s: CSP %s", name, csp)
		}
	}
	if len(pages) < 12 {
		t.Errorf("only %v", maps.Keys(pages))
	}
}
