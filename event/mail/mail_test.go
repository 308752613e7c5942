package mail

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/tenant"
)

// kept is a Sender that keeps.
type kept struct {
	messages []Message
	err      error
}

func (k *kept) Send(_ context.Context, m Message) error {
	k.messages = append(k.messages, m)
	return k.err
}

func notifier(sender Sender, to Recipient) *Notifier {
	return &Notifier{Sender: sender, Recipient: func(context.Context, string, time.Time) (Recipient, error) { return to, nil }}
}

func acme(t *testing.T) context.Context {
	return tenant.With(t.Context(), &tenant.Tenant{Name: "Acme <b>Bold</b>"})
}

func TestNotifier_tellsOfWhatMatters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event event.Event
		want  bool
	}{
		"new device":       {event.Event{Fact: event.SignInSucceeded{NewDevice: true}}, true},
		"known device":     {event.Event{Fact: event.SignInSucceeded{}}, false},
		"token used again": {event.Event{Fact: event.TokenReuseDetected{}}, true},
		"password changed": {event.Event{Fact: event.PasswordChanged{}}, true},
		"key rotated":      {event.Event{Fact: event.KeyActivated{}}, false},
		"an address":       {event.Event{Fact: event.EmailVerified{}}, true},
		"the primary one":  {event.Event{Fact: event.EmailVerified{Primary: true}}, false},
		"one is gone":      {event.Event{Fact: event.EmailRemoved{Verified: true}}, true},
		"one never proved": {event.Event{Fact: event.EmailRemoved{}}, false},
		"another primary":  {event.Event{Fact: event.EmailPrimaryChanged{}}, true},
	} {
		subscription := new(Notifier).Subscription()
		if got := subscription.Wants(&c.event); got != c.want {
			t.Errorf("%s: wanted %v, want %v", name, got, c.want)
		}
		if !c.want {
			continue
		}
		var sender kept
		must(t, notifier(&sender, Recipient{Email: "alice@example.com"}).Handle(acme(t), c.event))
		if len(sender.messages) != 1 {
			t.Errorf("%s: got %d mails, want 1", name, len(sender.messages))
		}
	}
}

func TestNotifier_hasNobodyToTellOrATemporaryError(t *testing.T) {
	t.Parallel()
	var sender kept
	e := event.Event{Fact: event.PasswordChanged{}}
	must(t, notifier(&sender, Recipient{}).Handle(acme(t), e))
	if len(sender.messages) != 0 {
		t.Error("a mail to nobody")
	}
	sender.err = errors.New("try later")
	if err := notifier(&sender, Recipient{Email: "a@b.example"}).Handle(acme(t), e); !errors.Is(err, sender.err) {
		t.Errorf("got %v, want the queue to try again", err)
	}
	sender.err = ErrAddress
	must(t, notifier(&sender, Recipient{Email: "a@b.example"}).Handle(acme(t), e)) // would fail for ever
}

