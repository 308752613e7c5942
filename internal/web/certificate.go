package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"plinto/internal/textfile"
)

// A Certificate is a certificate and key from files that are read again when they
// change. A pair that cannot be served is reported and the old one stays.
type Certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	checked time.Time
	changed stamps // of the files that current was read from
	failed  stamps // of files that could not be served
	problem error  // why the files are not served as they are now; nil: they are
}

// stamps are when certificate and key changed, in nanoseconds since 1970; zero of a
// file that is not there. Both count: a new certificate may be older than its key.
type stamps [2]int64

// certificateCheck is how often the files are looked at, at most.
const certificateCheck = 5 * time.Second

// Why a pair that could be read does not take the place of one that is valid.
var (
	errEnded    = errors.New("the certificate has ended")
	errNotBegun = errors.New("the certificate is not valid yet")
)

// LoadCertificate reads the pair for the first time.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	pair, err := c.load()
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	c.current, c.changed = &pair, c.modified()
	return c, nil
}

// suites are the cipher suites of TLS 1.2 that are spoken: those of RFC 9325 §4.2, with
// forward secrecy and AEAD. Those of TLS 1.3 cannot be chosen; all have both.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
}

// TLS returns a configuration that serves the certificate by TLS 1.2, with suites, and
// 1.3, to HTTP/2 and HTTP/1.1.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(time.Now()), nil },
		NextProtos:     []string{"h2", "http/1.1"},
	}
}

// Expires is when the certificate that is served ends; zero when it cannot be read.
func (c *Certificate) Expires() time.Time {
	pair := c.get(time.Now())
	if pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}

// Problem is why the files, as they are now, are not what is served, or what is wrong
// with what is served; nil when all is well.
func (c *Certificate) Problem() error {
	now := time.Now()
	pair := c.get(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.problem != nil {
		return c.problem
	}
	return validAt(pair, now)
}

// Chain returns the certificate that is served, and after it those of the authorities
// that the file names.
func (c *Certificate) Chain() ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, der := range c.get(time.Now()).Certificate {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("read chain: %w", err)
		}
		chain = append(chain, one)
	}
	return chain, nil
}

func (c *Certificate) get(now time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.checked) < certificateCheck {
		return c.current
	}
	c.checked = now
	modified := c.modified()
	if modified == c.changed {
		c.problem = nil
		return c.current
	}
	pair, err := c.load()
	if err == nil && validAt(c.current, now) == nil {
		err = validAt(&pair, now) // one that is not valid yet is tried again until it is
	}
	if err != nil {
		if modified != c.failed { // once per change; a change of two files has a moment between
			slog.Error("certificate files changed but cannot be served; the old certificate stays", "error", err.Error())
			c.failed = modified
		}
		c.problem = err
		return c.current
	}
	c.current, c.changed, c.problem = &pair, modified, nil
	slog.Info("certificate loaded", "file", c.certFile)
	return c.current
}

// validAt returns why a certificate is not valid at a time, nil when it is.
func validAt(pair *tls.Certificate, now time.Time) error {
	switch {
	case pair.Leaf == nil:
		return errors.New("the certificate cannot be read")
	case now.After(pair.Leaf.NotAfter):
		return errEnded
	case now.Before(pair.Leaf.NotBefore):
		return errNotBegun
	}
	return nil
}

// load reads the pair, as editors on Windows save it too.
func (c *Certificate) load() (pair tls.Certificate, err error) {
	var pem [2][]byte
	for i, name := range []string{c.certFile, c.keyFile} {
		if pem[i], err = os.ReadFile(name); err != nil {
			return pair, err
		}
		pem[i] = textfile.Unmark(pem[i])
	}
	return tls.X509KeyPair(pem[0], pem[1])
}

func (c *Certificate) modified() (s stamps) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = info.ModTime().UnixNano()
		}
	}
	return s
}
