package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"plinto/internal/secret"
)

// smtpTimeout bounds one delivery, from dialling to the last answer.
const smtpTimeout = 30 * time.Second

// An SMTP sends through a mail server.
//
// Mails and passwords do not cross a network in the clear: without implicit TLS
// the server must offer STARTTLS, except on a loopback address.
type SMTP struct {
	Host     string // host name or address, for TLS too
	Port     string
	Implicit bool // TLS from the first byte (RFC 8314 §3.3)
	Username string
	Password secret.String
	From     string // "Example <id@example.com>"
	// TLS is the base configuration, or nil for the system's.
	TLS *tls.Config

	utf8 offer
}

// An offer is whether the server takes international addresses, and until when its
// answer counts.
type offer struct {
	mu    sync.Mutex
	until time.Time
	yes   bool
}

// How long an answer counts, and that there was none.
const (
	offerFor   = 10 * time.Minute
	offerRetry = 30 * time.Second
	offerIn    = 5 * time.Second // how long to wait for it
)

// extensionUTF8 is what a server offers that takes local parts in UTF-8 (RFC 6531).
const extensionUTF8 = "SMTPUTF8"

// errUTF8 reports an address that the server does not take. It is one of ErrAddress:
// trying again does not help.
var errUTF8 = fmt.Errorf("%w: the mail server does not offer %s", ErrAddress, extensionUTF8)

// Reaches implements Reacher. Servers are asked seldom.
func (s *SMTP) Reaches(ctx context.Context, to string) bool {
	a, err := parseAddress(to)
	if err != nil || !a.International() {
		return err == nil
	}
	s.utf8.mu.Lock()
	defer s.utf8.mu.Unlock()
	if time.Now().Before(s.utf8.until) {
		return s.utf8.yes
	}
	ctx, cancel := context.WithTimeout(ctx, offerIn)
	defer cancel()
	server, err := s.dial(ctx)
	if err != nil { // the queue finds out
		s.utf8.yes, s.utf8.until = true, time.Now().Add(offerRetry)
		return true
	}
	defer server.Close() //nolint:errcheck // nothing was sent
	s.utf8.yes, _ = server.Extension(extensionUTF8)
	s.utf8.until = time.Now().Add(offerFor)
	_ = server.Quit()
	return s.utf8.yes
}

// ErrPlaintext reports a mail server on the network that offers no STARTTLS.
var ErrPlaintext = errors.New("the mail server offers no STARTTLS: use smtps:// or a server that does")

// ParseURL reads smtp://[user:password@]host[:port] (587, STARTTLS) and smtps://
// (465, TLS at once). Errors do not repeat the URL: it may hold a password.
func ParseURL(raw secret.String, from string) (*SMTP, error) {
	u, err := url.Parse(raw.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("the URL of the mail server must look like smtp://user:password@mail.example.com:587")
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("sender of mails: %w", ErrAddress)
	}
	s := &SMTP{Host: u.Hostname(), Port: u.Port(), Implicit: u.Scheme == "smtps", From: from, Username: u.User.Username()}
	password, _ := u.User.Password()
	s.Password = secret.NewString(password)
	if s.Port == "" {
		s.Port = map[bool]string{true: "465", false: "587"}[s.Implicit]
	}
	return s, nil
}

// Check reports whether the server lets us in, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	server, err := s.dial(ctx)
	if err != nil {
		return err
	}
	return server.Quit()
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := m.compose(s.From)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, smtpTimeout)
	defer cancel()
	server, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("reach mail server: %w", err)
	}
	defer server.Close() //nolint:errcheck // after Quit it is closed, before it the error is known
	if offered, _ := server.Extension(extensionUTF8); !offered && !ascii(m.To) {
		return fmt.Errorf("hand mail over: %w", errUTF8)
	}
	// Accepted is accepted: what fails after that must not send the mail again.
	if err := server.client.SendWithSMTPClient(server.Client, msg); err != nil && !msg.IsDelivered() {
		return fmt.Errorf("hand mail over: %w", err)
	}
	_ = server.Quit()
	return nil
}

// ascii reports whether an address needs no SMTPUTF8: domains go everywhere.
func ascii(to string) bool {
	a, err := parseAddress(to)
	return err == nil && !a.International()
}

// A connection is one to the mail server, secured and signed in.
type connection struct {
	*smtp.Client
	client *gomail.Client
}

func (s *SMTP) dial(ctx context.Context) (*connection, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.Host, s.Port))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	address, _ := conn.RemoteAddr().(*net.TCPAddr)
	server, err := s.greet(ctx, conn, address != nil && address.IP.IsLoopback())
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return server, nil
}

// greet makes sure of TLS and signs in.
func (s *SMTP) greet(ctx context.Context, conn net.Conn, loopback bool) (*connection, error) {
	policy, auth := gomail.TLSMandatory, gomail.SMTPAuthAutoDiscover
	switch {
	case s.Implicit:
		conn, policy = tls.Client(conn, s.tls()), gomail.TLSOpportunistic
	case loopback:
		policy, auth = gomail.TLSOpportunistic, gomail.SMTPAuthPlainNoEnc
	}
	options := []gomail.Option{
		gomail.WithTimeout(smtpTimeout), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tls()), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
	}
	if s.Username != "" {
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.Username), gomail.WithPassword(s.Password.Reveal()))
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, err
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil && policy == gomail.TLSMandatory && strings.Contains(err.Error(), "does not support STARTTLS") {
		return nil, ErrPlaintext // or somebody on the way cut the offer out
	}
	if err != nil {
		return nil, err
	}
	return &connection{server, client}, nil
}

func (s *SMTP) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = s.Host
	return config
}
