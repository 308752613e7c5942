package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Errors of a sign-up. None tells whether somebody has an account.
var (
	ErrSignUpDomain  = fault.New(fault.Invalid, "sign_up_domain", "Addresses of this domain cannot sign up here.")
	ErrSignUpCode    = fault.New(fault.Invalid, "sign_up_code", "The code is incorrect or has expired.")
	ErrSignUpExpired = fault.New(fault.Invalid, "sign_up_expired", "The code has expired. Ask for a new one.")
	ErrSignUpReach   = fault.New(fault.Invalid, "sign_up_unreachable", "Mail cannot be sent to this address.")
	ErrSignUpTooMany = fault.New(fault.TooMany, "sign_up_throttled", "Too many attempts. Try again later.")
)

const (
	// CodeLife is how long the code in the mail is good.
	CodeLife = 15 * time.Minute
	// verifiedLife is how long after that the account can be made: as long as a flow.
	verifiedLife = 30 * time.Minute
)

const codeDigits = 8

// The limits of signing up. Eight digits and five tries a mail leave who guesses
// one chance in twenty million a mail.
var (
	limitSignUpAddress = Limit{Name: "sign-up-address", Count: 20, Period: time.Hour, Burst: 10}
	limitSignUpMail    = Limit{Name: "sign-up-mail", Count: 4, Period: time.Hour, Burst: 3}
	limitSignUpCode    = Limit{Name: "sign-up-code", Count: 5, Period: CodeLife, Burst: 5}
)

// A SignUp is an address on its way to an account. The browser that started it
// keeps it sealed: only that browser can use the code that the mail brings.
type SignUp struct {
	Email string `json:"e"`
	// Salt is random and goes into the hash of the code, so that who reads the
	// database cannot try all codes.
	Salt []byte `json:"s"`
	// Again says that it is not the first mail of the sign-up.
	Again bool `json:"a,omitempty"`
	// Code is the code of the mail once it was verified, else "". It names the row that
	// says so: a browser can go back to an older cookie, which must not undo or repeat
	// anything.
	Code string `json:"c,omitempty"`
	// Name is what the user typed, when it has to be asked for again.
	Name string `json:"n,omitempty"`
	// Lang is the language of the pages, a BCP 47 tag: the mails' and the user's too.
	Lang string `json:"l,omitempty"`
}

// Verified reports whether the address was shown to be read.
func (s *SignUp) Verified() bool { return s.Code != "" }

// Letters of a sign-up.
const (
	LetterCode    = "sign_up.code"    // the code that shows that the address is read
	LetterAccount = "sign_up.account" // there is an account already: sign in
)

// A Letter is a mail to an address that may belong to nobody yet.
type Letter struct {
	Kind string `json:"k"`
	To   string `json:"t"`
	Code string `json:"c,omitempty"`
	Lang string `json:"l,omitempty"` // BCP 47 tag
}

// SignUps lets people make accounts for themselves, with addresses that they can
// read. An address that has an account gets another mail, and nothing else tells.
type SignUps struct {
	Directory *Directory
	Starter   *SessionStarter
	Attempts  Attempts
	Limiter   Limiter
	ShadowKey [32]byte // keys the counters of addresses
	Codes     OneTimeTokens
	Box       *secret.Box // seals letters
	Now       func() time.Time
	// Reaches reports whether mail can be sent to an address of that form at all; nil: to
	// every one. It is not asked whether anybody reads it.
	Reaches func(ctx context.Context, email string) bool
}

