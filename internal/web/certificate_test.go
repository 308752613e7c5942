package web

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// pair writes a fresh self-signed certificate and returns its serial number.
func pair(t *testing.T, dir string) (certFile, keyFile string, serial *big.Int) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, dir, key, -time.Hour, time.Hour)
}

// pairOf is pair of a key, valid at times from now.
func pairOf(t *testing.T, dir string, key crypto.Signer, from, to time.Duration) (certFile, keyFile string, serial *big.Int) {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
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

// A pair that cannot be served yet, or any more, does not take the place of one that is valid. One that can be is
// taken when its time comes, without another change of the files.
func TestCertificate_staysWhileTheNextIsNotValid_EDG_05(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile, first := pair(t, dir)
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	served := func(after time.Duration) *big.Int {
		return c.get(now.Add(after)).Leaf.SerialNumber
	}
	later := func(hours int) {
		at := now.Add(time.Duration(hours) * time.Hour)
		if err := os.Chtimes(certFile, at, at); err != nil {
			t.Fatal(err)
		}
	}
	pairOf(t, dir, key, -2*time.Hour, -time.Minute)
	later(1)
	if got := served(10 * time.Second); got.Cmp(first) != 0 || !errors.Is(c.Problem(), errEnded) {
		t.Errorf("%v took the place of %v: %v", got, first, c.Problem())
	}
	_, _, next := pairOf(t, dir, key, 10*time.Minute, time.Hour)
	later(2)
	if got := served(20 * time.Second); got.Cmp(first) != 0 || !errors.Is(c.Problem(), errNotBegun) {
		t.Errorf("%v took the place of %v: %v", got, first, c.Problem())
	}
	if got := served(11 * time.Minute); got.Cmp(next) != 0 || c.problem != nil {
		t.Errorf("%v is served, want %v: %v", got, next, c.problem)
	}
	// When nothing valid is left, what comes is no worse.
	_, _, ended := pairOf(t, dir, key, -2*time.Hour, -time.Minute)
	later(3)
	if got := served(2 * time.Hour); got.Cmp(ended) != 0 {
		t.Errorf("%v is served, want %v", got, ended)
	}
}

// handshakes serves handshakes with a certificate until the test ends.
func handshakes(t *testing.T, key crypto.Signer) (address string) {
	t.Helper()
	certFile, keyFile, _ := pairOf(t, t.TempDir(), key, -time.Hour, time.Hour)
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := tls.NewListener(plain, c.TLS())
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake() // the client sees how it ends
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// shakes returns how a handshake by a configuration ends.
func shakes(address string, config *tls.Config) (tls.ConnectionState, error) {
	config.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// TLS-01, EDG-06: of the suites that Go knows, each that is on the list is spoken, and no other: none without forward
// secrecy, in the mode of CBC, or weaker.
func TestCertificate_speaksTheSuitesOfTheListAlone_EDG_06(t *testing.T) {
	t.Parallel()
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	classical, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	servers := []string{handshakes(t, elliptical), handshakes(t, classical)}
	list := []string{
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	}
	var spoken []string
	refused := 0
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			continue // TLS 1.3 lets nobody choose
		}
		good := false
		for _, address := range servers {
			state, err := shakes(address, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}})
			good = good || err == nil && state.CipherSuite == suite.ID
		}
		if good {
			spoken = append(spoken, suite.Name)
		} else {
			refused++
		}
	}
	slices.Sort(spoken)
	if !slices.Equal(spoken, list) || refused < 15 {
		t.Errorf("%d are refused, spoken are %v, want %v", refused, spoken, list)
	}
}

func TestCertificate_speaksOnlyGoodTLS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	address := handshakes(t, key)
	for name, tt := range map[string]struct {
		config *tls.Config
		want   bool
	}{
		"1.3":       {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"1.2":       {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"1.2, CBC":  {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		"1.1":       {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"1.0":       {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false},
		"http2":     {&tls.Config{NextProtos: []string{"h2"}}, true},
		"other ask": {&tls.Config{NextProtos: []string{"spdy/1"}}, false},
	} {
		if _, err := shakes(address, tt.config); (err == nil) != tt.want {
			t.Errorf("%s: %v, want to connect: %v", name, err, tt.want)
		}
	}
}

// EDG-04: the header of the PROXY protocol, with which a stranger could name any address, is no request.
func TestServer_takesNoPROXYHeader_EDG_04(t *testing.T) {
	t.Parallel()
	address := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	request := "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, header := range map[string]string{
		"version 1":          "PROXY TCP4 198.51.100.9 127.0.0.1 4711 80\r\n",
		"version 1, unknown": "PROXY UNKNOWN\r\n",
		"version 2":          "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x09\x7f\x00\x00\x01\x12\x67\x00\x50",
	} {
		_, in := send(t, address, header+request)
		answer, err := io.ReadAll(in)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
}
