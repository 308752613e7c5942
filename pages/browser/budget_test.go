package browser

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// rows keep stored flows in memory.
type rows struct {
	all  map[uuid.UUID]provider.StoredFlow
	full bool
}

func (f *rows) Keep(_ context.Context, s provider.StoredFlow, _ time.Duration) error {
	if f.full {
		return provider.ErrFlowsFull
	}
	s.Version = 1
	f.all[s.ID] = s
	return nil
}

func (f *rows) Find(_ context.Context, id uuid.UUID, browser []byte) (provider.StoredFlow, error) {
	s, ok := f.all[id]
	if !ok || !secret.Equal(s.Browser, browser) {
		return s, provider.ErrFlowGone
	}
	return s, nil
}

func (f *rows) Change(_ context.Context, s provider.StoredFlow) error {
	if f.all[s.ID].Version != s.Version {
		return provider.ErrFlowGone
	}
	s.Version++
	f.all[s.ID] = s
	return nil
}

func (f *rows) Drop(_ context.Context, id uuid.UUID, _ []byte) error {
	delete(f.all, id)
	return nil
}

// A visitor is a browser that visits issuers of one host.
type visitor struct {
	t    *testing.T
	b    *Browser
	rows *rows
	jar  *cookiejar.Jar
	now  time.Time
}

var site = &url.URL{Scheme: "https", Host: "id.example"}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	root, _ := secret.NewRoot()
	box, err := secret.NewBox(root.Subkey("b"))
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, rows: &rows{all: map[uuid.UUID]provider.StoredFlow{}}, jar: jar, now: time.Now()}
	v.b = &Browser{Box: box, DeviceKey: root.Subkey("d"), Flows: v.rows, Secure: true, Now: func() time.Time { return v.now }}
	return v
}

// issuers of the host: its own and two below a path.
var (
	main = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "main", Issuer: "https://id.example"}
	acme = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "acme", Path: "/t/acme"}
	evil = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "evil", Path: "/t/evil"}
)

// do lets an issuer answer the browser, and returns the answer.
func (v *visitor) do(t *tenant.Tenant, f func(w http.ResponseWriter, r *http.Request)) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodGet, site.String()+t.Path+"/login", nil)
	for _, c := range v.jar.Cookies(site) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	f(w, r.WithContext(tenant.With(r.Context(), t)))
	v.jar.SetCookies(site, w.Result().Cookies())
	if n := v.sent(); n > budget {
		v.t.Errorf("the browser sends %d bytes of cookies", n)
	}
	return w
}

// sent is the length of the browser's Cookie header.
func (v *visitor) sent() int {
	r := httptest.NewRequest(http.MethodGet, site.String(), nil)
	for _, c := range v.jar.Cookies(site) {
		r.AddCookie(c)
	}
	return len(r.Header.Get("Cookie"))
}

// begin starts a flow with a state of that length.
func (v *visitor) begin(t *tenant.Tenant, state int) *provider.Flow {
	v.t.Helper()
	flow := v.b.NewFlow(provider.Request{
		ClientID: "client_01jdw4k8m6f2ts9y7x3q5v0zre", RedirectURI: "https://app.example.com/oauth/callback", RedirectURISent: true, ResponseType: "code", ResponseMode: "query",
		Scopes: []string{"openid", "profile", "email", "offline_access"}, State: strings.Repeat("s", state), Nonce: strings.Repeat("n", 43), Challenge: strings.Repeat("c", 43),
	})
	v.now = v.now.Add(time.Millisecond)
	v.do(t, func(w http.ResponseWriter, r *http.Request) {
		if err := v.b.SaveFlow(w, r, flow); err != nil {
			v.t.Fatalf("save flow: %v", err)
		}
	})
	return flow
}

// opens reports whether the browser can go on with a flow.
func (v *visitor) opens(t *tenant.Tenant, flow *provider.Flow) (open bool) {
	v.t.Helper()
	v.do(t, func(_ http.ResponseWriter, r *http.Request) {
		found, err := v.b.flow(r, flow.Handle())
		open = err == nil && found.CSRF == flow.CSRF
	})
	return open
}

