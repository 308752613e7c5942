package organization_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A world is a server with Alice, and organizations.
type world struct {
	*plintotest.Server
	*organization.Service
	t     *testing.T
	owner *pgx.Conn
	alice identity.User
}

func newWorld(t *testing.T, opts ...plintotest.Options) *world {
	t.Helper()
	server, owner := storagetest.URL(t)
	var o plintotest.Options
	if len(opts) > 0 {
		o = opts[0]
	}
	o.Database = server
	w := &world{t: t, Server: plintotest.Start(t, o), owner: storagetest.Owner(t, owner)}
	s := w.Store
	w.Service = &organization.Service{Organizations: s.Organizations, Writes: s.Organizations, Roles: &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB}, Outbox: s.Outbox, Tx: s.DB}
	w.alice = w.User("alice@example.com")
	return w
}

// client registers one that wants organizations so.
func (w *world) client(mode string, change ...func(*provider.Client)) (*provider.Client, string) {
	w.t.Helper()
	m := testworld.Web("https://rp.example/cb")
	m.TokenEndpointAuthMethod, m.IDTokenSignedAlg = provider.AuthBasic, "ES256"
	m.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
	m.Scope, m.Organization = "openid offline_access roles permissions", mode
	return w.Client(m, change...)
}

// organization makes one in which Alice has roles; none: she is not in it.
func (w *world) organization(slug string, roles ...string) organization.Organization {
	w.t.Helper()
	o, err := w.Create(w.In(), organization.Organization{Slug: slug, Name: strings.ToUpper(slug)})
	w.must(err)
	if len(roles) > 0 {
		w.must(w.SetMember(w.In(), o.ID, organization.Member{UserID: w.alice.ID, Roles: roles}))
	}
	return o
}

