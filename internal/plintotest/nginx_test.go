package plintotest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plinto/provider"
	"plinto/tenant"
)

// nginxConf leaves every limit at its default: 8 KiB for a line of a request's header,
// 4 KiB for the header of an answer.
const nginxConf = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; %[2]s
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[3]s ssl;
		ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		location / { proxy_pass https://%[4]s; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
	}
}
`

// behind starts nginx in front of the server, and returns a tenant that answers there and
// a browser that trusts it.
func (s *Server) behind(t *testing.T) (*Server, func() *Browser) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("no nginx on this machine (make setup installs it)")
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, dir := free.Addr().String(), t.TempDir()
	roots := certify(t, dir)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(nginxConf, dir, user, address, s.Listener.Addr())
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	command := exec.CommandContext(t.Context(), program, "-c", filepath.Join(dir, "nginx.conf"), "-p", dir, "-e", filepath.Join(dir, "error.log"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			tick.Stop()
			break
		}
		select {
		case err := <-ended:
			said, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx ended: %v: %s", err, said)
		default:
		}
	}
	front := *s
	front.Tenant = s.NewTenant("behind", address, tenant.Settings{})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &front, func() *Browser {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		b := &Browser{Jar: jar, origin: "https://" + address, t: t}
		b.Client = &http.Client{Transport: transport, Jar: jar, CheckRedirect: b.stopOutside}
		return b
	}
}

// certify writes a certificate for 127.0.0.1 and returns who trusts it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nginx"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(certificate)
	return roots
}

// NET-24: twenty tabs, each with a state of 4 KiB, go through a proxy as it comes out of
// the box: every request, and every answer.
func TestNginx_defaultsCarryTwentyTabsWithALongState(t *testing.T) {
	t.Parallel()
	s, browser := Start(t).behind(t)
	own, _ := s.Client(web("https://own.example/cb"), FirstParty)
	third, _ := s.Client(web("https://third.example/cb"))
	s.User("alice@example.com")
	b := browser()
	state := func(i int) string { return strings.Repeat(string(rune('a'+i)), 4096) }
	var tabs []*Page
	for i := range provider.MaxFlows {
		p := b.Open(s.AuthorizeURL(own, url.Values{"state": {state(i)}}))
		if p.Status != http.StatusOK || p.Doc.Find("#password").Length() != 1 {
			t.Fatalf("tab %d: %d on %s: %s", i, p.Status, p.URL.Path, p.Doc.Text())
		}
		tabs = append(tabs, p)
	}
	for i, p := range tabs {
		p = p.Submit("submit", Alice())
		if p.Status >= 400 || p.target().Query().Get("state") != state(i) || p.target().Query().Get("code") == "" {
			t.Fatalf("tab %d, signed in: %d on %s", i, p.Status, p.URL.Path)
		}
	}
	for what, c := range map[string]struct {
		extra url.Values
		walk  func(*Page) *Page
	}{
		"silent":          {url.Values{}, nil},
		"silent, refused": {url.Values{"prompt": {"none"}, "max_age": {"0"}}, nil},
		"an error":        {url.Values{"resource": {"https://nowhere.example"}}, nil},
		"allowed":         {url.Values{"prompt": {"consent"}}, func(p *Page) *Page { return p.Submit("allow", nil) }},
		"denied":          {url.Values{"prompt": {"consent"}}, func(p *Page) *Page { return p.Submit("deny", nil) }},
		"cancelled":       {url.Values{"prompt": {"login"}}, func(p *Page) *Page { return p.Submit("cancel", nil) }},
		"chosen":          {url.Values{"prompt": {"select_account"}}, func(p *Page) *Page { return p.Submit("account-0", nil) }},
		"sealed":          {url.Values{"response_mode": {"jwt"}}, nil},
		"by form":         {url.Values{"response_mode": {"form_post"}}, nil},
	} {
		client := own
		if what == "allowed" || what == "denied" {
			client = third
		}
		c.extra.Set("state", state(3))
		p := b.Open(s.AuthorizeURL(client, c.extra))
		if c.walk != nil && p.Status == http.StatusOK {
			p = c.walk(p)
		}
		got := p.target().Query().Get("state")
		switch what {
		case "by form":
			got = p.Doc.Find("input[name=state]").AttrOr("value", "")
		case "sealed":
			if p.target().Query().Get("response") != "" {
				got = state(3) // what is inside is package authorize's
			}
		}
		if p.Status >= 400 || got != state(3) {
			t.Errorf("%s: %d on %s, state of %d bytes", what, p.Status, p.URL.Path, len(got))
		}
	}
	u, err := url.Parse(s.AuthorizeURL(own, url.Values{"state": {state(5)}}))
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Post(s.Issuer()+"/oauth2/authorize", u.Query()); p.Status >= 400 || p.target().Query().Get("state") != state(5) {
		t.Errorf("posted: %d on %s", p.Status, p.URL)
	}
}

// The same proxy after a stranger's links, and when a user signs in to leave again.
func TestNginx_defaultsCarryWhatStrangersPlant(t *testing.T) {
	t.Parallel()
	s, browser := Start(t).behind(t)
	own, _ := s.Client(web("https://own.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := browser()
	for i := range 60 {
		extra := url.Values{"ui_locales": {strings.Repeat("x", 1500)}, "acr_values": {strings.Repeat("y", 1500)}, "state": {strings.Repeat("s", i*70)}}
		if p := b.Open(s.AuthorizeURL(own, extra)); p.Status != http.StatusOK {
			t.Fatalf("link %d: %d on %s", i, p.Status, p.URL.Path)
		}
	}
	p := b.Open(s.AuthorizeURL(own, nil)).Submit("submit", Alice())
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("signed in: %d on %s", p.Status, p.URL)
	}
	out := s.Issuer() + "/oauth2/logout?" + url.Values{
		"client_id": {own.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {strings.Repeat("s", 4096)},
	}.Encode()
	p = b.Open(out)
	if p.Doc != nil && p.Doc.Find("#logout-yes").Length() == 0 { // led there by a page
		p = b.Open(s.Issuer() + p.target().RequestURI())
	}
	if p = p.Submit("logout-yes", nil); p.Status >= 400 || len(p.target().Query().Get("state")) != 4096 {
		t.Errorf("signed out: %d on %s", p.Status, p.URL.Path)
	}
}
