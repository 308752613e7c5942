package par_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	path   = "/oauth2/par"
	cb     = "https://rp.example/cb"
	alice  = "alice@example.com"
	urnPAR = "urn:ietf:params:oauth:request_uri:"
)

func metadata() provider.Metadata {
	return provider.Metadata{RedirectURIs: []string{cb}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}}
}

func request(change url.Values) url.Values {
	q := url.Values{
		"redirect_uri": {cb}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		if len(values) == 0 {
			q.Del(name)
			continue
		}
		q[name] = values
	}
	return q
}

// push pushes a request and wants a request_uri.
func push(t *testing.T, s *plintotest.Server, c *provider.Client, secret string, change url.Values) string {
	t.Helper()
	a := s.Send(http.MethodPost, path, request(change), plintotest.As(c, secret))
	uri, _ := a.JSON["request_uri"].(string)
	if a.StatusCode != http.StatusCreated || !strings.HasPrefix(uri, urnPAR) || a.JSON["expires_in"] != float64(60) || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %s", a.StatusCode, a.Text)
	}
	return uri
}

func open(s *plintotest.Server, c *provider.Client, uri string) string {
	return s.Issuer() + "/oauth2/authorize?" + url.Values{"client_id": {c.ClientID}, "request_uri": {uri}}.Encode()
}

func TestPushedRequest_signsAUserIn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(alice)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	uri := push(t, s, c, secret, nil)
	// What comes beside it is ignored (RFC 9126 §4), and looking twice is no use.
	for range 2 {
		if p := s.Browser().Open(open(s, c, uri) + "&scope=nonsense&redirect_uri=https://evil.example/"); p.Doc.Find("#password").Length() == 0 {
			t.Fatalf("no sign-in page: %d", p.Status)
		}
	}
	beside := "&prompt=none&state=outside&redirect_uri=https://evil.example/&acr_values=x&max_age=0&response_mode=form_post"
	answer := s.Browser().SignIn(open(s, c, uri)+beside, alice)
	if answer.Get("state") != "s" || answer.Get("iss") != s.Issuer() {
		t.Errorf("answer %v", answer)
	}
	if a := s.Redeem(c, secret, answer.Get("code")); a.StatusCode != http.StatusOK {
		t.Errorf("token: %d %s", a.StatusCode, a.Text)
	}
	p := s.Browser().Open(open(s, c, uri))
	if p.Left != nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Doc.Text(), "invalid_request_uri") {
		t.Errorf("a used request_uri: %d, left to %v", p.Status, p.Left)
	}
}

// RFC 6749 §3.1: what is sent without a value was not sent. Libraries and forms send all fields that they have.
func TestEmptyParameters_areNotSent(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(alice)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	empty := url.Values{"resource": {""}, "request": {""}, "request_uri": {""}, "registration": {""}, "max_age": {""}, "claims": {""}}
	answer := s.Browser().SignIn(open(s, c, push(t, s, c, secret, empty))+"&request=", alice)
	direct := request(empty)
	direct.Set("client_id", c.ClientID)
	if second := s.Browser().SignIn(s.Issuer()+"/oauth2/authorize?"+direct.Encode(), alice); second.Get("code") == "" {
		t.Errorf("in the query: %v", second)
	}
	token := s.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {cb}, "code_verifier": {plintotest.Verifier}, "resource": {""},
	}, plintotest.As(c, secret))
	access, _ := token.JSON["access_token"].(string)
	if token.StatusCode != http.StatusOK || access == "" {
		t.Fatalf("token: %d %s", token.StatusCode, token.Text)
	}
	bearer := plintotest.With("Authorization", "Bearer "+access)
	if a := s.Send(http.MethodPost, "/oauth2/userinfo", url.Values{"access_token": {""}}, bearer); a.StatusCode != http.StatusOK {
		t.Errorf("userinfo: %d %s", a.StatusCode, a.Text)
	}
	twice := push(t, s, c, secret, nil)
	for _, more := range []string{"&request_uri=", "&request=&request="} {
		if p := s.Browser().Open(open(s, c, twice) + more); p.Left != nil || p.Status != http.StatusBadRequest {
			t.Errorf("%s: %d, left to %v", more, p.Status, p.Left)
		}
	}
}

