package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"plinto/event"
	"plinto/internal/locale"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	// CodeLife is how long the code in the mail is good, where its use says nothing else: as long as a code that
	// goes another way than the browser may be (NIST SP 800-63B-4 §3.1.3, OWASP ASVS 5.0 6.5.5).
	CodeLife = 10 * time.Minute
	// verifiedLife is how long after that it can be used: as long as a flow.
	verifiedLife = 30 * time.Minute
)

const (
	codeDigits = 8
	codeTries  = 5 // wrong ones of each mail
)

// A Letter is a mail to an address that may belong to nobody.
type Letter struct {
	Kind string `json:"k"`
	To   string `json:"t"` // "" when nothing is sent
	Code string `json:"c,omitempty"`
	Link string `json:"u,omitempty"` // token of the link that does the same
	Lang string `json:"l,omitempty"` // BCP 47 tag
	// Ref is kept for who opens the link, and not mailed.
	Ref string `json:"-"`
}

// A MailedCode is a code that was mailed to an address, as the browser that asked for it
// keeps it, sealed: only that browser can use the code.
type MailedCode struct {
	Email string `json:"e"` // as it was typed
	// Salt is random and goes into the hash of the code, so that who reads the
	// database cannot try all codes.
	Salt []byte `json:"s"`
	// Again says that it is not the first mail.
	Again bool `json:"a,omitempty"`
	// Code is the code of the mail once it was verified, else "". It names the row that
	// says so: a browser can go back to an older cookie, which must not undo or repeat
	// anything.
	Code string `json:"c,omitempty"`
	// Lang is the language of the pages, a BCP 47 tag: the mails' too.
	Lang string `json:"l,omitempty"`
}

// Verified reports whether the mail was shown to be read.
func (m *MailedCode) Verified() bool { return m.Code != "" }

// NewMailedCode returns a code for what was typed, before it is mailed.
func NewMailedCode(email, lang string) MailedCode {
	m := MailedCode{Email: email, Lang: lang, Salt: make([]byte, 16)}
	_, _ = rand.Read(m.Salt) // never fails (crypto/rand)
	return m
}

func (m *MailedCode) id() string {
	return base64.RawURLEncoding.EncodeToString(m.Salt[:min(len(m.Salt), 8)])
}

// MailedCodes sends codes and verifies them.
type MailedCodes struct {
	Attempts Attempts
	Codes    OneTimeTokens
	Box      *secret.Box // seals letters
	Outbox   event.Outbox
	Tx       Transactor
}

// A CodeUse is what codes are mailed for. Codes of one use are unknown to every other.
type CodeUse struct {
	Purpose  string        // starts the purpose of the token of a code that is not verified
	Verified string        // same, of a verified one
	Context  string        // of the hash
	Life     time.Duration // 0: CodeLife
	Fact     func(purpose, hash string) event.Fact
	Wrong    error // of a code that is not right, also after too many wrong ones
	// Signed says that only the user whom it is about can ask for a mail, signed in.
	Signed bool
	// Link starts the tokens of links that do the same as the code; "": there are none.
	Link string
}

func (u *CodeUse) actor(subject string) event.Actor {
	if u.Signed {
		return event.Actor{Type: "user", ID: subject}
	}
	return event.Actor{Type: "anonymous"}
}

func (u *CodeUse) life() time.Duration { return cmp.Or(u.Life, CodeLife) }

// tries are those of a mail. None comes back while its code is good for anything.
func (u *CodeUse) tries() Limit {
	return Limit{Name: "mailed-code", Count: codeTries, Period: codeTries * (u.life() + verifiedLife), Burst: codeTries}
}

func (u *CodeUse) pending(m *MailedCode) string { return u.Purpose + m.id() }

func (u *CodeUse) done(m *MailedCode) string { return u.Verified + m.id() }

func (u *CodeUse) hash(id tenant.ID, m *MailedCode, code string) []byte {
	return secret.Hash(u.Context, id, string(m.Salt)+"\x00"+strings.ToLower(m.Email)+"\x00"+code)
}