// Begin sends a mail to an address, in the language of the tag lang, and returns what
// the browser has to keep. address is the client's. ErrEmail, ErrSignUpDomain,
// ErrSignUpReach, ErrSignUpTooMany (with RetryAfter).
func (s *SignUps) Begin(ctx context.Context, email, lang, address string) (SignUp, error) {
	email = norm.NFC.String(strings.TrimSpace(email))
	if CheckEmail(email) != nil {
		return SignUp{}, ErrEmail
	}
	canonical, err := Canonical(email)
	if err != nil {
		return SignUp{}, ErrEmail
	}
	_, domain, _ := strings.Cut(canonical, "@")
	if t := tenant.Must(ctx); !t.Settings.SignUp.Takes(domain) {
		return SignUp{}, ErrSignUpDomain
	}
	if err := s.throttle(ctx, canonical, address); err != nil {
		return SignUp{}, err
	}
	if s.Reaches != nil && !s.Reaches(ctx, email) {
		return SignUp{}, ErrSignUpReach
	}
	letter := Letter{Kind: LetterCode, To: email, Code: newCode(), Lang: lang}
	hidden := letter.Code
	switch _, err := s.Directory.Users.Credential(ctx, canonical); {
	case err == nil:
		// The same statements, for a code that nobody will ever see.
		letter = Letter{Kind: LetterAccount, To: email, Lang: lang}
	case !errors.Is(err, ErrUserNotFound):
		return SignUp{}, fmt.Errorf("find user: %w", err)
	}
	made := SignUp{Email: email, Lang: lang, Salt: make([]byte, 16)}
	_, _ = rand.Read(made.Salt) // never fails (crypto/rand)
	return made, s.post(ctx, made, hidden, letter)
}

func (s *SignUps) throttle(ctx context.Context, canonical, address string) error {
	key := fmt.Sprintf("%x", secret.MAC(s.ShadowKey, "sign-up", canonical)[:16])
	buckets := append(limitSignUpAddress.Networks(address, ""), limitSignUpMail.Of(key))
	if wait := s.Limiter.Take(ctx, buckets...); wait > 0 {
		return retry(ErrSignUpTooMany, wait)
	}
	return nil
}

// post keeps the hash of the code with the sealed letter, and the event that will
// have it sent, in one transaction.
func (s *SignUps) post(ctx context.Context, made SignUp, code string, letter Letter) error {
	t := tenant.Must(ctx)
	plain, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	purpose, hash := made.purpose(), made.hash(t.ID, code)
	data, err := json.Marshal(sealedLetter{s.Box.Seal(plain, "letter", t.ID.String(), purpose)})
	if err != nil {
		return err
	}
	return s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Codes.Issue(ctx, purpose, hash, data, CodeLife); err != nil {
			return fmt.Errorf("keep code: %w", err)
		}
		return s.Directory.Outbox.Append(ctx, event.Event{
			Fact:    event.SignUpRequested{Purpose: purpose, Hash: base64.RawURLEncoding.EncodeToString(hash)},
			Outcome: "success", Actor: event.Actor{Type: "anonymous"},
		})
	})
}

type sealedLetter struct {
	Letter []byte `json:"letter"`
}

