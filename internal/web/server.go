package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"plinto/internal/textfile"
)

// NewServer returns a server with limits for untrusted clients. WriteTimeout is
// long enough for a page that waits for a password hash.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
}

// A Certificate is a certificate and key from files that are read again when they
// change. A pair that cannot be read is reported and the old one stays.
type Certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	checked time.Time
	changed stamps // of the files that current was read from
	failed  stamps // of files that could not be read
}

// stamps are when certificate and key changed, in nanoseconds since 1970; zero of a
// file that is not there. Both count: a new certificate may be older than its key.
type stamps [2]int64

// certificateCheck is how often the files are looked at, at most.
const certificateCheck = 5 * time.Second

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

// TLS returns a configuration that serves the certificate: TLS 1.2 with the
// suites of RFC 9325 §4.2, and 1.3.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
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

func (c *Certificate) get(now time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.checked) < certificateCheck {
		return c.current
	}
	c.checked = now
	modified := c.modified()
	if modified == c.changed {
		return c.current
	}
	pair, err := c.load()
	if err != nil {
		if modified != c.failed { // once per change; a change of two files has a moment between
			slog.Error("certificate files changed but cannot be read; the old certificate stays", "error", err.Error())
			c.failed = modified
		}
		return c.current
	}
	c.current, c.changed = &pair, modified
	slog.Info("certificate loaded", "file", c.certFile)
	return c.current
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
