package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/url"
	"sync"
	"time"

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
	client, err := s.dial(ctx)
	if err != nil { // the queue finds out
		s.utf8.yes, s.utf8.until = true, time.Now().Add(offerRetry)
		return true
	}
	defer client.Close() //nolint:errcheck // nothing was sent
	s.utf8.yes, _ = client.Extension(extensionUTF8)
	s.utf8.until = time.Now().Add(offerFor)
	_ = client.Quit()
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

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	body, err := m.Bytes(s.From)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, smtpTimeout)
	defer cancel()
	client, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("reach mail server: %w", err)
	}
	defer client.Close() //nolint:errcheck // after Quit it is closed, before it the error is known
	if err := s.deliver(client, m.To, body); err != nil {
		return fmt.Errorf("hand mail over: %w", err)
	}
	// Accepted is accepted: an error of QUIT must not send the mail again.
	_ = client.Quit()
	return nil
}

func (s *SMTP) dial(ctx context.Context) (*smtp.Client, error) {
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
	loopback := false
	if address, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		loopback = address.IP.IsLoopback()
	}
	if s.Implicit {
		conn = tls.Client(conn, s.tls())
	}
	client, err := smtp.NewClient(conn, s.Host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := s.secure(client, loopback); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// secure makes sure of TLS and signs in.
func (s *SMTP) secure(client *smtp.Client, loopback bool) error {
	if !s.Implicit {
		offered, _ := client.Extension("STARTTLS")
		switch {
		case offered:
			if err := client.StartTLS(s.tls()); err != nil {
				return err
			}
		case !loopback:
			return ErrPlaintext // or somebody on the way cut the offer out
		}
	}
	if s.Username == "" {
		return nil
	}
	return client.Auth(smtp.PlainAuth("", s.Username, s.Password.Reveal(), s.Host))
}

func (s *SMTP) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = s.Host
	return config
}

func (s *SMTP) deliver(client *smtp.Client, to string, body []byte) error {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return ErrAddress
	}
	a, err := parseAddress(to)
	if err != nil {
		return err
	}
	if offered, _ := client.Extension(extensionUTF8); a.International() && !offered {
		return errUTF8
	}
	if err := client.Mail(from.Address); err != nil { // says SMTPUTF8 where it is offered
		return err
	}
	if err := client.Rcpt(a.Wire()); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(body); err != nil {
		return err
	}
	return data.Close()
}