func (v *visitor) signIn(t *tenant.Tenant) *httptest.ResponseRecorder {
	v.t.Helper()
	return v.do(t, func(w http.ResponseWriter, r *http.Request) {
		v.b.KeepSession(w, r, secret.Token(identity.SessionPrefix), identity.Session{ID: uuid.New()})
		device := v.b.Device(r)
		v.b.Remember(w, r, &device, uuid.New())
	})
}

// NET-21, NET-24: {length of state} × twenty tabs: each can be gone on with, within the
// budget, and most people's need no row.
func TestSaveFlow_twentyTabsFitWhateverTheirState(t *testing.T) {
	t.Parallel()
	for _, state := range []int{0, 43, 300, 1500, 4096} {
		v := newVisitor(t)
		v.signIn(main)
		var tabs []*provider.Flow
		for range provider.MaxFlows {
			tabs = append(tabs, v.begin(main, state))
		}
		if first := tabs[0]; (first.Row > 0) != (state > 500) {
			t.Errorf("state of %d bytes: the first tab has a row: %t", state, first.Row > 0)
		}
		for i, flow := range tabs {
			if !v.opens(main, flow) {
				t.Errorf("state of %d bytes: tab %d is gone", state, i)
			}
		}
		t.Logf("state of %d bytes: %d rows, %d bytes of cookies", state, len(v.rows.all), v.sent())
	}
}

// NET-21: no number of navigations to whichever issuers makes the browser send more.
func TestSaveFlow_keepsTheBudgetOfTheHost(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	mine := v.begin(main, 43)
	for i := range 200 {
		v.begin([]*tenant.Tenant{evil, acme, main}[i%3], i*37%4097)
	}
	if !v.opens(main, mine) {
		t.Error("the flow that was begun before others' is gone")
	}
	if w := v.signIn(main); len(w.Result().Cookies()) < 3 {
		t.Errorf("signed in: %v", w.Header())
	}
}

// NET-25: an issuer below a path takes nothing from its neighbours.
func TestCookies_ofIssuersOfOneHostAreKeptApart(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	flow := v.begin(acme, 43)
	if v.opens(evil, flow) || v.opens(main, flow) || !v.opens(acme, flow) {
		t.Error("a flow of one issuer opens at another")
	}
	large := v.begin(acme, 4096)
	if v.opens(evil, large) || v.opens(main, large) || !v.opens(acme, large) {
		t.Error("a stored flow of one issuer opens at another")
	}
	v.signIn(acme)
	for range 100 {
		v.begin(evil, 43)
	}
	var held bool
	for _, c := range v.jar.Cookies(site) {
		held = held || c.Name == "__Host-plinto_s_acme"
		if !strings.HasPrefix(c.Name, web.HostPrefix) {
			t.Errorf("a cookie is called %s", c.Name)
		}
	}
	if !held || !v.opens(acme, flow) {
		t.Error("one issuer's flows pushed out another's session or flow")
	}
}

// Signed in to as many issuers of one host as there are, the browser still sends no
// more: those it was signed in to longest ago have to go.
func TestKeepSession_keepsTheBudgetOfTheHost(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	var last *tenant.Tenant
	for i := range 60 {
		last = &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: fmt.Sprintf("tenant-%02d", i), Path: fmt.Sprintf("/t/tenant-%02d", i)}
		v.signIn(last)
	}
	names := map[string]bool{}
	for _, c := range v.jar.Cookies(site) {
		names[c.Name] = true
	}
	if !names["__Host-plinto_s_"+last.Slug] || !names["__Host-plinto_d_"+last.Slug] || names["__Host-plinto_s_tenant-00"] {
		t.Errorf("kept: %v", names)
	}
}