// Two browsers have the page open: one of them gets the code.
func TestPushedRequest_isAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(alice)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	uri := push(t, s, c, secret, nil)
	var codes atomic.Int32
	var all sync.WaitGroup
	var pages []*plintotest.Page
	for range 8 {
		pages = append(pages, s.Browser().Open(open(s, c, uri)))
	}
	for _, page := range pages {
		all.Go(func() {
			p := page.Submit("submit", map[string]string{"username": alice, "password": plintotest.Password})
			if p.Left != nil && p.Left.Query().Has("code") {
				codes.Add(1)
			}
		})
	}
	all.Wait()
	if n := codes.Load(); n != 1 {
		t.Errorf("%d codes", n)
	}
}

func TestPushedRequest_isUsedUpByARefusal(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata())
	uri := push(t, s, c, secret, url.Values{"prompt": {"none"}})
	if p := s.Browser().Open(open(s, c, uri)); p.Left == nil || p.Left.Query().Get("error") != "login_required" {
		t.Fatalf("first: %d, left to %v", p.Status, p.Left)
	}
	if p := s.Browser().Open(open(s, c, uri)); p.Left != nil || p.Status != http.StatusBadRequest {
		t.Errorf("second: %d, left to %v", p.Status, p.Left)
	}
}

// PAR-11: a redirect URI that was taken from the client after the push is answered to no more, with an error neither.
func TestPushedRequest_isAnsweredToRegisteredAddressesOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	m := metadata()
	m.RedirectURIs = append(m.RedirectURIs, "https://gone.example/cb")
	c, secret := s.Client(m)
	redirects := func(to []string) { s.Change(c, func(c *provider.Client) { c.RedirectURIs = to }) }
	for _, prompt := range []string{"none", "login"} {
		uri := push(t, s, c, secret, url.Values{"redirect_uri": {"https://gone.example/cb"}, "prompt": {prompt}})
		if p := s.Browser().Open(open(s, c, push(t, s, c, secret, url.Values{"redirect_uri": {"https://gone.example/cb"}, "prompt": {"none"}}))); p.Left == nil {
			t.Fatalf("control: %d", p.Status)
		}
		redirects([]string{cb})
		if p := s.Browser().Open(open(s, c, uri)); p.Left != nil || p.Status != http.StatusBadRequest || p.Doc.Find("form").Length() != 0 {
			t.Errorf("prompt=%s: %d, left to %v", prompt, p.Status, p.Left)
		}
		redirects(m.RedirectURIs)
	}
}

func TestPushedRequest_isTheClientsAndTheTenantsOwn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata())
	other, _ := s.Client(metadata())
	uri := push(t, s, c, secret, nil)
	elsewhere := s.NewTenant("elsewhere", "", tenant.Settings{})
	s.ClientIn(elsewhere, metadata(), func(twin *provider.Client) { twin.ClientID = c.ClientID })
	for name, address := range map[string]string{
		"another client": open(s, other, uri),
		"another tenant": elsewhere.Issuer + strings.TrimPrefix(open(s, c, uri), s.Issuer()),
		"unknown":        open(s, c, uri[:len(uri)-1]+"x"),
		"no token":       open(s, c, urnPAR+"1"),
		"twice":          open(s, c, uri) + "&request_uri=" + url.QueryEscape(uri),
		"with an object": open(s, c, uri) + "&request=x",
	} {
		if p := s.Browser().Open(address); p.Left != nil || p.Status != http.StatusBadRequest {
			t.Errorf("%s: %d, left to %v", name, p.Status, p.Left)
		}
	}
}

// PAR-04: somebody else's try uses nothing up.
func TestPushedRequest_survivesTheTriesOfOthers(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(alice)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	other, _ := s.Client(metadata())
	uri := push(t, s, c, secret, nil)
	if p := s.Browser().Open(open(s, other, uri)); p.Left != nil || p.Status != http.StatusBadRequest {
		t.Fatalf("another client: %d, left to %v", p.Status, p.Left)
	}
	if answer := s.Browser().SignIn(open(s, c, uri), alice); answer.Get("code") == "" {
		t.Errorf("its own client afterwards: %v", answer)
	}
}