// Every value is another's: the name the user chose, the browser's header, the
// tenant's name. None becomes markup or a header.
func TestMail_showsWhatOthersWroteAsText(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script>` + "\r\nBcc: victim@example.com\r\n\r\n\"'&"
	for _, fact := range new(Notifier).Subscription().Types {
		kind := fact.Type()
		var sender kept
		e := event.Event{ID: uuid.New(), Fact: fact, OccurredAt: time.Now(), IP: "192.0.2.1", UserAgent: evil}
		must(t, notifier(&sender, Recipient{Email: "alice@example.com", Name: evil}).Handle(
			tenant.With(t.Context(), &tenant.Tenant{Name: evil}), e))
		m := sender.messages[0]
		if strings.Contains(m.HTML, "<script") {
			t.Errorf("%s: markup got through:\n%s", kind, m.HTML)
		}
		if strings.Contains(m.Text, "\r") || strings.Contains(m.Text, "\nBcc") || strings.Contains(m.Text, "&lt;") {
			t.Errorf("%s: text is not plain:\n%s", kind, m.Text)
		}
		header, parts := read(t, m)
		for _, name := range []string{"Bcc", "Cc"} {
			if header.Get(name) != "" {
				t.Errorf("%s: header %s: %s", kind, name, header.Get(name))
			}
		}
		if parts["text/plain"] != m.Text || parts["text/html"] != m.HTML {
			t.Errorf("%s: the parts changed on the way", kind)
		}
		if got := header.Get("Message-ID"); got != "<"+e.ID.String()+"@plinto.example>" {
			t.Errorf("%s: got Message-ID %s", kind, got)
		}
	}
}

// A letter goes to whoever a stranger says: nothing of the stranger is markup.
func TestLetters_showWhatOthersWroteAsText(t *testing.T) {
	t.Parallel()
	const evil = `<a href=//evil.example>` + "\r\nBcc: victim@example.com"
	for _, kind := range letters {
		var sender kept
		sent := &Letters{Sender: &sender, Letter: func(context.Context, string, string) (Letter, error) {
			return Letter{Kind: kind, To: "new@example.com", Code: "12345678", Organization: evil, Inviter: evil}, nil
		}}
		must(t, sent.Handle(tenant.With(t.Context(), &tenant.Tenant{Name: evil}), event.Event{
			ID: uuid.New(), Fact: event.SignUpRequested{}, OccurredAt: time.Now(), IP: "192.0.2.1", UserAgent: evil,
		}))
		m := sender.messages[0]
		if strings.Contains(m.HTML, "<a ") || strings.Contains(m.Text, "\nBcc") || m.To != "new@example.com" {
			t.Errorf("%s: %s\n%s", kind, m.Text, m.HTML)
		}
		if strings.Contains(m.Text, "1234 5678") == (kind == "sign_up.account" || kind == "email.taken" || kind == InvitationLetter) {
			t.Errorf("%s: %s", kind, m.Text)
		}
		read(t, m)
	}
}

func TestLetters_areSentOnceThereIsOne(t *testing.T) {
	t.Parallel()
	var sender kept
	letter, failed := Letter{}, error(nil)
	sent := &Letters{Sender: &sender, Letter: func(context.Context, string, string) (Letter, error) { return letter, failed }}
	must(t, sent.Handle(acme(t), event.Event{Fact: event.SignUpRequested{}}))
	if len(sender.messages) != 0 {
		t.Error("a mail about a sign-up that is over")
	}
	failed = errors.New("database away")
	if err := sent.Handle(acme(t), event.Event{Fact: event.SignUpRequested{}}); !errors.Is(err, failed) {
		t.Errorf("got %v, want the queue to try again", err)
	}
	letter, failed = Letter{Kind: "unheard of", To: "a@b.example"}, nil
	if err := sent.Handle(acme(t), event.Event{Fact: event.SignUpRequested{}}); err == nil {
		t.Error("a letter of a kind that nobody wrote")
	}
	letter.Kind, sender.err = "sign_up.code", ErrAddress
	must(t, sent.Handle(acme(t), event.Event{Fact: event.SignUpRequested{}})) // would fail for ever
}

func TestMessage_refusesAddressesThatAreMore(t *testing.T) {
	t.Parallel()
	for _, to := range []string{
		"", "a", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "Alice <a@b.example>", "<a@b.example>", "a@b.example ",
		"a@b.example\x00", "ä\r\n@b.example", "ä@b.example\u2028", `"a b"@c.example`, "аlice@b.example",
	} {
		if _, err := (Message{To: to}).compose(from); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: got %v, want ErrAddress", to, err)
		}
	}
}

const from = "Plinto <no-reply@plinto.example>"

// read parses a message as a mail program does.
func read(t *testing.T, m Message) (mail.Header, map[string]string) {
	t.Helper()
	msg, err := m.compose(from)
	must(t, err)
	var raw bytes.Buffer
	_, err = msg.WriteTo(&raw)
	must(t, err)
	parsed, err := mail.ReadMessage(&raw)
	must(t, err)
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	must(t, err)
	parts := map[string]string{}
	for reader := multipart.NewReader(parsed.Body, params["boundary"]); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parsed.Header, parts
		}
		must(t, err)
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		must(t, err)
		content, err := io.ReadAll(quotedprintable.NewReader(part))
		must(t, err)
		parts[kind] = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A server speaks as much SMTP as a mail needs.
