package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"plinto/internal/mailaddr"
)

// A Message is one mail to one person.
type Message struct {
	ID      string // stable over retries, unique: the left part of the Message-ID
	To      string // a bare address
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

// Bytes writes the message as RFC 5322 wants it, from an address such as
// "Example <id@example.com>". No value can add a header: addresses are checked,
// the subject is encoded, and the bodies are quoted.
func (m Message) Bytes(from string) ([]byte, error) {
	sender, err := mail.ParseAddress(from)
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
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct{ kind, content string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		if err := writePart(parts, part.kind, part.content); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, h := range [][2]string{
		{"From", sender.String()},
		{"To", to.Wire()},
		{"Subject", mime.QEncoding.Encode("utf-8", oneLine(m.Subject))},
		{"Date", m.Date.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + id + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: no out-of-office answers
		{"MIME-Version", "1.0"},
		{"Content-Type", `multipart/alternative; boundary="` + parts.Boundary() + `"`},
	} {
		out.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	out.WriteString("\r\n")
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

func writePart(parts *multipart.Writer, kind, content string) error {
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {kind + "; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	quoted := quotedprintable.NewWriter(part)
	if _, err := io.WriteString(quoted, content); err != nil {
		return err
	}
	return quoted.Close()
}

// oneLine makes any text a single line of bounded length.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}
