package account_test

import (
	"encoding/base32"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	fresh = "a fresh password of hers"
)

// A world is a server with a clock, a client and a user.
type world struct {
	*plintotest.Server
	t      *testing.T
	ahead  atomic.Int64 // how far the server's clock is ahead
	client *provider.Client
	secret string
	alice  identity.User
	owner  *pgx.Conn // of its database
}

func newWorld(t *testing.T, change ...func(*plintotest.Options)) *world {
	t.Helper()
	w := &world{t: t}
	database, owner := storagetest.URL(t)
	w.owner = storagetest.Owner(t, owner)
	options := plintotest.Options{Now: w.now, Host: plintotest.KeyHost, Database: database, Mail: true}
	for _, f := range change {
		f(&options)
	}
	w.Server = plintotest.Start(t, options)
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

func required(o *plintotest.Options) { o.Settings.MFA = tenant.MFA{Policy: tenant.MFARequired} }

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

// signedIn is a browser in which somebody signed in to their account.
func (w *world) signedIn(email string) *plintotest.Browser {
	w.t.Helper()
	b := w.Browser()
	w.at(b.Open(w.Issuer()+"/account").Submit("submit", map[string]string{"username": email, "password": plintotest.Password}), "/account")
	return b
}

func (w *world) open(b *plintotest.Browser, path string) *plintotest.Page {
	w.t.Helper()
	return b.Open(w.Issuer() + path)
}

// at fails the test unless a page is the one of that path.
func (w *world) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (%d, left to %v), want %s", p.URL, p.Status, p.Left, path)
	}
	return p
}

// told fails the test unless a page says that something was done.
func (w *world) told(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if w.at(p, path).Doc.Find("#notice").Length() != 1 {
		w.t.Errorf("%s says nothing of what was done", p.URL)
	}
	return p
}

// isSignedIn reports whether somebody is signed in in a browser.
func (w *world) isSignedIn(b *plintotest.Browser) bool {
	return w.open(b, "/").Doc.Find("#signed-in").Length() == 1
}

// tries signs in with a password in another browser, and reports whether that leads to the client.
func (w *world) tries(password string) bool {
	p := w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", map[string]string{"username": alice, "password": password})
	return p.Left != nil
}

// code is what the app of a page shows.
func (w *world) code(p *plintotest.Page) string {
	w.t.Helper()
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || len(raw) != 20 {
		w.t.Fatalf("secret %q: %v", secret, err)
	}
	return w.codeOf(secret)
}

func (w *world) codeOf(secret string) string {
	code, err := totp.GenerateCode(secret, w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// addsApp adds an authenticator app, and returns its secret and the codes that were shown.
func (w *world) addsApp(b *plintotest.Browser) (secret string, codes []string) {
	w.t.Helper()
	p := w.at(w.open(b, "/account/security/app"), "/account/security/app")
	secret = strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	p = p.Submit("submit", map[string]string{"code": w.code(p)})
	p.Doc.Find("#codes li").Each(func(_ int, li *goquery.Selection) { codes = append(codes, strings.TrimSpace(li.Text())) })
	w.later(31 * time.Second)
	return secret, codes
}

// links are the addresses of buttons that lead to another page.
func links(p *plintotest.Page, class string) (all []string) {
	p.Doc.Find("a." + class).Each(func(_ int, a *goquery.Selection) { all = append(all, a.AttrOr("href", "")) })
	return all
}

// count is how many rows a statement counts, as the owner of the database.
func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	if err := w.owner.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