// NET-22: where there can be no row, the oldest flow goes; who has few tabs notes nothing.
func TestSaveFlow_withoutARowTakesThePlaceOfTheOldest(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.rows.full = true
	var tabs []*provider.Flow
	for range provider.MaxFlows {
		tabs = append(tabs, v.begin(main, 43))
	}
	for i, flow := range tabs {
		if recent := i >= provider.MaxFlows-4; recent && !v.opens(main, flow) || i == 0 && v.opens(main, flow) {
			t.Errorf("tab %d can be gone on with: %t", i, !recent)
		}
	}
	v.do(main, func(w http.ResponseWriter, r *http.Request) {
		if err := v.b.SaveFlow(w, r, v.b.NewFlow(provider.Request{State: strings.Repeat("s", 4096)})); !errors.Is(err, provider.ErrFlowsFull) {
			t.Errorf("a flow that fits nowhere: %v", err)
		}
	})
}

func TestSaveFlow_takesAwayWhatIsOld(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	old := v.begin(main, 43)
	v.now = v.now.Add(provider.FlowTTL + time.Minute)
	if v.opens(main, old) {
		t.Error("a flow is good for longer than it says")
	}
	for range 10 {
		v.begin(main, 43)
	}
	for _, c := range v.jar.Cookies(site) {
		if strings.HasSuffix(c.Name, hex.EncodeToString(old.ID[:])) {
			t.Error("an expired flow keeps its place")
		}
	}
	// Of an earlier version, which kept cookies below the issuer's path.
	w := v.do(acme, func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "__Secure-plinto_d_acme", Value: "x"})
		if err := v.b.SaveFlow(w, r, v.b.NewFlow(provider.Request{})); err != nil {
			t.Error(err)
		}
	})
	if lines := strings.Join(w.Header()["Set-Cookie"], "\n"); !strings.Contains(lines, "__Secure-plinto_d_acme=; Path=/t/acme; Max-Age=0") {
		t.Errorf("left behind: %s", lines)
	}
}

// A stored flow belongs to the browser that began it, also for who reads the database.
func TestRow_opensWithTheSecretOfItsBrowserOnly(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	flow := v.begin(main, 4096)
	if flow.Row != 1 || len(v.rows.all) != 1 {
		t.Fatalf("no row: %+v", v.rows.all)
	}
	thief := *v
	thief.jar, _ = cookiejar.New(nil)
	other := thief.begin(main, 4096)
	if thief.opens(main, flow) || v.opens(main, other) {
		t.Error("another browser goes on with a stored flow")
	}
	// With the row under its own browser's hash, it still opens nothing.
	stolen, own := v.rows.all[flow.ID], v.rows.all[other.ID]
	stolen.Browser = own.Browser
	v.rows.all[flow.ID] = stolen
	if thief.opens(main, flow) {
		t.Error("a stored flow opens with another browser's secret")
	}
	for _, row := range v.rows.all {
		if strings.Contains(string(row.Sealed), "ssssssss") {
			t.Error("a stored flow can be read in the database")
		}
	}
}

// Two tabs of one flow: the slower one is told what the other did.
func TestLead_goesByWhatTheOtherTabDid(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	flow := v.begin(main, 4096)
	first, second := *flow, *flow
	first.Refused = "access_denied"
	second.HasAccount = true
	for _, c := range []struct {
		flow *provider.Flow
		want string
	}{{&first, "/login"}, {&second, paths.Continue}} {
		w := v.do(main, func(w http.ResponseWriter, r *http.Request) {
			if err := v.b.Lead(w, r, c.flow, "/login"); err != nil {
				t.Error(err)
			}
		})
		if got := w.Header().Get("Location"); got != c.want+"?flow="+flow.Handle() {
			t.Errorf("led to %s, want %s", got, c.want)
		}
	}
	v.do(main, func(_ http.ResponseWriter, r *http.Request) {
		found, err := v.b.flow(r, flow.Handle())
		if err != nil || found.Refused != "access_denied" || found.HasAccount {
			t.Errorf("kept %+v, %v", found, err)
		}
	})
}
