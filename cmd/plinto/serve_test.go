package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// A serveRun is a running plinto serve on an installation of its own, with one
// tenant that has one service as client.
type serveRun struct {
	*process
	*terminal
	address string // it listens on
	issuer  string
	client  string
	secret  string
}

// startServe starts plinto serve with more variables than it needs.
func startServe(t *testing.T, more ...string) *serveRun {
	t.Helper()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	var made struct {
		ClientID string `json:"client_id"`
		Secret   string `json:"client_secret"`
	}
	x.into(&made, "client", "create", "service", "--type", "service")
	p := start(t, append(append(x.env, "PLINTO_LISTEN=127.0.0.1:0", "REDIS_URL="+testservice.Redis(t)), more...), "serve")
	said := p.until(`"msg":"serving"`)
	address := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(said)
	if address == nil {
		t.Fatalf("it does not say where it serves: %s", said)
	}
	return &serveRun{process: p, terminal: x, address: address[1], issuer: "http://id.example.com/t/acme", client: made.ClientID, secret: made.Secret}
}

// status sends one request and returns its status, once the answer is complete.
func status(v *visitor, req *http.Request) (int, error) {
	res, err := v.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

func (s *serveRun) jwks() *http.Request {
	req, err := http.NewRequest(http.MethodGet, s.issuer+"/.well-known/jwks.json", nil)
	if err != nil {
		panic(err) // a constant
	}
	return req
}

const clientCredentials = "grant_type=client_credentials"

func (s *serveRun) token() *http.Request {
	req, err := http.NewRequest(http.MethodPost, s.issuer+"/oauth2/token", strings.NewReader(clientCredentials))
	if err != nil {
		panic(err) // a constant
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(s.client), url.QueryEscape(s.secret))
	return req
}

func TestServe_answersWhatItIsMeantFor(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	v := visit(t, s.address)
	for _, path := range []string{"/livez", "/readyz", "/version", "/t/acme/.well-known/openid-configuration", "/t/acme/.well-known/jwks.json", "/t/acme/"} {
		if got := v.open("http://id.example.com" + path); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	for _, address := range []string{"http://other.example.com/t/acme/", "http://id.example.com/t/other/", "http://id.example.com/dev", "http://id.example.com/dev/preview", "http://id.example.com/dev/preview/sign-in"} {
		if got := v.open(address); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", address, got.status)
		}
	}
	if got, err := status(v, s.token()); got != http.StatusOK {
		t.Errorf("token: %d, %v", got, err)
	}
	key := strings.TrimPrefix(s.env[2], "PLINTO_ENCRYPTION_KEY=")
	if said := s.text(); strings.Contains(said, s.secret) || strings.Contains(said, key) {
		t.Error("a secret is in the log")
	}
}

// Clients go on as fast as they can until the balancer in front sees that the
// server is not ready any more. None of them may notice.
func TestServe_failsNoRequestWhileItDrains(t *testing.T) {
	t.Parallel()
	s := startServe(t, "PLINTO_DRAIN_DELAY=3s")
	var stop atomic.Bool
	var answered atomic.Int64
	var clients sync.WaitGroup
	for i := range 8 {
		v := visit(t, s.address)
		clients.Go(func() {
			for n := i; !stop.Load(); n++ {
				req := s.jwks()
				if n%2 == 0 {
					req = s.token()
				}
				if got, err := status(v, req); got != http.StatusOK || err != nil {
					t.Errorf("%s: %d, %v", req.URL.Path, got, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	balancer := visit(t, s.address)
	eventually(t, "requests are answered", func() bool { return answered.Load() > 100 })
	s.signal(syscall.SIGTERM)
	eventually(t, "the server says that it drains", func() bool {
		return balancer.open("http://id.example.com/readyz").status == http.StatusServiceUnavailable
	})
	draining := answered.Load()
	eventually(t, "requests are answered while it drains", func() bool { return answered.Load() > draining+20 })
	stop.Store(true)
	clients.Wait()
	if code := s.exit(waitLimit); code != exitOK {
		t.Errorf("exit %d: %s", code, s.text())
	}
}

func TestServe_finishesARequestThatItHasBegun(t *testing.T) {
	t.Parallel()
	s := startServe(t, "PLINTO_DRAIN_DELAY=100ms")
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	credentials := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(s.client) + ":" + url.QueryEscape(s.secret)))
	fmt.Fprintf(conn, "POST /t/acme/oauth2/token HTTP/1.1\r\nHost: id.example.com\r\nAuthorization: Basic %s\r\nExpect: 100-continue\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", credentials, len(clientCredentials))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server does not wait for the body: %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGTERM)
	eventually(t, "new connections are refused", func() bool {
		probe, err := net.Dial("tcp", s.address)
		if err == nil {
			probe.Close()
		}
		return err != nil
	})
	fmt.Fprint(conn, clientCredentials)
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request was cut off: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK || err != nil || !strings.Contains(string(body), "access_token") {
		t.Errorf("%d %s, %v", res.StatusCode, body, err)
	}
	if code := s.exit(waitLimit); code != exitOK {
		t.Errorf("exit %d: %s", code, s.text())
	}
}

func TestServe_endsAtOnceAtTheSecondSignal(t *testing.T) {
	t.Parallel()
	s := startServe(t, "PLINTO_DRAIN_DELAY=1m")
	v := visit(t, s.address)
	s.signal(syscall.SIGTERM)
	eventually(t, "the server says that it drains", func() bool {
		return v.open("http://id.example.com/readyz").status == http.StatusServiceUnavailable
	})
	s.signal(syscall.SIGTERM)
	if code := s.exit(10 * time.Second); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
}

func TestServe_refusesToStart(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	_, stale := storagetest.URL(t)
	conn := storagetest.Owner(t, stale)
	if _, err := conn.Exec(t.Context(), `DELETE FROM schema_migrations`); err != nil {
		t.Fatal(err)
	}
	old, err := url.Parse(stale)
	if err != nil {
		t.Fatal(err)
	}
	old.User = url.User(storagetest.LoginRole)
	_, text := secret.NewRoot()
	key := "PLINTO_ENCRYPTION_KEY=" + text.Reveal()
	for name, c := range map[string]struct {
		env  []string
		says []string
	}{
		"as superuser":          {[]string{"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=" + owner, key}, []string{"is a superuser", "plinto migrate"}},
		"on an older schema":    {[]string{"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=" + old.String(), key}, []string{"lacks", "run plinto migrate"}},
		"without anything":      {nil, []string{"PLINTO_PUBLIC_URL", "PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY"}},
		"with several mistakes": {[]string{"PLINTO_PUBLIC_URL=http://id.example.com", "DATABASE_URL=mysql://x", "PLINTO_LISTN=:1", "PLINTO_LOG_FORMAT=xml"}, []string{"https", "PLINTO_DATABASE_URL", "PLINTO_LISTN", "PLINTO_LOG_FORMAT", "PLINTO_ENCRYPTION_KEY"}},
		"without a database":    {[]string{"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=postgres://plinto_server:hidden@127.0.0.1:1/x", key}, []string{"database"}},
		"on a taken address":    {[]string{"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=" + server, key, "PLINTO_LISTEN=" + taken(t)}, []string{"address already in use"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, append([]string{"PLINTO_LISTEN=127.0.0.1:0"}, c.env...), "serve")
			if code := p.exit(waitLimit); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			said := p.text()
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q: %s", want, said)
				}
			}
			if strings.Contains(said, "goroutine") || strings.Contains(said, "hidden") || strings.Contains(said, `"serving"`) {
				t.Errorf("it says too much: %s", said)
			}
		})
	}
}

// taken returns an address that somebody listens on.
func taken(t *testing.T) string {
	t.Helper()
	return listen(t).Addr().String()
}

// listen listens on a free port until the test ends.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// certify writes a self-signed certificate for id.example.com that is valid for an hour and
// returns it. As a deployment does, each file is replaced by a rename.
func certify(t *testing.T, certFile, keyFile string, serial int64) *x509.Certificate {
	t.Helper()
	return certifyFor(t, certFile, keyFile, serial, "id.example.com", -time.Hour, time.Hour)
}

// certifyFor is certify for another host and time from now.
func certifyFor(t *testing.T, certFile, keyFile string, serial int64, host string, from, to time.Duration) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{host},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: raw}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