func (w *world) suspend(o organization.Organization) {
	w.t.Helper()
	_, err := w.owner.Exec(w.t.Context(), `UPDATE organizations SET suspended_at = now() WHERE id = $1`, o.ID)
	w.must(err)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// request is an authorization request for everything there is.
func (w *world) request(c *provider.Client, name string) string {
	return w.AuthorizeURL(c, url.Values{
		"scope": {"openid offline_access roles permissions"}, "organization": {name}, "code_challenge": {plintotest.Challenge},
	})
}

// code is what the client got.
func (w *world) code(p *plintotest.Page) string {
	w.t.Helper()
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		w.t.Fatalf("no code: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	return p.Left.Query().Get("code")
}

func (w *world) refresh(c *provider.Client, secret string, tokens map[string]any) plintotest.Answer {
	w.t.Helper()
	token, _ := tokens["refresh_token"].(string)
	return w.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, plintotest.As(c, secret))
}

// said is what a token says of an organization.
func (w *world) said(tokens map[string]any, name string) map[string]any {
	w.t.Helper()
	return about(w.claims(tokens, name))
}

// claims are those of a token.
func (w *world) claims(tokens map[string]any, name string) (claims map[string]any) {
	w.t.Helper()
	token, _ := tokens[name].(string)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		w.t.Fatalf("no %s in %v", name, tokens)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	w.must(err)
	w.must(json.Unmarshal(raw, &claims))
	return claims
}

// about are the claims about an organization.
func about(claims map[string]any) map[string]any {
	found := map[string]any{}
	for name, value := range claims {
		if strings.HasPrefix(name, "org_") {
			found[name] = value
		}
	}
	return found
}

func publicID(o organization.Organization) string { return tid.Format(organization.Prefix, o.ID) }

// The way of a real client: sign in, choose, tokens, userinfo, introspection, another role, refresh,
// and another organization without a password.
func TestOrganization_isChosenAndSaidInTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, secret := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme, globex := w.organization("acme", "admin"), w.organization("globex", "member")
	b := w.Browser()
	p := b.Open(w.request(c, "")).Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#organization-0").Text() == "" || p.Doc.Find("#organization-1").Length() != 1 || p.Doc.Find("#without").Length() != 0 {
		t.Fatalf("not asked which organization: on %s, left to %v", p.URL, p.Left)
	}
	if got := b.Silently(w.request(c, "")); got != "interaction_required" {
		t.Errorf("silently: got %q, want interaction_required", got)
	}
	tokens := w.Redeem(c, secret, w.code(p.Submit("organization-0", nil))).JSON
	small := map[string]any{"org_id": publicID(acme), "org_slug": "acme", "org_roles": []any{"admin"}}
	if diff := cmp.Diff(small, w.said(tokens, "id_token")); diff != "" {
		t.Errorf("ID token (-want +got):\n%s", diff)
	}
	permissions, _ := (&organization.RoleService{Store: w.Store.Roles}).Permissions(w.In(), []string{"admin"})
	full := map[string]any{"org_id": publicID(acme), "org_slug": "acme", "org_roles": []any{"admin"}, "org_permissions": list(permissions)}
	token, _ := tokens["access_token"].(string)
	for name, got := range map[string]map[string]any{
		"access token":  w.said(tokens, "access_token"),
		"userinfo":      about(w.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+token)).JSON),
		"introspection": about(w.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token}}, plintotest.As(c, secret)).JSON),
	} {
		if diff := cmp.Diff(full, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	w.must(w.SetMember(w.In(), acme.ID, organization.Member{UserID: w.alice.ID, Roles: []string{"member"}}))
	a := w.refresh(c, secret, tokens)
	if got := w.said(a.JSON, "access_token"); got["org_permissions"] != nil || cmp.Diff([]any{"member"}, got["org_roles"]) != "" {
		t.Errorf("after a refresh the token says %v, want the new role", got)
	}
	tokens = w.Redeem(c, secret, w.code(b.Open(w.request(c, publicID(globex))))).JSON
	if got := w.said(tokens, "id_token"); got["org_slug"] != "globex" {
		t.Errorf("switched to %v, want globex", got)
	}
}

func list(texts []string) (all []any) {
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// What each wish of a client leads to, by how many organizations the user has.
func TestOrganization_isAskedForOnlyWhereThereIsAChoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none, _ := w.client("", plintotest.FirstParty)
	optional, secret := w.client(provider.OrganizationOptional, plintotest.FirstParty)
	required, requiredSecret := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	b := w.Browser()
	w.code(b.Open(w.request(none, "")).Submit("submit", plintotest.Alice()))
	w.code(b.Open(w.request(optional, "")))
	p := b.Open(w.request(required, ""))
	if p.Doc == nil || p.Doc.Find("#organization-0").Length() != 0 || p.Doc.Find("#use-another").Length() != 1 {
		t.Fatalf("without an organization: on %s, left to %v", p.URL, p.Left)
	}
	if p = p.Submit("cancel", nil); p.Left.Query().Get("error") != "access_denied" || p.Left.Query().Has("error_description") {
		t.Errorf("cancelled: %v", p.Left)
	}
	acme := w.organization("acme", "owner")
	if got := w.said(w.Redeem(required, requiredSecret, w.code(b.Open(w.request(required, "")))).JSON, "id_token"); got["org_id"] != publicID(acme) {
		t.Errorf("the only one was not taken: %v", got)
	}
	p = b.Open(w.request(optional, ""))
	if got := w.said(w.Redeem(optional, secret, w.code(p.Submit("without", nil))).JSON, "access_token"); len(got) != 0 {
		t.Errorf("without an organization the token says %v", got)
	}
	if got := w.said(w.Redeem(optional, secret, w.code(b.Open(w.request(optional, "")).Submit("organization-0", nil))).JSON, "id_token"); got["org_slug"] != "acme" {
		t.Errorf("chosen, the token says %v", got)
	}
	w.code(b.Open(w.request(none, "")))
}

// TEN-16: unknown, another tenant's, and one that the user is not in are one, and say nothing to who is not
// signed in. Nor does the form of the page choose what the page did not offer.
func TestOrganization_ofOthersIsUnknown_TEN16(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	w.organization("acme", "owner")
	w.organization("globex", "owner")
	hidden := w.organization("hidden")
	elsewhere := tenant.With(t.Context(), w.NewTenant("elsewhere", "", tenant.Settings{}))
	foreign, err := w.Create(elsewhere, organization.Organization{Slug: "foreign", Name: "Foreign"})
	w.must(err)
	answers := map[string]bool{}
	for _, name := range []string{"hidden", publicID(hidden), "foreign", publicID(foreign), "nothing", "org_00000000000000000000000000"} {
		b := w.Browser()
		if p := b.Open(w.request(c, name)); p.Doc == nil || p.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s: a stranger is told: on %s, left to %v", name, p.URL, p.Left)
		}
		if got := b.Silently(w.request(c, name)); got != "login_required" {
			t.Errorf("%s: a silent stranger got %q, want login_required", name, got)
		}
		answers[b.SignIn(w.request(c, name), "alice@example.com").Encode()] = true
		p := b.Open(w.request(c, ""))
		p = p.Submit("organization-0", map[string]string{"organization": name})
		if p.Left != nil || p.Doc.Find("#organization-0").Length() != 1 {
			t.Errorf("%s: posted, left to %v", name, p.Left)
		}
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	for answer := range answers {
		if !strings.Contains(answer, "error=access_denied") || !strings.Contains(answer, "error_description=the+user+is+not+a+member") {
			t.Errorf("answer: %s", answer)
		}
	}
}

// Who left, or whose organization is suspended, gets nothing more of what was granted; other grants and
// memberships stay.
func TestOrganization_endsGrantsOfWhoLeftAndWhileSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, secret := w.client(provider.OrganizationOptional, plintotest.FirstParty)
	kept := w.organization("kept", "owner")
	b := w.Browser()
	w.code(b.Open(w.request(c, "kept")).Submit("submit", plintotest.Alice()))
	for what, end := range map[string]func(organization.Organization){
		"removed": func(o organization.Organization) {
			w.must(w.RemoveMember(w.In(), o.ID, w.alice.ID))
		},
		"removed and added": func(o organization.Organization) {
			w.must(w.RemoveMember(w.In(), o.ID, w.alice.ID))
			w.must(w.SetMember(w.In(), o.ID, organization.Member{UserID: w.alice.ID, Roles: []string{"owner"}}))
		},
		"suspended": w.suspend,
		"deleted":   func(o organization.Organization) { w.must(w.Delete(w.In(), o.ID)) },
	} {
		slug := strings.ReplaceAll(what, " ", "-")
		o := w.organization(slug, "owner")
		other := w.Redeem(c, secret, w.code(b.Open(w.request(c, "kept")))).JSON
		tokens := w.Redeem(c, secret, w.code(b.Open(w.request(c, slug)))).JSON
		code := w.code(b.Open(w.request(c, slug)))
		end(o)
		w.Redeem(c, secret, code).Wants(t, http.StatusBadRequest, "invalid_grant")
		token, _ := tokens["access_token"].(string)
		if a := w.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token}}, plintotest.As(c, secret)); a.JSON["active"] != false {
			t.Errorf("%s: introspection says %s", what, a.Text)
		}
		w.refresh(c, secret, tokens).Wants(t, http.StatusBadRequest, "invalid_grant")
		if what == "suspended" {
			p := b.Open(w.request(c, slug))
			if p.Doc == nil || p.Doc.Find("#organization-form").Length() != 1 || p.Doc.Find("#organization-0").Length() != 0 {
				t.Errorf("signed in to a suspended organization: on %s, left to %v", p.URL, p.Left)
			}
			_, err := w.owner.Exec(t.Context(), `UPDATE organizations SET suspended_at = NULL WHERE id = $1`, o.ID)
			w.must(err)
			w.refresh(c, secret, tokens).Wants(t, http.StatusBadRequest, "invalid_grant") // the first refusal ended the grant
		}
		if a := w.refresh(c, secret, other); a.StatusCode != http.StatusOK || w.said(a.JSON, "access_token")["org_id"] != publicID(kept) {
			t.Errorf("%s: the other organization: %d %s", what, a.StatusCode, a.Text)
		}
	}
}

// CON-11: what was allowed for one organization says nothing of another.
func TestConsent_isForTheOrganizationThatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationNone)
	w.organization("acme", "owner")
	w.organization("globex", "owner")
	b := w.Browser()
	p := b.Open(w.request(c, "acme")).Submit("submit", plintotest.Alice())
	if p.Doc == nil || !strings.Contains(p.Doc.Find("#organization").Text(), "ACME") {
		t.Fatalf("the consent page does not name the organization: %s", p.URL)
	}
	w.code(p.Submit("allow", nil))
	for name, want := range map[string]string{"acme": "", "globex": "consent_required", "": "consent_required"} {
		if got := b.Silently(w.request(c, name)); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
