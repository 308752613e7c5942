package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

const edgeIssuer = "https://id.example.com/t/acme"

// An edgeSite is two servers with a proxy in front, which has a certificate for id.example.com.
type edgeSite struct {
	*site
	*edgeProxy
	edge
	t       *testing.T // of the part of the test that runs
	servers [2]*process
	listens [2]string
}

func newEdgeSite(t *testing.T, e edge) *edgeSite {
	t.Helper()
	database, _ := storagetest.URL(t)
	s := &edgeSite{site: newSite(t, database), edge: e, t: t, listens: [2]string{freeAddress(t), freeAddress(t)}}
	s.env[0] = "PLINTO_PUBLIC_URL=https://id.example.com"
	for i := range s.servers {
		s.start(i)
	}
	s.edgeProxy = startProxy(t, &e, s.listens)
	return s
}

// start starts a server at the address that it always has.
func (s *edgeSite) start(i int) {
	s.t.Helper()
	s.servers[i] = start(s.site.t, append([]string{
		"PLINTO_LISTEN=" + s.listens[i], "PLINTO_TRUSTED_PROXIES=127.0.0.1", "PLINTO_DRAIN_DELAY=5s", "PLINTO_OPERATIONS_LISTEN=off",
	}, s.env...), "serve")
	s.servers[i].until(`"msg":"serving"`)
}

// A traveller is a browser at an address of its own, which claims to be somebody else's by every header there is.
type traveller struct {
	*http.Transport
	forge map[string]string
	seen  func(*http.Response)
}

// RoundTrip implements http.RoundTripper.
func (v *traveller) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range v.forge {
		r.Header.Set(name, value)
	}
	res, err := v.Transport.RoundTrip(r)
	if err == nil && v.seen != nil {
		v.seen(res)
	}
	return res, err
}

// travel returns a transport from an address of this machine, by HTTP/2 or HTTP/1.1.
func (s *edgeSite) travel(from string, two bool, forge map[string]string) *traveller {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":80") {
				return dialer.DialContext(ctx, "tcp", s.plain)
			}
			return dialer.DialContext(ctx, "tcp", s.secure)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two,
	}
	if !two {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &traveller{Transport: transport, forge: forge}
}

// party returns a relying party whose browser travels like that.
func (s *edgeSite) party(v http.RoundTripper) *rp {
	r := newRP(s.t, edgeIssuer, siteClient, siteSecret, &s.address)
	r.http.Transport = v
	return r
}

var forged = map[string]string{
	"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", "Forwarded": "for=198.51.100.9;host=evil.test;proto=http",
	"X-Real-Ip": "198.51.100.9", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}

// EDG-01, EDG-08: {each proxy} × {a whole sign-in, limits, smuggling, connections, a roll-out}.
func TestEdge(t *testing.T) {
	if !*edges {
		t.Skip("make test-edge runs it")
	}
	for name, e := range edgePrograms {
		t.Run(name, func(t *testing.T) {
			s := newEdgeSite(t, e)
			for _, part := range []struct {
				name string
				run  func(*edgeSite)
			}{
				{"signs in", (*edgeSite).signsIn},
				{"believes no visitor", (*edgeSite).believesNoVisitor},
				{"speaks good TLS", (*edgeSite).speaksGoodTLS},
				{"passes what is large", (*edgeSite).passesWhatIsLarge},
				{"refuses what is too large", (*edgeSite).refusesWhatIsTooLarge},
				{"smuggles nothing", (*edgeSite).smugglesNothing},
				{"keeps connections", (*edgeSite).keepsConnections},
				{"rolls out", (*edgeSite).rollsOut},
				{"is nobody's root", (*edgeSite).isNotRoot},
				{"logs no secrets", (*edgeSite).logsNoSecrets},
			} {
				t.Run(part.name, func(t *testing.T) {
					s.t = t
					part.run(s)
				})
			}
			if t.Failed() {
				t.Logf("the proxy said: %.4000s", s.logged())
			}
		})
	}
}

