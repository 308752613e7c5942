package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// A scenario makes workers for the server, and for its floor if it has one.
type scenario struct {
	name  string
	floor string // path at the floor server, "" for none: see floorPath
	make  func(ctx context.Context, base, path string, i int) (worker, error)
}

func (w *world) scenarios() []scenario {
	return []scenario{
		{"client_credentials, JWT", "/sign", w.clientCredentials("api.read")},
		{"client_credentials, opaque", "/opaque", w.clientCredentials("opaque.read")},
		{"refresh, rotating, with an ID token", "/refresh", w.refreshing},
		{"introspection", "/introspect", w.introspecting},
		{"userinfo", "/introspect", w.asking},
		{"JWKS", fixed + "/.well-known/jwks.json", getting("/.well-known/jwks.json")},
		{"discovery", fixed + "/.well-known/openid-configuration", getting("/.well-known/openid-configuration")},
		{"login with a session", "", w.signingIn(false)},
		{"login with a password", "", w.signingIn(true)},
	}
}

// measure drives the floor and then the server.
func (w *world) measure(ctx context.Context, s scenario, connections int, each time.Duration) (result, error) {
	var floor result
	if s.floor != "" {
		path, err := w.floorPath(ctx, s.floor)
		if err != nil {
			return result{}, err
		}
		workers, err := w.workers(ctx, s, w.floor, path, connections)
		if err != nil {
			return result{}, err
		}
		floor = drive(ctx, workers, each/2, func() (time.Duration, time.Duration) { return w.beside.cpu(), w.stores() })
	}
	workers, err := w.workers(ctx, s, w.issuer, "", connections)
	if err != nil {
		return result{}, err
	}
	r := drive(ctx, workers, each, func() (time.Duration, time.Duration) { return w.serverCPU(), w.stores() })
	r.failures += floor.failures
	if floor.operations > 0 {
		r.floor = (floor.server + floor.stores) / time.Duration(floor.operations)
	}
	return r, ctx.Err()
}

// floorPath returns the path to call at the floor server. Of fixed, the rest is a path at
// the measured server, whose answer says how long the floor's has to be.
func (w *world) floorPath(ctx context.Context, path string) (string, error) {
	served, ok := strings.CutPrefix(path, fixed)
	if !ok {
		return path, nil
	}
	answer, err := newCaller("", "").send(ctx, w.issuer+served, nil, "")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s?bytes=%d", fixed, len(answer.body)), nil
}

func (w *world) workers(ctx context.Context, s scenario, base, path string, n int) ([]worker, error) {
	workers := make([]worker, n)
	for i := range workers {
		var err error
		if workers[i], err = s.make(ctx, base, path, i); err != nil {
			return nil, err
		}
	}
	return workers, nil
}

// A caller is one keep-alive connection that follows no redirect.
type caller struct {
	http         *http.Client
	user, secret string
	from         string // address that a proxy would tell; "" for none
}

func newCaller(user, secret string) *caller {
	return &caller{user: user, secret: secret, http: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true, DialContext: turns.dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}}
}

// An answer is what came back, read whole.
type answer struct {
	status   int
	body     []byte
	location string // absolute; "" for none
}

// send makes one request; a form is posted.
func (c *caller) send(ctx context.Context, address string, form url.Values, header string) (answer, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body) //nolint:gosec // of the servers that it started
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch {
	case header != "":
		r.Header.Set("Authorization", header)
	case c.user != "":
		r.SetBasicAuth(c.user, c.secret)
	}
	if c.from != "" {
		r.Header.Set("X-Forwarded-For", c.from)
	}
	res, err := c.http.Do(r) //nolint:gosec // as above
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode}
	if location, err := res.Location(); err == nil {
		a.location = location.String()
	}
	a.body, err = io.ReadAll(res.Body)
	return a, err
}

// member posts a form and returns a text member of the answer.
func (c *caller) member(ctx context.Context, address string, form url.Values, name string) (string, error) {
	a, err := c.send(ctx, address, form, "")
	if err != nil {
		return "", err
	}
	var members map[string]any
	if a.status != http.StatusOK || json.Unmarshal(a.body, &members) != nil {
		return "", fmt.Errorf("%s: %d %.200s", address, a.status, a.body)
	}
	text, _ := members[name].(string)
	if text == "" {
		return "", fmt.Errorf("%s: no %s in %.200s", address, name, a.body)
	}
	return text, nil
}

// doing is a worker made of a function.
type doing func(ctx context.Context) bool

func (d doing) do(ctx context.Context) bool { return d(ctx) }

func getting(path string) func(context.Context, string, string, int) (worker, error) {
	return func(_ context.Context, base, floor string, _ int) (worker, error) {
		c, address := newCaller("", ""), base+path
		if floor != "" {
			address = base + floor
		}
		return doing(func(ctx context.Context) bool {
			a, err := c.send(ctx, address, nil, "")
			return err == nil && a.status == http.StatusOK && len(a.body) > 100
		}), nil
	}
}

// machineCaller authenticates at the server or at a floor.
func machineCaller(floor string) *caller {
	if floor != "" {
		return newCaller("machine", floorSecret)
	}
	return newCaller("machine", machine)
}