// Letter returns the letter that was requested, or ErrLinkUnknown once it is of no use
// any more.
func (s *SignUps) Letter(ctx context.Context, requested event.SignUpRequested) (Letter, error) {
	t, purpose := tenant.Must(ctx), requested.Purpose
	hash, err := base64.RawURLEncoding.DecodeString(requested.Hash)
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

// Verify checks the code of the mail, and returns the sign-up for the browser to keep
// from now on. The code can be verified again until it is spent, because forms are
// posted twice. ErrSignUpCode, also after too many wrong ones.
func (s *SignUps) Verify(ctx context.Context, pending SignUp, code string) (SignUp, error) {
	code = digits(code)
	hash := pending.hash(tenant.Must(ctx).ID, code)
	if err := s.judge(ctx, pending, hash); err != nil {
		return pending, err
	}
	err := s.Codes.Advance(ctx, pending.purpose(), pending.verified(), hash, verifiedLife)
	if errors.Is(err, ErrLinkUnknown) {
		return pending, ErrSignUpCode // it ran out a moment ago
	}
	if err != nil {
		return pending, fmt.Errorf("verify code: %w", err)
	}
	pending.Code = code
	return pending, nil
}

// Finish makes the account of a verified sign-up and signs it in. The code is spent
// only with all of that done. ErrSignUpExpired, ErrEmailTaken, the
// hasher's errors.
func (s *SignUps) Finish(ctx context.Context, pending SignUp, profile Profile, password string, in Browser) (SignedIn, error) {
	t := tenant.Must(ctx)
	hash := pending.hash(t.ID, pending.Code)
	if _, err := s.Codes.Peek(ctx, pending.verified(), hash); err != nil {
		return SignedIn{}, s.over(ctx, pending, err)
	}
	user := User{Email: pending.Email, EmailVerified: true, Profile: profile}
	encoded, err := s.Directory.Hasher.Hash(ctx, Hashing(ctx), password, PasswordWords(t, &user)...)
	if err != nil {
		return SignedIn{}, fmt.Errorf("hash password: %w", err)
	}
	return s.enter(ctx, pending, hash, user, Hashed(encoded), in)
}

// judge gives the verdict on a code.
func (s *SignUps) judge(ctx context.Context, pending SignUp, hash []byte) error {
	ctx = context.WithoutCancel(ctx) // whoever leaves before the answer is counted
	_, err := s.Codes.Peek(ctx, pending.purpose(), hash)
	if errors.Is(err, ErrLinkUnknown) {
		_, err = s.Codes.Peek(ctx, pending.verified(), hash)
	}
	if err != nil && !errors.Is(err, ErrLinkUnknown) {
		return fmt.Errorf("look at code: %w", err)
	}
	good := err == nil
	stands, err := s.Attempts.Verdict(ctx, limitSignUpCode, pending.purpose(), good)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if !good || !stands {
		return ErrSignUpCode
	}
	return nil
}

// enter spends the code, makes the user and starts the session: all or nothing.
func (s *SignUps) enter(ctx context.Context, pending SignUp, hash []byte, user User, encoded Hashed, in Browser) (signedIn SignedIn, err error) {
	in.Known = true
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Codes.Spend(ctx, pending.verified(), hash); err != nil {
			return err
		}
		made, err := s.Directory.Store(ctx, event.Actor{Type: "user"}, user, encoded)
		if err != nil {
			return err
		}
		signedIn, err = s.Starter.Start(ctx, byPassword(made, s.Now()), in)
		return err
	})
	if err != nil {
		return SignedIn{}, s.over(ctx, pending, err)
	}
	return signedIn, nil
}

// over words that the code is of no use any more. Who verified it may be told that the
// account exists: as a rule they just made it, by the same form.
func (s *SignUps) over(ctx context.Context, pending SignUp, err error) error {
	if !errors.Is(err, ErrLinkUnknown) {
		return fmt.Errorf("make account: %w", err)
	}
	canonical, err := Canonical(pending.Email)
	if err != nil || !pending.Verified() {
		return ErrSignUpExpired
	}
	switch _, err := s.Directory.Users.Credential(ctx, canonical); {
	case err == nil:
		return ErrEmailTaken
	case errors.Is(err, ErrUserNotFound):
		return ErrSignUpExpired
	default:
		return fmt.Errorf("find user: %w", err)
	}
}

// purpose is that of the code before it is verified, verified that of it afterwards.
func (s *SignUp) purpose() string { return purposeSignUp + s.id() }

func (s *SignUp) verified() string { return purposeVerified + s.id() }

func (s *SignUp) id() string {
	return base64.RawURLEncoding.EncodeToString(s.Salt[:min(len(s.Salt), 8)])
}

func (s *SignUp) hash(id tenant.ID, code string) []byte {
	return secret.Hash("one-time/sign-up", id, string(s.Salt)+"\x00"+strings.ToLower(s.Email)+"\x00"+code)
}

// newCode draws eight digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic(err) // never (crypto/rand)
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// digits forgives the blanks with which a code is shown.
func digits(typed string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, typed)
}