type server struct {
	listener net.Listener
	config   *tls.Config // nil: offers no STARTTLS
	utf8     bool        // offers SMTPUTF8
	auth     string      // how one signs in: PLAIN without it
	lines    chan string
}

func newServer(t *testing.T, config *tls.Config, utf8 ...bool) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &server{listener: listener, config: config, utf8: len(utf8) > 0 && utf8[0], lines: make(chan string, 1000)}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 test")
	for in, data, secure := bufio.NewReader(conn), false, false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			close(s.lines)
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.lines <- line
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); {
		case data:
			if line == "." {
				data = false
				say("250 taken")
			}
		case verb == "EHLO" && s.config != nil && !secure:
			say("250-test\r\n250 STARTTLS")
		case verb == "EHLO" && s.utf8:
			say("250-test\r\n250-SMTPUTF8\r\n250 AUTH " + cmp.Or(s.auth, "PLAIN"))
		case verb == "EHLO":
			say("250-test\r\n250 AUTH " + cmp.Or(s.auth, "PLAIN"))
		case verb == "STARTTLS":
			say("220 go")
			conn = tls.Server(conn, s.config)
			in, secure = bufio.NewReader(conn), true
		case line == "AUTH LOGIN":
			for _, asks := range []string{"Username:", "Password:"} {
				say("334 " + base64.StdEncoding.EncodeToString([]byte(asks)))
				answer, _ := in.ReadString('\n')
				told, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(answer))
				s.lines <- asks + string(told)
			}
			say("235 welcome")
		case verb == "AUTH":
			say("235 welcome")
		case verb == "DATA":
			data = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
		default:
			say("250 fine")
		}
	}
}

