package web

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(h)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// send writes raw requests on one connection and returns it for reading.
func send(t *testing.T, address, raw string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// RFC 9112 §6.1: a front that read the length and we that read the chunks would
// disagree about where the next request begins.
func TestServer_closesConnectionsWithTwoLengths(t *testing.T) {
	t.Parallel()
	served := make(chan string, 10)
	address := listen(t, Begin(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		served <- r.URL.Path
	}), false))
	_, in := send(t, address, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
		"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !res.Close {
		t.Error("the answer does not announce that the connection closes")
	}
	if rest, err := io.ReadAll(in); err != nil || len(rest) != 0 {
		t.Errorf("after the answer came %q, %v", rest, err)
	}
	if path := <-served; path != "/a" || len(served) != 0 {
		t.Errorf("served %q and %d more", path, len(served))
	}
}

func TestServer_refusesEndlessHeaders(t *testing.T) {
	t.Parallel()
	address := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	_, in := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nCookie: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", res.StatusCode)
	}
}

func TestNewServer_limitsEverything(t *testing.T) {
	t.Parallel()
	s := NewServer(nil)
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes != 32<<10 || s.HTTP2.MaxConcurrentStreams != 100 {
		t.Errorf("%+v", s)
	}
}

// pair writes a fresh self-signed certificate and returns its serial number.
func pair(t *testing.T, dir string) (certFile, keyFile string, serial *big.Int) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return certFile, keyFile, serial
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificate_followsItsFilesAndSurvivesBadOnes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile, first := pair(t, dir)
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	touch := func(age time.Duration) { // file systems may keep coarse times
		if err := os.Chtimes(certFile, now.Add(age), now.Add(age)); err != nil {
			t.Fatal(err)
		}
	}
	serves := func(step int, want *big.Int) {
		t.Helper()
		now = now.Add(2 * certificateCheck)
		leaf, err := x509.ParseCertificate(c.get(now).Certificate[0])
		if err != nil || leaf.SerialNumber.Cmp(want) != 0 {
			t.Errorf("step %d serves %v, %v, want %v", step, leaf.SerialNumber, err, want)
		}
	}
	serves(1, first)
	good, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, certFile, []byte("half writ"))
	touch(time.Hour)
	serves(2, first)
	write(t, certFile, good)
	touch(time.Hour) // the same time as the bad one: it must be tried again all the same
	serves(3, first)
	_, _, second := pair(t, dir)
	touch(2 * time.Hour)
	serves(4, second)
	// Renewed with a key file that is younger than the new certificate, and stays so.
	young := now.Add(48 * time.Hour)
	for step := 5; step < 7; step++ {
		_, _, renewed := pair(t, dir)
		if err := os.Chtimes(keyFile, young, young); err != nil {
			t.Fatal(err)
		}
		touch(time.Duration(step) * time.Hour)
		serves(step, renewed)
	}
	if _, err := LoadCertificate(certFile+".none", keyFile); err == nil {
		t.Error("LoadCertificate of nothing succeeds")
	}
}

// Files as Windows saves them: with a byte order mark, CR LF, as UTF-16.
func TestCertificate_isReadAsEditorsSaveIt(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := pair(t, t.TempDir())
	for _, name := range []string{certFile, keyFile} {
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		windows := bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n"))
		wide := []byte("\xff\xfe")
		for _, b := range windows {
			wide = append(wide, b, 0)
		}
		for what, saved := range map[string][]byte{"a mark": append([]byte("\xef\xbb\xbf"), windows...), "UTF-16": wide} {
			write(t, name, saved)
			if _, err := LoadCertificate(certFile, keyFile); err != nil {
				t.Errorf("%s with %s: %v", name, what, err)
			}
		}
		write(t, name, good)
	}
}

func TestCertificate_speaksOnlyGoodTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := pair(t, t.TempDir())
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	l := tls.NewListener(s.Listener, c.TLS())
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	for name, tt := range map[string]struct {
		config *tls.Config
		want   bool
	}{
		"1.3":       {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"1.2":       {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"1.2, CBC":  {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		"1.1":       {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"http2":     {&tls.Config{NextProtos: []string{"h2"}}, true},
		"other ask": {&tls.Config{NextProtos: []string{"spdy/1"}}, false},
	} {
		tt.config.InsecureSkipVerify = true
		conn, err := tls.Dial("tcp", l.Addr().String(), tt.config)
		if err == nil {
			conn.Close()
		}
		if (err == nil) != tt.want {
			t.Errorf("%s: %v, want to connect: %v", name, err, tt.want)
		}
	}
}

// NET-04: what one HTTP/2 connection may have going on at once is announced in the
// first frame (RFC 9113 §6.5.2); net/http holds clients to it.
func TestServer_boundsTheStreamsOfAConnection(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(nil)
	s.Config = NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil || head[3] != 4 {
		t.Fatalf("the first frame is %x, %v, want SETTINGS", head, err)
	}
	settings := make([]byte, binary.BigEndian.Uint32(append([]byte{0}, head[:3]...)))
	if _, err := io.ReadFull(conn, settings); err != nil {
		t.Fatal(err)
	}
	const maxConcurrentStreams = 3
	announced := map[uint16]uint32{}
	for ; len(settings) >= 6; settings = settings[6:] {
		announced[binary.BigEndian.Uint16(settings)] = binary.BigEndian.Uint32(settings[2:])
	}
	if got := announced[maxConcurrentStreams]; got != 100 {
		t.Errorf("%d streams at once are allowed, of %v", got, announced)
	}
}
