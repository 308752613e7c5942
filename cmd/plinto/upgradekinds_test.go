package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"plinto/event/webhook"
)

const (
	strongClient = "rp-strong" // takes no sign-in without a second factor
	appSecret    = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	appUsers     = 60 // each has one code for half a minute, which counts once
	keyUsers     = 3  // one for each walker, one for the crossings
)

// upgradeSettings have a second factor asked for by one of two clients.
const upgradeSettings = `devices: {check: "off"}, mfa: {required_for: [` + strongClient + `], silent_passkeys: "off"}}`

// upgradeUsers are the users with a second factor, as the manifest has them.
func upgradeUsers() string {
	var b strings.Builder
	for n := range appUsers {
		fmt.Fprintf(&b, "      - {email: %q, email_verified: true, password: %q, totp: [{name: phone, secret: %s}]}\n", appUser(n), demoPassword, appSecret)
	}
	for n := range keyUsers {
		fmt.Fprintf(&b, "      - {email: %q, email_verified: true, password: %q}\n", keyUser(n), demoPassword)
	}
	return b.String()
}

func appUser(n int) string { return fmt.Sprintf("app-%d@example.com", n) }

func keyUser(n int) string { return fmt.Sprintf("key-%d@example.com", n) }

// apps are users with an authenticator app, each with the time step of the code that was used last.
type apps struct {
	free chan int
	used [appUsers]int64
}

func newApps() *apps {
	a := &apps{free: make(chan int, appUsers)}
	for n := range appUsers {
		a.free <- n
	}
	return a
}

// next returns a user whose app shows a code that was not used yet, and the code; "" where each was used in this half minute.
func (a *apps) next(t *testing.T) (user, code string) {
	t.Helper()
	n := <-a.free
	defer func() { a.free <- n }()
	now := time.Now()
	step := now.Unix() / 30
	if a.used[n] == step {
		return "", ""
	}
	a.used[n] = step
	code, err := totp.GenerateCode(appSecret, now)
	if err != nil {
		t.Fatal(err)
	}
	return appUser(n), code
}

