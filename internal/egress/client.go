package egress

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"plinto/internal/admission"
	"plinto/internal/fair"
	"plinto/internal/fault"
	"plinto/internal/textfile"
	"plinto/internal/tracing"
)

// ErrUnreachable is all that is said about a request that failed, so that errors
// do not map our network. The cause is for operators' logs only.
var ErrUnreachable = fault.New(fault.Unavailable, "unreachable", "The address could not be reached.")

var (
	errAddress  = errors.New("address is not public")
	errTooLarge = errors.New("answer is too large")
)

// Options of a Client. The zero value is right for production.
type Options struct {
	// AllowLoopback lets requests reach this machine, on every port and by http
	// too. For development only.
	AllowLoopback bool
	// Allow lists networks that are reached although they are not public, such as
	// that of an identity provider on the premises.
	Allow []netip.Prefix
	// Deny lists public networks that are not reached, such as one's own.
	Deny []netip.Prefix
	// CAFile names a PEM file of certificate authorities that are trusted besides
	// the system's; "" for none.
	CAFile string
	// Ports that URLs may name; nil: 443 and 8443.
	Ports []string
	// Timeout of a whole exchange including the body; zero: 10 s.
	Timeout time.Duration
	// HeaderTimeout is how long the head of the answer may take; zero: 5 s.
	HeaderTimeout time.Duration
	// MaxBody is the largest answer in bytes; zero: 1 MiB.
	MaxBody int64
	// Idle is how many connections to one host are kept for the next request; zero: 2.
	Idle   int
	Places Places
	// Observe is told of every request: what it was for, and the class of the answer's status ("2xx") or of the failure; nil:
	// nobody is.
	Observe func(kind Kind, outcome string)
}

// A Client makes requests. It is safe for concurrent use; make one and keep it,
// it pools connections.
type Client struct {
	opts      Options
	transport *http.Transport
	queue     *fair.Queue
}

// New returns a Client. The only error is a CAFile that cannot be read.
func New(opts Options) (*Client, error) {
	if opts.Ports == nil {
		opts.Ports = []string{"443", "8443"}
	}
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = 1 << 20
	}
	roots, err := authorities(opts.CAFile)
	if err != nil {
		return nil, err
	}
	c := &Client{opts: opts, queue: opts.Places.queue()}
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: -1, Control: c.control}
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy would dial addresses that we did not check
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    3 * time.Second,
		ResponseHeaderTimeout:  cmp.Or(opts.HeaderTimeout, 5*time.Second),
		IdleConnTimeout:        30 * time.Second, // a name that moved is resolved, and checked, again soon
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    cmp.Or(opts.Idle, 2),
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true, // a small answer must not become a large one
	}
	return c, nil
}

// authorities returns nil for the system's own.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // nil is how crypto/tls spells the system's authorities
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(textfile.Unmark(pem)) {
		return nil, fmt.Errorf("read certificate authorities: no certificate in %s", file)
	}
	return pool, nil
}

// control sees each address as it is dialled, after name resolution: here a name
// that points into our network, or starts to, is caught.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !c.mayDial(ap.Addr()) {
		return fmt.Errorf("dial %s: %w", address, errAddress)
	}
	return nil
}

func (c *Client) mayDial(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if c.opts.AllowLoopback && within(loopback, a) || within(c.opts.Allow, a) {
		return true
	}
	return Public(a) && !within(c.opts.Deny, a)
}

// RoundTrip implements http.RoundTripper. ErrURL, ErrUnreachable; reading the
// body fails with ErrUnreachable too, when it is too large or too slow.
func (c *Caller) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.send(r)
	if observe := c.client.opts.Observe; observe != nil {
		observe(c.by.Kind, outcome(res, err))
	}
	return res, err
}

func outcome(res *http.Response, err error) string {
	if err != nil {
		return Class(err)
	}
	return strconv.Itoa(res.StatusCode/100) + "xx" // net/http takes three digits alone
}

func (c *Caller) send(r *http.Request) (*http.Response, error) {
	opts := &c.client.opts
	if _, err := c.client.parse(r.URL.String()); err != nil {
		return nil, abandon(r, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), opts.Timeout)
	admission.Release(ctx) // others may be slow
	ctx, span := c.span(ctx, r)
	leave, err := c.client.queue.Enter(ctx, c.by.Tenant, string(c.by.Kind), c.by.Client)
	if err != nil {
		err = ErrUnreachable.With(err)
		answered(span, nil, err)
		span.End()
		cancel()
		return nil, abandon(r, err)
	}
	done := func() { span.End(); cancel(); leave() }
	r = r.Clone(ctx)
	if c.by.Kind != Breaches { // who is asked about passwords learns nothing of who asks
		tracing.Tell(ctx, r.Header)
	}
	r.Host = "" // the URL alone decides where a request goes
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "Plinto")
	}
	res, err := c.client.transport.RoundTrip(r)
	answered(span, res, err)
	if err != nil {
		done()
		return nil, ErrUnreachable.With(err)
	}
	res.Body = &body{from: res.Body, left: opts.MaxBody, done: done}
	if res.ContentLength > opts.MaxBody {
		_ = res.Body.Close() // nothing of it is wanted
		return nil, ErrUnreachable.With(errTooLarge)
	}
	return res, nil
}

// abandon closes the body of a request that is not made, as http.RoundTripper
// demands, and returns err.
func abandon(r *http.Request, err error) error {
	if r.Body != nil {
		_ = r.Body.Close() // err is what matters
	}
	return err
}

// An Answer is a whole answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a request and reads the whole answer, whatever its status. Errors as
// for RoundTrip.
func (c *Caller) Do(r *http.Request) (Answer, error) {
	res, err := c.RoundTrip(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: content}, nil
}

// Get fetches a document on behalf of an owner. An answer that is not 200 is
// ErrUnreachable.
func (c *Client) Get(ctx context.Context, by Owner, rawURL, accept string) ([]byte, error) {
	if _, err := c.parse(rawURL); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, refuse("is malformed")
	}
	r.Header.Set("Accept", accept)
	answer, err := c.For(by).Do(r)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, ErrUnreachable.With(fmt.Errorf("status %d", answer.Status))
	}
	return answer.Body, nil
}