// signsIn has a user sign in and out again, by HTTP/2.
func (s *edgeSite) signsIn() {
	t := s.t
	var cookies, plain int
	v := s.travel("127.0.0.9", true, forged)
	v.seen = func(res *http.Response) {
		for _, c := range res.Cookies() {
			cookies++
			if !c.Secure || !strings.HasPrefix(c.Name, "__") {
				t.Errorf("%s: the cookie %s is not secure", res.Request.URL.Path, c.Name)
			}
		}
		if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != "max-age=63072000" {
			plain++
		}
	}
	r := s.party(v)
	r.signIn()
	code, err := r.code()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := r.redeem(code)
	if err != nil || tokens.status != http.StatusOK || tokens.ID == "" {
		t.Fatalf("redeem: %d %s, %v", tokens.status, tokens.Error, err)
	}
	if tokens, err = r.refresh(tokens.Refresh); err != nil || tokens.status != http.StatusOK {
		t.Fatalf("refresh: %d %s, %v", tokens.status, tokens.Error, err)
	}
	if info := s.reads(r, "/oauth2/userinfo", tokens.Access); info["sub"] == nil {
		t.Errorf("userinfo: %v", info)
	}
	metadata := s.reads(r, "/.well-known/openid-configuration", "")
	for name, value := range metadata {
		if address, ok := value.(string); ok && !strings.HasPrefix(address, edgeIssuer) {
			t.Errorf("%s is %s", name, address)
		}
	}
	out, err := r.http.Get(edgeIssuer + "/oauth2/logout?" + url.Values{"id_token_hint": {tokens.ID}}.Encode())
	if err != nil || out.Body.Close() != nil || out.StatusCode != http.StatusOK || out.Request.URL.Path != "/t/acme/logged-out" {
		t.Errorf("logout: %v, %v", out, err)
	}
	if _, err := r.code(); err == nil {
		t.Error("there is a code after signing out")
	}
	if cookies == 0 || plain > 0 {
		t.Errorf("%d cookies; %d answers not by HTTP/2 or without HSTS", cookies, plain)
	}
	s.comesFrom("authentication.succeeded", "127.0.0.9")
}

// reads asks for a document.
func (s *edgeSite) reads(r *rp, path, token string) (document map[string]any) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, edgeIssuer+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := r.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
	return document
}

// comesFrom wants the last event of a type to be from an address.
func (s *edgeSite) comesFrom(kind, want string) {
	s.t.Helper()
	var rows []struct {
		IP string `json:"ip"`
	}
	s.into(&rows, "audit", "list", "--tenant", "acme", "--type", kind, "--limit", "1")
	if len(rows) != 1 || rows[0].IP != want {
		s.t.Errorf("%s is in the audit log from %v, want %s", kind, rows, want)
	}
}

// believesNoVisitor has one forge what the proxy writes, and have it dropped on the way (hop by hop), by HTTP/1.1.
func (s *edgeSite) believesNoVisitor() {
	t := s.t
	for i, forge := range []map[string]string{
		{},
		forged,
		{"X-Forwarded-For": "198.51.100.9, 127.0.0.1"},
		{"Connection": "X-Forwarded-For"},
		{"Connection": "close, X-Forwarded-For, Host", "X-Forwarded-For": "198.51.100.9"},
		{"X_Forwarded_For": "198.51.100.9"},
	} {
		from := fmt.Sprintf("127.0.0.%d", 20+i)
		r := s.party(s.travel(from, false, forge))
		r.signIn()
		s.comesFrom("authentication.succeeded", from)
	}
	plain := http.Client{Transport: s.travel("127.0.0.9", false, nil), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := plain.Get("http://id.example.com/t/acme/?x=1")
	if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "https://id.example.com/t/acme/?x=1" {
		t.Errorf("by http: %v, %v", res, err)
	}
	res, err = plain.Post("http://id.example.com/t/acme/oauth2/token", "application/x-www-form-urlencoded", strings.NewReader(clientCredentials))
	if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a post by http: %v, %v", res, err)
	}
}

func (s *edgeSite) speaksGoodTLS() {
	for name, c := range map[string]struct {
		config *tls.Config
		good   bool
	}{
		"1.3": {&tls.Config{MinVersion: tls.VersionTLS13}, true}, "1.2": {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"1.1": {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"CBC": {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}}, false},
	} {
		c.config.InsecureSkipVerify, c.config.ServerName = true, "id.example.com"
		conn, err := tls.Dial("tcp", s.secure, c.config)
		if err == nil {
			err = conn.Handshake()
			conn.Close()
		}
		if (err == nil) != c.good {
			s.t.Errorf("%s: %v", name, err)
		}
	}
}

