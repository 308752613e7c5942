package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A tlsVisitor speaks TLS with a server at one address, which it takes for id.example.com.
type tlsVisitor struct {
	t       *testing.T
	address string
	trusted *x509.CertPool
}

// client returns a client with connections of its own.
func (v *tlsVisitor) client() *http.Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", v.address)
		},
		TLSClientConfig: &tls.Config{RootCAs: v.trusted}, ForceAttemptHTTP2: true,
	}
	v.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: waitLimit}
}

// asks asks a client for discovery, and reports whether its connection was there before.
func (v *tlsVisitor) asks(client *http.Client) (res *http.Response, reused bool) {
	v.t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(v.t.Context(), trace), http.MethodGet, "https://id.example.com/t/acme/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		v.t.Fatal(err)
	}
	if res, err = client.Do(req); err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"issuer":"https://id.example.com/t/acme"`) {
		v.t.Fatalf("%d %v %.200s", res.StatusCode, err, body)
	}
	return res, reused
}

func (v *tlsVisitor) serial() int64 {
	v.t.Helper()
	conn, err := tls.Dial("tcp", v.address, &tls.Config{RootCAs: v.trusted, ServerName: "id.example.com"})
	if err != nil {
		v.t.Fatalf("handshake: %v", err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// EDG-05: files that do not fit leave the certificate that is served where it is, and are told of; those that do are served
// at the next handshake, and connections that are there go on.
func TestServe_servesANewCertificateWithoutARestart_EDG_05(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	v := &tlsVisitor{t: t, trusted: x509.NewCertPool()}
	v.trusted.AddCert(certify(t, certFile, keyFile, 1))
	s := startServe(t, "PLINTO_TLS_CERT_FILE="+certFile, "PLINTO_TLS_KEY_FILE="+keyFile, "PLINTO_OPERATIONS_LISTEN=127.0.0.1:0")
	v.address = s.address
	operations := operationsAt.FindStringSubmatch(s.text())[1]
	told := func() (gauge, state string) {
		_, metrics := get(t, operations, "/metrics")
		_, gauge, _ = strings.Cut(metrics, "\nplinto_tls_certificate_served ")
		_, ready := get(t, operations, "/readyz?verbose")
		_, state, _ = strings.Cut(ready, "certificate: ")
		state, _, _ = strings.Cut(state, "\n")
		return gauge[:1], state
	}
	old := v.client()
	if res, _ := v.asks(old); res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != "max-age=63072000" {
		t.Errorf("%s, HSTS %q", res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
	if gauge, state := told(); v.serial() != 1 || gauge != "1" || !strings.HasPrefix(state, "it ends on") {
		t.Errorf("at first: %s, %s", gauge, state) // it is for an hour
	}
	v.trusted.AddCert(certify(t, filepath.Join(dir, "other.pem"), keyFile, 3)) // the key alone
	eventually(t, "it says that the key does not fit", func() bool {
		gauge, state := told()
		return gauge == "0" && strings.Contains(state, "does not match") && strings.Contains(s.text(), "cannot be served; the old certificate stays")
	})
	if got := v.serial(); got != 1 {
		t.Errorf("serial %d is served with a key that does not fit", got)
	}
	v.trusted.AddCert(certify(t, certFile, keyFile, 2))
	eventually(t, "the new certificate is served", func() bool { return v.serial() == 2 })
	if gauge, _ := told(); gauge != "1" {
		t.Errorf("served: %s", gauge)
	}
	if res, reused := v.asks(old); !reused || res.TLS.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Error("the connection from before is gone")
	}
	if _, body := get(t, operations, "/health/detail"); !strings.Contains(body, `"until": "2`) {
		t.Errorf("details do not say when it ends: %s", body)
	}
}

func TestServe_refusesAKeyOfAnotherCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, other := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "other.pem")
	certify(t, cert, filepath.Join(dir, "its.pem"), 1)
	certify(t, other, key, 2)
	for name, c := range map[string]struct{ cert, key, says string }{
		"another key":     {cert, key, "does not match"},
		"switched":        {key, cert, "switched"},
		"not PEM":         {writeFile(t, filepath.Join(dir, "text"), "no certificate"), key, "PEM"},
		"without a chain": {key, key, "PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, []string{
				"PLINTO_LISTEN=127.0.0.1:0", "PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=postgres://plinto@127.0.0.1:1/x", "PLINTO_ENCRYPTION_KEY=" + randomKey(),
				"PLINTO_TLS_CERT_FILE=" + c.cert, "PLINTO_TLS_KEY_FILE=" + c.key,
			}, "serve")
			if code := p.exit(waitLimit); code != exitFailed || !strings.Contains(p.text(), "PLINTO_TLS_CERT_FILE, PLINTO_TLS_KEY_FILE: ") || !strings.Contains(p.text(), c.says) || strings.Contains(p.text(), "PRIVATE KEY-----\n") {
				t.Errorf("exit %d: %s", code, p.text())
			}
		})
	}
}

func TestDoctor_looksAtTheCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	x := &terminal{t: t, dir: dir, env: []string{"PLINTO_PUBLIC_URL=https://localhost", "PLINTO_TLS_CERT_FILE=" + cert, "PLINTO_TLS_KEY_FILE=" + key}}
	for name, c := range map[string]struct {
		host     string
		from, to time.Duration
		severity severity
		says     string
	}{
		"own authority":  {"localhost", -time.Hour, 90 * 24 * time.Hour, severityWarn, "intermediate certificates"},
		"soon":           {"localhost", -time.Hour, 10*24*time.Hour + time.Minute, severityWarn, "in 10 days"},
		"ended":          {"localhost", -2 * time.Hour, -time.Hour, severityFail, "has ended"},
		"not yet":        {"localhost", time.Hour, 2 * time.Hour, severityFail, "not valid yet"},
		"another's name": {"other.example.com", -time.Hour, 90 * 24 * time.Hour, severityFail, "it is not for localhost"},
	} {
		certifyFor(t, cert, key, 1, c.host, c.from, c.to)
		all, _ := x.diagnose()
		t.Log(name)
		wants(t, all, "TLS certificate", c.severity, c.says)
	}
	certify(t, filepath.Join(dir, "other.pem"), key, 2)
	all, code := x.diagnose()
	if wants(t, all, "TLS certificate", severityFail, "does not match"); code != exitFailed {
		t.Errorf("exit %d", code)
	}
}
