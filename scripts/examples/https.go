package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// A front speaks https for a server that speaks http, as proxies do in production.
type front struct {
	server *http.Server
	origin string
	// authority is a file with the certificate, which no machine knows.
	authority string
}

// newFront listens on a free port and passes requests on to another port of this machine, with the name they
// were sent to. dir is where the certificate goes.
func newFront(ctx context.Context, dir, port string) (*front, error) {
	certificate, err := selfSigned("localhost")
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	f := &front{authority: filepath.Join(dir, "authority.pem")}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(f.authority, text, 0o600); err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, own, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	f.origin = "https://localhost:" + own
	quiet := stdlog.New(io.Discard, "", 0) // about browsers that leave
	f.server = &http.Server{
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet,
		Handler: &httputil.ReverseProxy{ErrorLog: quiet, Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port})
			r.Out.Host = r.In.Host
		}},
	}
	go func() { _ = f.server.ServeTLS(ln, "", "") }() // until it is closed
	return f, nil
}

func selfSigned(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// servers are those that examples need, each started when it is first needed.
type servers struct {
	plinto, seed, dir, slug string
	out                     *log
	plain, secure           *server
}

// of returns the server for an example.
func (s *servers) of(ctx context.Context, e *example) (*server, error) {
	at, name := &s.plain, "http"
	if e.HTTPS {
		at, name = &s.secure, "https"
	}
	if *at != nil {
		return *at, nil
	}
	dir := filepath.Join(s.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	var f *front
	if e.HTTPS {
		if f, err = newFront(ctx, dir, port); err != nil {
			return nil, err
		}
	}
	*at, err = startServer(ctx, s.plinto, s.seed, dir, s.slug, port, f, s.out)
	return *at, err
}

func (s *servers) stop() {
	for _, one := range []*server{s.plain, s.secure} {
		if one != nil {
			one.stop()
		}
	}
}