// answers sends a request and wants an answer of Plinto's own, which has a Request-Id.
func (s *edgeSite) answers(what string, client *http.Client, req *http.Request, want int) {
	s.t.Helper()
	res, err := client.Do(req)
	if err != nil {
		s.t.Errorf("%s: %v", what, err)
		return
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != want || res.Header.Get("Request-Id") == "" {
		s.t.Errorf("%s: %d, %v: %.200s", what, res.StatusCode, err, body)
	}
}

// passesWhatIsLarge sends what is as large as Plinto takes it.
func (s *edgeSite) passesWhatIsLarge() {
	for _, two := range []bool{false, true} {
		client := &http.Client{Transport: s.travel("127.0.0.9", two, nil), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		request := func(method, path string, body string) *http.Request {
			req, err := http.NewRequest(method, edgeIssuer+path, strings.NewReader(body))
			if err != nil {
				s.t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return req
		}
		q := url.Values{
			"client_id": {siteClient}, "redirect_uri": {rpCallback}, "response_type": {"code"}, "scope": {"openid"}, "state": {strings.Repeat("s", 4000)}, "request": {strings.Repeat("r", 8000)},
		}
		req := request(http.MethodGet, "/oauth2/authorize?"+q.Encode(), "")
		req.Header.Set("Cookie", "a="+strings.Repeat("c", 6000))
		s.answers("a long request object", client, req, http.StatusOK) // a page that leads on: the address would be too long for a proxy
		s.answers("a long form", client, request(http.MethodPost, "/oauth2/token", "grant_type=x&"+manyParameters(60_000)), http.StatusBadRequest)
		s.answers("a SAML response", client, request(http.MethodPost, "/federation/none/acs", "SAMLResponse="+strings.Repeat("A", 900_000)), http.StatusBadRequest)
	}
}

func manyParameters(bytes int) string {
	var b strings.Builder
	for i := 0; b.Len() < bytes; i++ {
		fmt.Fprintf(&b, "p%d=%s&", i, strings.Repeat("v", 2000))
	}
	return strings.TrimSuffix(b.String(), "&")
}

// refusesWhatIsTooLarge wants an answer that names whose fault it is, whoever gives it.
func (s *edgeSite) refusesWhatIsTooLarge() {
	for _, two := range []bool{false, true} {
		client := &http.Client{Transport: s.travel("127.0.0.9", two, nil)}
		res, err := client.Post(edgeIssuer+"/oauth2/token", "application/x-www-form-urlencoded", strings.NewReader("a="+strings.Repeat("b", 2<<20)))
		if err == nil { // a connection that is closed while it is sent is as good
			if res.Body.Close(); res.StatusCode != http.StatusRequestEntityTooLarge {
				s.t.Errorf("2 MiB: %d", res.StatusCode)
			}
		}
		req, err := http.NewRequest(http.MethodGet, edgeIssuer+"/", http.NoBody)
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Cookie", strings.Repeat("a=b; ", 20_000))
		if res, err = client.Do(req); err == nil {
			if res.Body.Close(); res.StatusCode < 400 || res.StatusCode >= 500 {
				s.t.Errorf("a header of 100 kB: %d", res.StatusCode)
			}
		}
	}
	s.answersAll(20)
}

// answersAll wants documents to be answered, over all connections that there are.
func (s *edgeSite) answersAll(n int) {
	s.t.Helper()
	client := &http.Client{Transport: s.travel("127.0.0.9", false, nil)}
	for range n {
		res, err := client.Get(edgeIssuer + "/.well-known/jwks.json")
		if err != nil {
			s.t.Errorf("keys: %v", err)
			return
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"keys"`) {
			s.t.Errorf("keys: %d, %v, %.100s", res.StatusCode, err, body)
			return
		}
	}
}

// EDG-09: what proxy and server could take for different requests poisons no connection between them: whoever comes next is
// answered for what they ask.
func (s *edgeSite) smugglesNothing() {
	const rest = "0\r\n\r\nGET /t/acme/smuggled HTTP/1.1\r\nHost: id.example.com\r\nX: "
	for name, header := range map[string]string{
		"both":                    "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
		"both, the other way":     "Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
		"a blank before":          "Content-Length: %d\r\nTransfer-Encoding : chunked\r\n",
		"a tab":                   "Content-Length: %d\r\nTransfer-Encoding:\tchunked\r\n",
		"folded":                  "Content-Length: %d\r\nTransfer-Encoding:\r\n chunked\r\n",
		"another name":            "Content-Length: %d\r\nTransfer-Encoding: xchunked\r\n",
		"two codings":             "Content-Length: %d\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
		"a list":                  "Content-Length: %d\r\nTransfer-Encoding: chunked, identity\r\n",
		"two lengths":             "Content-Length: %d\r\nContent-Length: 0\r\n",
		"a length with a sign":    "Content-Length: +%d\r\n",
		"a length and underscore": "Content_Length: 0\r\nContent-Length: %d\r\n",
		"a bare line feed":        "X: y\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n",
	} {
		conn, err := tls.Dial("tcp", s.secure, &tls.Config{InsecureSkipVerify: true, ServerName: "id.example.com", NextProtos: []string{"http/1.1"}})
		if err != nil {
			s.t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(waitLimit)) // a network connection takes any
		fmt.Fprintf(conn, "POST /t/acme/oauth2/token HTTP/1.1\r\nHost: id.example.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"+header+"\r\n%s", len(rest), rest)
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			res.Body.Close()
			if (res.StatusCode < 400 || res.StatusCode >= 500) && res.StatusCode != http.StatusNotImplemented { // RFC 9112 §6.1
				s.t.Errorf("%s: %d", name, res.StatusCode)
			}
		}
		s.answersAll(6)
		conn.Close()
	}
}

// keepsConnections wants forty requests to need few connections to the servers.
func (s *edgeSite) keepsConnections() {
	var before [2]map[string]bool
	for i, address := range s.listens {
		before[i] = connectionsTo(s.t, address)
	}
	began := time.Now()
	s.answersAll(40)
	fresh := 0
	for i, address := range s.listens {
		for port := range connectionsTo(s.t, address) {
			if !before[i][port] {
				fresh++
			}
		}
	}
	if s.checks { // each has one of its own, once a second
		fresh -= 2 * (1 + int(time.Since(began)/time.Second))
	}
	if fresh > 10 {
		s.t.Errorf("forty requests took %d connections", fresh)
	}
}

// rollsOut replaces both servers while users sign in and clients refresh.
func (s *edgeSite) rollsOut() {
	t := s.t
	var stop atomic.Bool
	var walks atomic.Int64
	var all sync.WaitGroup
	for i := range 4 {
		r := s.party(s.travel(fmt.Sprintf("127.0.0.%d", 40+i), i%2 == 0, nil))
		r.signIn()
		all.Go(func() {
			for !stop.Load() {
				r.mustWalk()
				walks.Add(1)
				<-time.After(40 * time.Millisecond) // an instance gives one user 600 answers a minute
			}
		})
	}
	for i := range s.servers {
		before := walks.Load()
		eventually(t, "walks go on", func() bool { return walks.Load() > before+8 })
		s.servers[i].signal(syscall.SIGTERM)
		if code := s.servers[i].exit(waitLimit); code != exitOK {
			t.Errorf("exit %d: %s", code, s.servers[i].text())
		}
		before = walks.Load()
		eventually(t, "one server answers", func() bool { return walks.Load() > before+8 })
		s.start(i)
		eventually(t, "the new server is used", func() bool { return strings.Contains(s.servers[i].text(), "/oauth2/token") })
	}
	stop.Store(true)
	all.Wait()
	t.Logf("%d walks", walks.Load())
}

func (s *edgeSite) isNotRoot() {
	for _, uid := range s.workers(s.t) {
		if uid == "0" || uid == "" {
			s.t.Errorf("a process that serves is of the user %q", uid)
		}
	}
}

var secretInLog = regexp.MustCompile(`[?&][a-z_]+=|eyJ[A-Za-z0-9_-]{20,}|pl[a-z]{1,2}_[A-Za-z0-9_-]{20,}`)

// logsNoSecrets looks through what the proxy wrote about all before, and about requests that nobody answered.
func (s *edgeSite) logsNoSecrets() {
	for i, p := range s.servers {
		p.signal(syscall.SIGTERM)
		eventually(s.t, "the server drains", func() bool {
			status, _ := get(s.t, s.listens[i], "/readyz")
			return status == http.StatusServiceUnavailable
		})
		p.signal(syscall.SIGTERM) // at once
		p.exit(waitLimit)
	}
	client := &http.Client{Transport: s.travel("127.0.0.9", true, nil)}
	res, err := client.Get(edgeIssuer + "/federation/idp/callback?state=hunter2&code=hunter2")
	if err != nil || res.Body.Close() != nil || res.StatusCode < 502 || res.StatusCode > 504 {
		s.t.Errorf("without servers: %v, %v", res, err)
	}
	text := s.logged()
	if found := secretInLog.FindString(text); found != "" || strings.Contains(text, "hunter2") {
		s.t.Errorf("the log has %q or what was sent: %s", found, text)
	}
	if s.conf != "Caddyfile" && !strings.Contains(text, "/t/acme/oauth2/token") {
		s.t.Errorf("the log has no requests: %.300s", text)
	}
}

// Each example has a test or says that it has none, and nothing in them is of this machine.
func TestEdge_examplesAreTriedOrSaySo(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("../../deploy/edge")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	tried := map[string]bool{}
	for e := range maps.Values(edgePrograms) {
		tried[e.conf] = true
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join("../../deploy/edge", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if says := strings.Contains(string(text), "NOT TRIED"); says == tried[f.Name()] {
			t.Errorf("%s: it is tested: %t; it says that it is not: %t", f.Name(), tried[f.Name()], says)
		}
		for _, want := range []string{"/readyz", "traceparent"} {
			if f.Name() != "nginx.conf" && !strings.Contains(string(text), want) {
				t.Errorf("%s has no %s", f.Name(), want)
			}
		}
	}
}