// Post keeps the hash of the code with the sealed letter, and the event that will
// have it sent, in one transaction. subject is the user it is about, or "".
func (s *MailedCodes) Post(ctx context.Context, u *CodeUse, m *MailedCode, code, subject string, letter Letter) error {
	t := tenant.Must(ctx)
	token := secret.Token(u.Link)
	if u.Link != "" && letter.Code != "" {
		letter.Link = token
	}
	plain, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	purpose, hash := u.pending(m), u.hash(t.ID, m, code)
	data, err := json.Marshal(sealedLetter{s.Box.Seal(plain, "letter", t.ID.String(), purpose)})
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Codes.Issue(ctx, purpose, hash, data, u.life()); err != nil {
			return fmt.Errorf("keep code: %w", err)
		}
		if u.Link != "" {
			if err := s.keepLink(ctx, u, m, code, token, letter.Ref); err != nil {
				return err
			}
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact:    u.Fact(purpose, base64.RawURLEncoding.EncodeToString(hash)),
			Outcome: "success", Actor: u.actor(subject), Subject: subject,
		})
	})
}

type sealedLetter struct {
	Letter []byte `json:"letter"`
}

// Letter returns the letter that an event names by the purpose and the hash (base64url) of
// its code, or ErrLinkUnknown once it is of no use any more.
func (s *MailedCodes) Letter(ctx context.Context, purpose, encoded string) (Letter, error) {
	t := tenant.Must(ctx)
	hash, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return Letter{}, ErrLinkUnknown
	}
	data, err := s.Codes.Peek(ctx, purpose, hash)
	if err != nil {
		return Letter{}, err
	}
	var sealed sealedLetter
	if err := json.Unmarshal(data, &sealed); err != nil {
		return Letter{}, fmt.Errorf("read letter: %w", err)
	}
	plain, err := s.Box.Open(sealed.Letter, "letter", t.ID.String(), purpose)
	if err != nil {
		return Letter{}, fmt.Errorf("open letter: %w", err)
	}
	var letter Letter
	err = json.Unmarshal(plain, &letter)
	return letter, err
}

// Verify checks the code of the mail. It can be verified again until it is spent, because
// forms are posted twice. The error of a code that is not right is that of the use.
func (s *MailedCodes) Verify(ctx context.Context, u *CodeUse, m MailedCode, code string) (MailedCode, error) {
	code = digits(code)
	hash := u.hash(tenant.Must(ctx).ID, &m, code)
	if err := s.judge(ctx, u, &m, hash); err != nil {
		return m, err
	}
	err := s.Codes.Advance(ctx, u.pending(&m), u.done(&m), hash, verifiedLife)
	if errors.Is(err, ErrLinkUnknown) {
		return m, u.Wrong // it ran out a moment ago
	}
	if err != nil {
		return m, fmt.Errorf("verify code: %w", err)
	}
	m.Code = code
	return m, nil
}

// judge gives the verdict on a code.
func (s *MailedCodes) judge(ctx context.Context, u *CodeUse, m *MailedCode, hash []byte) error {
	ctx = context.WithoutCancel(ctx) // whoever leaves before the answer is counted
	_, err := s.Codes.Peek(ctx, u.pending(m), hash)
	if errors.Is(err, ErrLinkUnknown) {
		_, err = s.Codes.Peek(ctx, u.done(m), hash)
	}
	if err != nil && !errors.Is(err, ErrLinkUnknown) {
		return fmt.Errorf("look at code: %w", err)
	}
	good := err == nil
	stands, err := s.Attempts.Verdict(ctx, u.tries(), u.pending(m), good)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if !good || !stands {
		return u.Wrong
	}
	return nil
}

// StillVerified returns ErrLinkUnknown once a verified code is spent or has expired.
func (s *MailedCodes) StillVerified(ctx context.Context, u *CodeUse, m *MailedCode) error {
	_, err := s.Codes.Peek(ctx, u.done(m), u.hash(tenant.Must(ctx).ID, m, m.Code))
	return err
}

// Spend uses a verified code up. ErrLinkUnknown.
func (s *MailedCodes) Spend(ctx context.Context, u *CodeUse, m *MailedCode) error {
	_, err := s.Codes.Spend(ctx, u.done(m), u.hash(tenant.Must(ctx).ID, m, m.Code))
	return err
}

// NewCode draws eight digits.
func NewCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic(err) // never (crypto/rand)
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// digits makes ASCII of decimal digits of any script, and forgives the blanks with which
// a code is shown.
func digits(typed string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := locale.Digit(r); ok {
			return rune('0' + d)
		}
		return -1
	}, typed)
}