// PAR-05: what the client authenticated with stays with the request that brought it.
func TestPush_keepsNoSecret(t *testing.T) {
	t.Parallel()
	database, admin := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Database: database})
	s.User(alice)
	m := metadata()
	m.TokenEndpointAuthMethod = provider.AuthPost
	c, secret := s.Client(m, plintotest.FirstParty)
	form := request(url.Values{"client_id": {c.ClientID}, "client_secret": {secret}})
	a := s.Send(http.MethodPost, path, form)
	uri, _ := a.JSON["request_uri"].(string)
	if a.StatusCode != http.StatusCreated || strings.Contains(a.Text, secret) {
		t.Fatalf("got %d %s", a.StatusCode, a.Text)
	}
	var kept string
	if err := storagetest.Owner(t, admin).QueryRow(t.Context(), `SELECT request::text FROM pushed_requests`).Scan(&kept); err != nil || strings.Contains(kept, secret) || !strings.Contains(kept, cb) {
		t.Errorf("kept %s, %v", kept, err)
	}
	b := s.Browser()
	p := b.Open(open(s, c, uri))
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	html, _ := p.Doc.Html()
	seen := p.URL.String() + html
	for _, cookie := range b.Jar.Cookies(u) {
		seen += cookie.Value
	}
	if strings.Contains(seen, secret) || strings.Contains(seen, url.QueryEscape(cb)) {
		t.Errorf("the browser is told: %s", seen)
	}
}

// PAR-08: what one client can have kept is bounded, and costs others nothing.
func TestPush_isLimitedPerClient(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata())
	other, otherSecret := s.Client(metadata())
	var refused atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if refused.Load() > 0 {
					return
				}
				a := s.Send(http.MethodPost, path, request(nil), plintotest.As(c, secret))
				if a.StatusCode == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "" {
					refused.Add(1)
				} else if a.StatusCode != http.StatusCreated {
					t.Errorf("%d %s", a.StatusCode, a.Text)
					return
				}
			}
		})
	}
	all.Wait()
	if refused.Load() == 0 {
		t.Error("1600 requests were kept")
	}
	push(t, s, other, otherSecret, nil)
}

// PAR-08: a client that registers more of itself has no more for that.
func TestPush_isLimitedPerNetwork(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	// The network is through with what it may push for an hour.
	spent := identity.Limit{Name: "push-network", Count: 1, Period: time.Hour, Burst: 1}
	if wait := s.Store.Limiter.Take(s.In(), spent.Networks("127.0.0.1", "")...); wait > 0 {
		t.Fatalf("wait %s", wait)
	}
	for range 2 {
		c, secret := s.Client(metadata())
		a := s.Send(http.MethodPost, path, request(nil), plintotest.As(c, secret))
		if a.StatusCode != http.StatusTooManyRequests || a.JSON["error"] != "temporarily_unavailable" || a.Header.Get("Retry-After") == "" {
			t.Errorf("got %d %s, want 429", a.StatusCode, a.Text)
		}
	}
}

// PAR-09: the largest request that is usual is kept, and not much more.
func TestPush_keepsSmallRowsOnly(t *testing.T) {
	t.Parallel()
	database, admin := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Database: database})
	c, secret := s.Client(metadata())
	push(t, s, c, secret, url.Values{
		"state": {strings.Repeat(`<"`, 2048)}, "nonce": {strings.Repeat("n", 1024)},
		"claims": {`{"userinfo":{"email":{"essential":true},"name":null,"picture":null}}`},
	})
	// The largest state is kept with anything in it.
	push(t, s, c, secret, url.Values{"state": {strings.Repeat(`"`, 4096)}})
	a := s.Send(http.MethodPost, path, request(url.Values{
		"state": {strings.Repeat(`"`, 4096)}, "nonce": {strings.Repeat(`"`, 1024)},
		"claims": {`{"userinfo":{"name":{"value":"` + strings.Repeat("v", 2000) + `"}}}`},
	}), plintotest.As(c, secret))
	if a.StatusCode != http.StatusBadRequest || a.JSON["error_description"] != "the request is too large" {
		t.Errorf("got %d %s, want invalid_request", a.StatusCode, a.Text)
	}
	var rows, largest int
	err := storagetest.Owner(t, admin).QueryRow(t.Context(), `SELECT count(*), max(octet_length(request::text)) FROM pushed_requests`).Scan(&rows, &largest)
	if err != nil || rows != 2 || largest > 13<<10 {
		t.Errorf("%d rows of at most %d bytes, %v; want two of 13 KiB", rows, largest, err)
	}
}