func (s *server) heard() (lines []string) {
	for line := range s.lines {
		lines = append(lines, line)
	}
	return lines
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func message() Message {
	return Message{ID: "1", To: "alice@example.com", Subject: "Grüße\r\nBcc: x@y.example", Text: "one\n.\ntwo\n", HTML: "<p>one</p>", Date: time.Now()}
}

func TestSMTP_signsInUnderTLSOnly(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	s := newServer(t, config)
	sender, err := ParseURL(secret.NewString("smtp://user:pass@"+s.listener.Addr().String()), from)
	must(t, err)
	sender.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	must(t, sender.Send(t.Context(), message()))
	got := strings.Join(s.heard(), "\n")
	for _, want := range []string{"STARTTLS\nEHLO", "AUTH PLAIN", "MAIL FROM:<no-reply@plinto.example>", "RCPT TO:<alice@example.com>", "\n..\n", "\nQUIT"} {
		if !strings.Contains(got, want) {
			t.Errorf("the server did not hear %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\nBcc:") {
		t.Errorf("a subject became a header:\n%s", got)
	}
}

// Servers of some offices know no other way than this.
func TestSMTP_signsInAsTheServerWants(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	s := newServer(t, config)
	s.auth = "LOGIN"
	sender, err := ParseURL(secret.NewString("smtp://user:pass@"+s.listener.Addr().String()), from)
	must(t, err)
	sender.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	must(t, err)
	server, err := sender.greet(t.Context(), conn, false)
	must(t, err)
	must(t, server.Quit())
	if got := strings.Join(s.heard(), "\n"); !strings.Contains(got, "Username:user\nPassword:pass") {
		t.Errorf("the server heard:\n%s", got)
	}
}

func TestSMTP_sendsNothingToAServerThatItDoesNotTrust(t *testing.T) {
	t.Parallel()
	config, _ := certificate(t)
	s := newServer(t, config)
	sender, err := ParseURL(secret.NewString("smtp://user:pass@"+s.listener.Addr().String()), from)
	must(t, err)
	if err := sender.Send(t.Context(), message()); err == nil {
		t.Fatal("sent under a certificate nobody knows")
	}
	for _, line := range s.heard() {
		if !strings.HasPrefix(line, "EHLO ") && line != "STARTTLS" {
			t.Errorf("was told %q", line)
		}
	}
}

func TestSMTP_speaksInTheClearToThisMachineOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	sender, err := ParseURL(secret.NewString("smtp://"+s.listener.Addr().String()), from)
	must(t, err)
	must(t, sender.Send(t.Context(), message()))
	if got := strings.Join(s.heard(), "\n"); !strings.Contains(got, "RCPT TO:<alice@example.com>") {
		t.Errorf("the server heard:\n%s", got)
	}
	far := newServer(t, nil)
	conn, err := net.Dial("tcp", far.listener.Addr().String())
	must(t, err)
	defer conn.Close()
	if _, err := sender.greet(t.Context(), conn, false); !errors.Is(err, ErrPlaintext) {
		t.Errorf("a far server without STARTTLS: got %v, want ErrPlaintext", err)
	}
}

// RFC 6531: a local part in UTF-8 goes to servers that take it, and is known to be
// undeliverable before a mail waits for one that does not. Domains go everywhere.
func TestSMTP_sendsInternationalMailWhereItIsTaken(t *testing.T) {
	t.Parallel()
	for _, takes := range []bool{true, false} {
		sender := func() (*SMTP, *server) {
			s := newServer(t, nil, takes)
			sender, err := ParseURL(secret.NewString("smtp://"+s.listener.Addr().String()), from)
			must(t, err)
			return sender, s
		}
		one, _ := sender()
		for range 3 {
			if got := one.Reaches(t.Context(), "zoë@example.com"); got != takes {
				t.Errorf("offered %t: reaches %t", takes, got)
			}
		}
		if !one.Reaches(t.Context(), "alice@münchen.de") || one.Reaches(t.Context(), "nobody") {
			t.Errorf("offered %t: a domain in another script is not reached, or no address is", takes)
		}
		one, s := sender()
		m := message()
		m.To = "zoë@münchen.de"
		err := one.Send(t.Context(), m)
		got := strings.Join(s.heard(), "\n")
		if takes != (err == nil) || !takes && !errors.Is(err, ErrAddress) {
			t.Errorf("offered %t: %v", takes, err)
		}
		if takes != strings.Contains(got, "RCPT TO:<zoë@xn--mnchen-3ya.de>") || takes != strings.Contains(got, "SMTPUTF8\nRCPT") || takes != strings.Contains(got, "\nTo: <zoë@xn--mnchen-3ya.de>\n") {
			t.Errorf("offered %t: the server heard:\n%s", takes, got)
		}
		one, s = sender()
		m.To = "alice@münchen.de"
		must(t, one.Send(t.Context(), m))
		if got := strings.Join(s.heard(), "\n"); !strings.Contains(got, "RCPT TO:<alice@xn--mnchen-3ya.de>") {
			t.Errorf("offered %t: the server heard:\n%s", takes, got)
		}
	}
	away, err := ParseURL(secret.NewString("smtp://127.0.0.1:1"), from)
	must(t, err)
	if !away.Reaches(t.Context(), "zoë@example.com") {
		t.Error("a server that is away says nothing about addresses")
	}
}

func TestSMTP_givesUpWithItsContext(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	must(t, err)
	defer listener.Close()
	sender, err := ParseURL(secret.NewString("smtp://"+listener.Addr().String()), from)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sender.Send(ctx, message()); err == nil {
		t.Error("sent to a server that says nothing")
	}
}

func TestParseURL_neverRepeatsAPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "http://u:hunter2@h", "smtp://", "smtp://u:hunter2@", "smtp://u:hunter2@h:x", "://hunter2"} {
		_, err := ParseURL(secret.NewString(bad), from)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	for raw, port := range map[string]string{"smtp://h": "587", "smtps://h": "465", "smtp://h:25": "25"} {
		s, err := ParseURL(secret.NewString(raw), from)
		if err != nil || s.Port != port || s.Implicit != strings.HasPrefix(raw, "smtps") {
			t.Errorf("%s: got %+v, %v", raw, s, err)
		}
	}
}