func (w *world) clientCredentials(scope string) func(context.Context, string, string, int) (worker, error) {
	return func(_ context.Context, base, floor string, _ int) (worker, error) {
		c, path := machineCaller(floor), "/oauth2/token"
		if floor != "" {
			path = floor
		}
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
		return doing(func(ctx context.Context) bool {
			_, err := c.member(ctx, base+path, form, "access_token")
			return err == nil
		}), nil
	}
}

func (w *world) refreshing(ctx context.Context, base, floor string, i int) (worker, error) {
	c, address, token := newCaller("web", web), base+"/oauth2/token", ""
	var err error
	if floor != "" {
		c, address = newCaller("web", floorSecret), base+floor
		token, err = c.member(ctx, base+"/opaque", url.Values{}, "access_token")
	} else {
		token, err = w.signIn(ctx, newBrowser(i), "refresh_token")
	}
	return doing(func(ctx context.Context) bool {
		next, err := c.member(ctx, address, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, "refresh_token")
		right := err == nil && next != token
		token = next
		return right
	}), err
}

func (w *world) introspecting(ctx context.Context, base, floor string, _ int) (worker, error) {
	c, issue, ask := machineCaller(floor), base+"/oauth2/token", base+"/oauth2/introspect"
	if floor != "" {
		issue, ask = base+"/opaque", base+floor
	}
	token, err := c.member(ctx, issue, url.Values{"grant_type": {"client_credentials"}, "scope": {"opaque.read"}}, "access_token")
	form := url.Values{"token": {token}}
	return doing(func(ctx context.Context) bool {
		a, err := c.send(ctx, ask, form, "")
		return err == nil && a.status == http.StatusOK && strings.Contains(string(a.body), `"active":true`)
	}), err
}

func (w *world) asking(ctx context.Context, base, floor string, i int) (worker, error) {
	if floor != "" {
		return w.introspecting(ctx, base, floor, i)
	}
	token, err := w.signIn(ctx, newBrowser(i), "access_token")
	c := newCaller("", "")
	return doing(func(ctx context.Context) bool {
		a, err := c.send(ctx, base+"/oauth2/userinfo", nil, "Bearer "+token)
		return err == nil && a.status == http.StatusOK && strings.Contains(string(a.body), `"sub"`)
	}), err
}

// A browser keeps cookies. Its relying party keeps a connection of its own.
type browser struct {
	*caller
	user string
	rp   *caller
}

func newBrowser(i int) *browser {
	b := &browser{newCaller("", ""), fmt.Sprintf("user%d@example.com", i%users), newCaller("web", web)}
	b.forget()
	return b
}

func (b *browser) forget() { b.http.Jar, _ = cookiejar.New(nil) } // never fails without options

func (b *browser) close() {
	b.http.CloseIdleConnections()
	b.rp.http.CloseIdleConnections()
}

func (w *world) signingIn(password bool) func(context.Context, string, string, int) (worker, error) {
	return func(ctx context.Context, _, _ string, i int) (worker, error) {
		b := newBrowser(i)
		_, err := w.signIn(ctx, b, "id_token")
		return doing(func(ctx context.Context) bool {
			if password {
				b.forget()
			}
			_, err := w.signIn(ctx, b, "id_token")
			return err == nil
		}), err
	}
}

// The pair of RFC 7636, appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// signIn is a whole sign-in: pages where there are any, code, tokens.
func (w *world) signIn(ctx context.Context, b *browser, want string) (string, error) {
	address := w.issuer + "/oauth2/authorize?" + url.Values{
		"client_id": {"web"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid offline_access"},
		"state": {"state"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
	var form url.Values
	for range 8 {
		a, err := b.send(ctx, address, form, "")
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(a.location, callback) {
			return w.redeem(ctx, b.rp, a.location, want)
		}
		if a.location != "" {
			address, form = a.location, nil
			continue
		}
		if address, form, err = fill(a.body, address, b.user); err != nil {
			return "", fmt.Errorf("%s: %d: %w", address, a.status, err)
		}
	}
	return "", errors.New("the pages go round in circles")
}

// fill fills in the sign-in form of a page and tells where it is posted to.
func fill(page []byte, address, user string) (action string, form url.Values, err error) {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(page)))
	if err != nil {
		return address, nil, err
	}
	if doc.Find("#password").Length() == 0 {
		return address, nil, errors.New("no sign-in form")
	}
	filled := doc.Find("form:has(#password)")
	base, err := url.Parse(address)
	if err != nil {
		return address, nil, err
	}
	to, err := base.Parse(filled.AttrOr("action", ""))
	if err != nil {
		return address, nil, err
	}
	form = url.Values{"username": {user}, "password": {userPassword}}
	for _, input := range filled.Find("input[type=hidden]").EachIter() {
		form.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	}
	return to.String(), form, nil
}

func (w *world) redeem(ctx context.Context, c *caller, location, want string) (string, error) {
	to, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	sent := to.Query()
	if sent.Get("code") == "" || sent.Get("state") != "state" {
		return "", fmt.Errorf("refused: %v", sent)
	}
	return c.member(ctx, w.issuer+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {sent.Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}, want)
}
