package provider_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/internal/fakeidp"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/provider"
)

const idpSecret = "the secret that the provider gave"

// A world is a server with a client, and a provider that its users sign in with.
type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	idp    *fakeidp.Provider
	conn   federation.Connection
	ahead  *atomic.Int64 // how far the server's clock is ahead
}

// trusting lets the connection answer for addresses of example.com.
func trusting(s *federation.Spec) { s.EmailDomains = []string{"example.com"} }

func newWorld(t *testing.T, o plintotest.Options, edit ...func(*federation.Spec)) *world {
	t.Helper()
	ahead := &atomic.Int64{}
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w := &world{t: t, ahead: ahead, Server: plintotest.Start(t, o)}
	w.client, _ = w.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	w.idp, w.conn = w.provider("idp", edit...)
	return w
}

// provider starts a provider, and makes a connection to it.
func (w *world) provider(slug string, edit ...func(*federation.Spec)) (*fakeidp.Provider, federation.Connection) {
	w.t.Helper()
	idp := startIdP(w.t)
	spec := federation.Spec{Name: "Example IdP " + slug, Issuer: idp.Issuer, ClientID: idp.ClientID}
	for _, e := range edit {
		e(&spec)
	}
	given := secret.NewString(idp.Secret)
	if spec.AuthMethod == federation.AuthPrivateKey {
		given = secret.String{}
	}
	c, err := w.service().Create(w.In(), slug, spec, given)
	if err != nil {
		w.t.Fatal(err)
	}
	return idp, c
}

func startIdP(t *testing.T) *fakeidp.Provider {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	idp, err := fakeidp.New("https://"+listener.Listener.Addr().String(), "plinto", idpSecret)
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = idp.Handler()
	listener.StartTLS()
	t.Cleanup(func() { idp.Release(); listener.Close() })
	idp.Add(account("alice", "alice@example.com"))
	return idp
}

func account(subject, email string) fakeidp.Account {
	return fakeidp.Account{Subject: subject, More: map[string]any{"email": email, "email_verified": true, "name": "Alice Example"}}
}

// service changes connections, as the command line has it.
func (w *world) service() *federation.Service {
	return &federation.Service{
		Connections: w.Store.Connections, Writes: w.Store.Connections, Vault: federation.NewVault(w.Root),
		CheckURL: func(string) error { return nil }, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now, Endings: w.Store.Endings(),
		Roles: &federation.RoleGiver{Given: w.Store.Identities, Roles: w.roles()},
	}
}

func (w *world) edit(f func(*federation.Spec)) {
	w.t.Helper()
	c, err := w.service().Update(w.In(), w.conn.ID, f, secret.String{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.conn = c
}

// leaves opens a sign-in page and presses the button of a connection; it returns where that leads.
func (w *world) leaves(b *plintotest.Browser, slug string, more url.Values) *url.URL {
	w.t.Helper()
	p := b.Open(w.AuthorizeURL(w.client, more)).Submit("provider-"+slug, nil)
	if p.Left == nil {
		w.t.Fatalf("the button leads to %s (%d): %s", p.URL, p.Status, text(p))
	}
	return p.Left
}

// through signs somebody in at the provider and comes back.
func (w *world) through(b *plintotest.Browser, subject string) *plintotest.Page {
	w.t.Helper()
	return b.Open(w.idp.Approve(w.leaves(b, w.conn.Slug, nil), subject).String())
}

// identities are those of a user, by their address.
func (w *world) identities(email string) []federation.Identity {
	w.t.Helper()
	held, err := w.Store.Users.Credential(w.In(), email, nil)
	if err != nil {
		return nil
	}
	all, err := w.Store.Identities.Of(w.In(), held.User.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// link connects the account of a subject with a user.
func (w *world) link(email, subject string) {
	w.t.Helper()
	held, err := w.Store.Users.Credential(w.In(), email, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.Store.DB.InTx(w.In(), func(ctx context.Context) error {
		return w.Store.Identities.Add(ctx, federation.Identity{
			ID: uuid.Must(uuid.NewV7()), Connection: w.conn.ID, Issuer: w.idp.Issuer, Subject: subject, UserID: held.User.ID,
		}, held.User.NotBefore)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func signedIn(p *plintotest.Page) bool { return p.Left != nil && p.Left.Query().Get("code") != "" }

func text(p *plintotest.Page) string {
	if p.Doc == nil {
		return ""
	}
	return p.Doc.Find("main").Text()
}

func code(p *plintotest.Page) string {
	if p.Doc == nil {
		return ""
	}
	return p.Doc.Find("#error-code").Text()
}
