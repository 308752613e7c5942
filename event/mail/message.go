package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"plinto/internal/mailaddr"
)

// A Message is one mail to one person.
type Message struct {
	ID      string // stable over retries, unique: the left part of the Message-ID
	To      string // a bare address
	From    string // such as "Acme <id@acme.example>"; "": the sender of the installation
	ReplyTo string // "": to From
	Subject string
	Text    string
	HTML    string
	Date    time.Time
}

// A Sender hands messages over. It may be asked for the same message again.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrAddress reports an address that is not exactly one plain mail address.
var ErrAddress = errors.New("not a plain mail address")

// A Reacher is a Sender that knows of addresses that it cannot reach.
type Reacher interface {
	// Reaches reports whether mail to an address of that form can be handed over. It
	// says yes where it cannot tell.
	Reaches(ctx context.Context, to string) bool
}

// parseAddress reads a bare address: what could end a header line or an SMTP command
// is not one.
func parseAddress(s string) (mailaddr.Address, error) {
	a, err := mailaddr.Parse(s)
	if err != nil {
		return a, ErrAddress
	}
	return a, nil
}

// compose makes the message as RFC 5322 wants it, from an address such as
// "Example <id@example.com>". No value can add a header: addresses are checked,
// the subject is one line, and everything is encoded.
func (m Message) compose(from string) (*gomail.Msg, error) {
	sender, err := mail.ParseAddress(cmp.Or(m.From, from))
	if err != nil {
		return nil, fmt.Errorf("sender: %w", ErrAddress)
	}
	to, err := parseAddress(m.To)
	if err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	id := strings.Map(func(r rune) rune {
		if r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, m.ID)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(sender.String()), msg.To(to.Wire())); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAddress, err)
		}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(m.Date.UTC())
	msg.SetMessageIDWithValue(id + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// oneLine makes any text a single line of bounded length.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}