func TestPush_refuses(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata())
	for name, tt := range map[string]struct {
		change url.Values
		want   string
	}{
		"foreign redirect_uri":   {url.Values{"redirect_uri": {"https://evil.example/"}}, "invalid_request"},
		"no redirect_uri":        {url.Values{"redirect_uri": nil}, "invalid_request"},
		"unknown scope":          {url.Values{"scope": {"admin"}}, "invalid_scope"},
		"implicit":               {url.Values{"response_type": {"id_token"}}, "unsupported_response_type"},
		"plain PKCE":             {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"a request_uri":          {url.Values{"request_uri": {urnPAR + "x"}}, "invalid_request"},
		"an unsigned object":     {url.Values{"request": {"eyJhbGciOiJub25lIn0.e30."}}, "invalid_request_object"},
		"another client's id":    {url.Values{"client_id": {"somebody"}}, "invalid_client"},
		"prompt none and others": {url.Values{"prompt": {"none login"}}, "invalid_request"},
	} {
		a := s.Send(http.MethodPost, path, request(tt.change), plintotest.As(c, secret))
		if a.JSON["error"] != tt.want || a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s, want %s", name, a.StatusCode, a.Text, tt.want)
		}
	}
	if a := s.Send(http.MethodPost, path, request(nil)); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a client: %d", a.StatusCode)
	}
	if a := s.Send(http.MethodPost, path, request(nil), plintotest.As(c, "wrong")); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a wrong secret: %d", a.StatusCode)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		if a := s.Send(method, path, nil); a.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, a.StatusCode)
		}
	}
}

func TestAuthorize_wantsAPushedRequestWhereItIsDemanded(t *testing.T) {
	t.Parallel()
	m := metadata()
	m.RequirePAR = true
	s := plintotest.Start(t)
	c, secret := s.Client(m)
	strict := plintotest.Start(t, plintotest.Options{Settings: tenant.Settings{RequirePAR: true}})
	d, _ := strict.Client(metadata())
	for _, p := range []*plintotest.Page{
		s.Browser().Open(s.Issuer() + "/oauth2/authorize?" + request(url.Values{"client_id": {c.ClientID}}).Encode()),
		strict.Browser().Open(strict.Issuer() + "/oauth2/authorize?" + request(url.Values{"client_id": {d.ClientID}}).Encode()),
	} {
		if p.Left == nil || p.Left.Query().Get("error") != "invalid_request" {
			t.Errorf("%d, left to %v", p.Status, p.Left)
		}
	}
	if p := s.Browser().Open(open(s, c, push(t, s, c, secret, nil))); p.Doc.Find("#password").Length() == 0 {
		t.Errorf("pushed: %d", p.Status)
	}
	if a := strict.Send(http.MethodGet, "/.well-known/openid-configuration", nil); a.JSON["require_pushed_authorization_requests"] != true {
		t.Error("discovery does not say that requests must be pushed")
	}
}

func TestPushedRequest_expires(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, _ := s.Client(metadata())
	ctx, hash := s.In(), []byte("01234567890123456789012345678901")
	if err := s.Store.PushedRequests.Push(ctx, hash, provider.PushedRequest{ClientID: c.ID}, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.PushedRequests.Find(ctx, hash); err == nil {
		t.Error("an expired request was found")
	}
}
