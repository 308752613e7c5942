package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

func TestUserConsents_areListedAndTakenBack(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	for _, id := range []string{"shop", "bank"} {
		x.ok("client", "create", id, "--type", "web", "--redirect-uri", "https://"+id+".example/cb")
	}
	x.ok("user", "create", "alice@example.com")
	s := x.store()
	found, err := s.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	ctx := tenant.With(t.Context(), found)
	held, err := s.Users.Credential(ctx, "alice@example.com", nil)
	alice := held.User
	if err != nil {
		t.Fatal(err)
	}
	session := identity.Session{ID: uuid.New(), TokenHash: make([]byte, 32), UserID: alice.ID, Mark: alice.NotBefore, IdleTTL: 1 << 40, SeenAt: time.Now(), RotatedAt: time.Now(), ExpiresAt: alice.CreatedAt.AddDate(1, 0, 0)}
	if err := s.Sessions.Create(ctx, session); err != nil {
		t.Fatal(err)
	}
	grants := map[string]uuid.UUID{}
	allow := func(id, host string) {
		t.Helper()
		c, err := s.Clients.ByClientID(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Consents.Allow(ctx, provider.Consent{
			UserID: alice.ID, ClientID: c.ID, Shown: []byte(id + host), Name: "The " + id, RedirectHost: host,
			Permissions: []provider.Permission{{Scope: "openid"}, {Scope: "read", Resource: "https://api.example"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		grants[id] = uuid.New()
		err = s.DB.InTx(ctx, func(ctx context.Context) error {
			return s.Codes.Issue(ctx, provider.Grant{
				ID: grants[id], ClientID: c.ID, UserID: alice.ID, SessionID: session.ID, ClientMark: c.NotBefore, ExpiresAt: session.ExpiresAt,
			}, provider.Code{Hash: []byte(id + host), FlowID: uuid.New(), SessionToken: session.TokenHash, TTL: 1 << 40}, func(identity.User) {})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	stands := func(id string) bool {
		_, _, err := s.AccessTokens.InspectJWT(ctx, "jti", grants[id])
		return err == nil
	}
	allow("shop", "shop.example")
	allow("shop", "other.example")
	allow("bank", "bank.example")
	var rows []consentRow
	x.into(&rows, "user", "consents", "list", "alice@example.com")
	if len(rows) != 3 || rows[0].ClientID != "bank" || rows[0].GrantedAt == "" {
		t.Fatalf("listed %+v", rows)
	}
	rows[0].GrantedAt = ""
	if diff := cmp.Diff(consentRow{ClientID: "bank", Name: "The bank", RedirectHost: "bank.example", Scopes: []string{"openid", "read at https://api.example"}}, rows[0]); diff != "" {
		t.Error(diff)
	}
	var granted []grantRow
	x.into(&granted, "user", "grants", "list", "alice@example.com")
	if len(granted) != 3 || granted[0].CreatedAt == "" {
		t.Fatalf("granted %+v", granted)
	}
	other := slices.IndexFunc(granted, func(g grantRow) bool { return g.ClientID == "shop" })
	x.ok("user", "grants", "end", "alice@example.com", granted[other].ID)
	x.refused(exitFailed, "no such grant", "user", "grants", "end", "alice@example.com", granted[other].ID)
	if x.into(&granted, "user", "grants", "list", "alice@example.com"); len(granted) != 2 {
		t.Errorf("left %+v", granted)
	}
	x.refused(exitUsage, "say which application", "user", "consents", "revoke", "alice@example.com")
	x.refused(exitUsage, "say which application", "user", "consents", "revoke", "alice@example.com", "shop", "--all")
	x.refused(exitFailed, `there is no client "nobody"`, "user", "consents", "revoke", "alice@example.com", "nobody")
	x.ok("user", "consents", "revoke", "alice@example.com", "shop")
	if x.into(&rows, "user", "consents", "list", "alice@example.com"); len(rows) != 1 || rows[0].ClientID != "bank" || stands("shop") || !stands("bank") {
		t.Errorf("one taken back: %+v, grants stand: shop %t, bank %t", rows, stands("shop"), stands("bank"))
	}
	x.ok("user", "consents", "revoke", "alice@example.com", "--all")
	if out := x.ok("user", "consents", "list", "alice@example.com"); strings.Contains(out, "bank") || stands("bank") {
		t.Errorf("all taken back: %s, grant stands: %t", out, stands("bank"))
	}
}

// SUB-02: whoever declares a sector, what it leads to must list the redirect URIs.
func TestClient_sectorIsReadWhereverItIsDeclared(t *testing.T) {
	t.Parallel()
	listed := `["https://one.example/cb","https://two.example/cb"]`
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, listed) }))
	defer site.Close()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	create := func(id, uri string, more ...string) []string {
		return append([]string{
			"client", "create", id, "--type", "web", "--redirect-uri", "https://one.example/cb,https://two.example/cb",
			"--set", "subject_type=pairwise", "--set", "sector_identifier_uri=" + uri,
		}, more...)
	}
	x.ok(create("good", site.URL)...)
	x.refused(exitFailed, "cannot be read from here", create("unread", "http://127.0.0.1:1")...)
	x.ok(create("trusted", "http://127.0.0.1:1", "--trust-sectors")...)
	if out := x.ok("client", "show", "good"); !strings.Contains(out, strings.TrimPrefix(site.URL, "http://")) && !strings.Contains(out, "sector") {
		t.Errorf("shown: %s", out)
	}
	x.refused(exitFailed, "does not list every redirect URI", "client", "update", "good", "--redirect-uri", "https://three.example/cb")
	x.ok("client", "update", "good", "--name", "Good") // nothing that the sector is about
	listed = `["https://three.example/cb"]`
	if out := x.ok("client", "update", "good", "--redirect-uri", "https://three.example/cb"); strings.Contains(out, "has ended") {
		t.Errorf("the sector is the same: %s", out)
	}
	if out := x.ok("client", "update", "good", "--set", "subject_type=public"); !strings.Contains(out, "has ended") {
		t.Errorf("other subjects: %s", out)
	}

	file := filepath.Join(x.dir, "plinto.yaml")
	manifest := `tenants:
  - slug: acme
    name: acme
    clients:
      - client_id: declared
        redirect_uris: ["https://one.example/cb", "https://three.example/cb"]
        token_endpoint_auth_method: none
        subject_type: pairwise
        sector_identifier_uri: ` + site.URL + "\n"
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	x.refused(exitFailed, "does not list every redirect URI", "apply", "-f", file)
	listed = `["https://three.example/cb","https://one.example/cb"]`
	x.ok("apply", "-f", file)
	listed = `[]`
	if out := x.ok("apply", "-f", file); !strings.Contains(out, "0 to update") { // nothing changes
		t.Errorf("applied again: %s", out)
	}
}