// A passkeyOf is the authenticator of a user of the site.
type passkeyOf struct {
	user string
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

// coseSize is the size of a P-256 key, of which the library leaves leading zeros out: such a key is malformed.
const coseSize = 77

// enrols has a user add a passkey where a second factor is asked for.
func (u *upgrade) enrols(user string) *passkeyOf {
	u.t.Helper()
	k := &passkeyOf{
		user: user, rp: virtualwebauthn.RelyingParty{ID: "localhost", Origin: "http://localhost"},
		auth: virtualwebauthn.NewAuthenticator(), cred: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
	for len(k.cred.Key.AttestationData()) != coseSize {
		k.cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	page := u.rp().beginsStrongly(user)
	options, err := virtualwebauthn.ParseAttestationOptions(page.Find("form.passkey").AttrOr("data-options", ""))
	if err != nil {
		u.t.Fatalf("%s (%d) asks for no new passkey: %v: %s", page.at, page.status, err, pageSays(page))
	}
	k.auth.Options.UserHandle = []byte(options.UserID)
	page = page.click("use-passkey", map[string]string{"passkey": virtualwebauthn.CreateAttestationResponse(k.rp, k.auth, k.cred, *options)})
	if page = page.click("submit", nil); !strings.HasPrefix(page.to, rpCallback) {
		u.t.Fatalf("no passkey was added: at %s", page.at)
	}
	return k
}

// answer is what the authenticator says to a page that asks for it.
func (k *passkeyOf) answer(page sheet) (string, error) {
	options, err := virtualwebauthn.ParseAssertionOptions(page.Find("form.passkey").AttrOr("data-options", ""))
	if err != nil {
		return "", fmt.Errorf("%s (%d) asks for no passkey: %w: %s", page.at, page.status, err, pageSays(page))
	}
	k.cred.Counter++
	return virtualwebauthn.CreateAssertionResponse(k.rp, k.auth, k.cred, *options), nil
}

// beginsStrongly gives the password where a second factor is asked for, and returns the page that asks for the second one.
func (r *rp) beginsStrongly(user string) sheet {
	r.t.Helper()
	r.client = strongClient
	v := &visitor{t: r.t, http: r.http}
	return v.open(r.authorizeURL()).click("submit", map[string]string{"username": user, "password": demoPassword})
}

// left returns the code that the browser was sent back with.
func left(page sheet) (string, error) {
	at, err := url.Parse(page.to)
	if err != nil || at.Query().Get("code") == "" {
		return "", fmt.Errorf("not signed in: %d at %s: %s", page.status, page.at, pageSays(page))
	}
	return at.Query().Get("code"), nil
}

// pageSays is what a page says, and where it leads.
func pageSays(page sheet) string {
	return page.to + " " + strings.Join(strings.Fields(page.Find("main").Text()), " ")
}

// redeems has a code become tokens that work.
func (r *rp) redeems(code string) error {
	a, err := r.redeem(code)
	if err != nil || a.status != http.StatusOK {
		return fmt.Errorf("redeem: %d %s, %w", a.status, a.Error, err)
	}
	return nil
}

// strongly signs in with the password and a second factor.
func (u *upgrade) strongly(k *passkeyOf) error {
	r := u.rp()
	if user, code := u.apps.next(u.t); user != "" {
		back, err := left(r.beginsStrongly(user).click("submit", map[string]string{"code": code}))
		if err == nil {
			err = r.redeems(back)
		}
		if err != nil {
			return fmt.Errorf("with an app: %w", err)
		}
	}
	r = u.rp()
	page := r.beginsStrongly(k.user)
	answer, err := k.answer(page)
	if err != nil {
		return err
	}
	back, err := left(page.click("use-passkey", map[string]string{"passkey": answer}))
	if err == nil {
		err = r.redeems(back)
	}
	if err != nil {
		return fmt.Errorf("with a passkey: %w", err)
	}
	return nil
}

// A crossing is a flow that begins at one server and ends at another one, at step.
type crossing func(u *upgrade, r *rp, step func()) error

// crossings are the kinds of flows.
var crossings = map[string]crossing{
	"sign-in": func(_ *upgrade, r *rp, step func()) error {
		page := (&visitor{t: r.t, http: r.http}).open(r.authorizeURL())
		step()
		_, err := left(page.click("submit", map[string]string{"username": demoUser, "password": demoPassword}))
		return err
	},
	"authenticator app": func(u *upgrade, r *rp, step func()) error {
		var user, code string
		eventually(r.t, "an app has a code that was not used", func() bool { user, code = u.apps.next(r.t); return user != "" })
		page := r.beginsStrongly(user)
		step()
		_, err := left(page.click("submit", map[string]string{"code": code}))
		return err
	},
	"passkey": func(u *upgrade, r *rp, step func()) error {
		k := u.keys[keyUsers-1]
		page := r.beginsStrongly(k.user)
		answer, err := k.answer(page)
		if err != nil {
			return err
		}
		step()
		_, err = left(page.click("use-passkey", map[string]string{"passkey": answer}))
		return err
	},
	"single sign-on, code and refresh": func(_ *upgrade, r *rp, step func()) error {
		r.signIn()
		step()
		code, err := r.code()
		if err != nil {
			return err
		}
		step()
		a, err := r.redeem(code)
		if err != nil || a.status != http.StatusOK {
			return fmt.Errorf("redeem: %d %s, %w", a.status, a.Error, err)
		}
		step()
		if a, err = r.refresh(a.Refresh); err != nil || a.status != http.StatusOK {
			return fmt.Errorf("refresh: %d %s, %w", a.status, a.Error, err)
		}
		step()
		if status, text := r.get("/oauth2/userinfo", a.Access); status != http.StatusOK {
			return fmt.Errorf("userinfo: %d %s", status, text)
		}
		return nil
	},
	"logout": func(_ *upgrade, r *rp, step func()) error {
		r.signIn()
		page := (&visitor{t: r.t, http: r.http}).open(r.issuer + "/oauth2/logout")
		step()
		page.click("logout-yes", nil)
		step()
		if _, err := r.code(); err == nil {
			return errors.New("the session goes on")
		}
		return nil
	},
	"management API": func(u *upgrade, r *rp, step func()) error {
		ops := &rp{t: r.t, http: r.http, issuer: r.issuer, client: "ops", secret: siteSecret, address: r.address}
		token, err := ops.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "resource": {siteIssuer + "/admin/v1"}, "scope": {"users:read"}})
		if err != nil || token.status != http.StatusOK {
			return fmt.Errorf("token: %d %s, %w", token.status, token.Error, err)
		}
		step()
		if status, text := ops.get("/admin/v1/users?identifier="+url.QueryEscape(demoUser), token.Access); status != http.StatusOK {
			return fmt.Errorf("%d %s", status, text)
		}
		return nil
	},
}

// crosses has each kind of flow begin at one server and end at the other, and the reverse.
func (u *upgrade) crosses(one, other *backend) {
	u.t.Helper()
	for name, cross := range crossings {
		for _, way := range [][]*backend{{one, other}, {other, one}} {
			here := at(way[0].address)
			r := newRP(u.t, siteIssuer, siteClient, siteSecret, here)
			n := 0
			step := func() {
				n++
				here.Store(way[n%2].address)
				r.http.CloseIdleConnections()
			}
			if err := cross(u, r, step); err != nil {
				u.t.Errorf("%s, from %s to %s: %v", name, way[0].address, way[1].address, err)
			}
		}
	}
}

// receives has the site tell a receiver of each sign-in, by a program.
func (u *upgrade) receives(program string) *tally {
	u.t.Helper()
	hooks := &tally{came: map[string]int{}}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hooks.add(r.Header.Get("Webhook-Id")) }))
	u.t.Cleanup(receiver.Close)
	u.command(program, "webhook", "create", receiver.URL, "--tenant", "acme", "--events", "authentication.succeeded")
	return hooks
}

// toldOfAll waits until the receiver was told of each sign-in: once, or again where a server ended in between.
func (u *upgrade) toldOfAll(conn *pgx.Conn, hooks *tally) {
	u.t.Helper()
	rows, _ := conn.Query(u.t.Context(), `SELECT id FROM events WHERE type = 'authentication.succeeded'`) // the error is also in rows
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(ids) < 100 {
		u.t.Fatalf("only %d sign-ins (%v)", len(ids), err)
	}
	ctx, cancel := context.WithTimeout(u.t.Context(), 2*waitLimit) // what a server left undone is looked for once a minute
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := 0
		for _, id := range ids {
			if hooks.of(webhook.EventID(id)) == 0 {
				missing++
			}
		}
		if missing == 0 {
			u.t.Logf("webhooks told of %d sign-ins, %d times again", len(ids), u.again(hooks))
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			u.t.Fatalf("webhooks do not tell of %d of %d sign-ins", missing, len(ids))
		}
	}
}
