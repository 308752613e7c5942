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
	ErrSignUpCode    = fault.New(fault.Invalid, "sign_up_code", "The code is not right or has expired.")
	ErrSignUpReach   = fault.New(fault.Invalid, "sign_up_unreachable", "We cannot send mail to this address.")
	ErrSignUpTooMany = fault.New(fault.TooMany, "sign_up_throttled", "Too many tries. Please wait a little.")
)

// CodeLife is how long the code in the mail is good.
const CodeLife = 15 * time.Minute

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
}

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
}

// SignUps lets people make accounts for themselves, with addresses that they can
// read. An address that has an account gets another mail, and nothing else tells.
type SignUps struct {
	Directory     *Directory
	Authenticator *Authenticator
	Codes         OneTimeTokens
	Box           *secret.Box // seals letters
	// Reaches reports whether mail can be sent to an address of that form at all; nil: to
	// every one. It is not asked whether anybody reads it.
	Reaches func(ctx context.Context, email string) bool
}

// Begin sends a mail to an address and returns what the browser has to keep.
// address is the throttle key of the client's address. ErrEmail, ErrSignUpDomain,
// ErrSignUpReach, ErrSignUpTooMany (with RetryAfter).
func (s *SignUps) Begin(ctx context.Context, email, address string) (SignUp, error) {
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
	letter := Letter{Kind: LetterCode, To: email, Code: newCode()}
	hidden := letter.Code
	switch _, _, err := s.Directory.Users.Credential(ctx, canonical); {
	case err == nil:
		// The same statements, for a code that nobody will ever see.
		letter = Letter{Kind: LetterAccount, To: email}
	case !errors.Is(err, ErrUserNotFound):
		return SignUp{}, fmt.Errorf("find user: %w", err)
	}
	made := SignUp{Email: email, Salt: make([]byte, 16)}
	_, _ = rand.Read(made.Salt) // never fails (crypto/rand)
	return made, s.post(ctx, made, hidden, letter)
}

func (s *SignUps) throttle(ctx context.Context, canonical, address string) error {
	limiter := s.Authenticator.Limiter
	wait := limiter.Take(ctx, limitSignUpAddress, address)
	if wait == 0 {
		key := fmt.Sprintf("%x", secret.MAC(s.Authenticator.ShadowKey, "sign-up", canonical)[:16])
		wait = limiter.Take(ctx, limitSignUpMail, key)
	}
	if wait > 0 {
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
			Type: event.SignUpRequested, Outcome: "success", Actor: event.Actor{Type: "anonymous"},
			Data: map[string]any{"purpose": purpose, "hash": base64.RawURLEncoding.EncodeToString(hash)},
		})
	})
}

type sealedLetter struct {
	Letter []byte `json:"letter"`
}

// Letter returns what an event of the type event.SignUpRequested wants sent, or
// ErrLinkUnknown once that is of no use any more.
func (s *SignUps) Letter(ctx context.Context, e event.Event) (Letter, error) {
	t := tenant.Must(ctx)
	purpose, _ := e.Data["purpose"].(string)
	text, _ := e.Data["hash"].(string)
	hash, err := base64.RawURLEncoding.DecodeString(text)
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

// Finish makes the account and signs it in, when the code is the one of the mail.
// The code is spent only with all of that done. try says what else the attempt to
// sign in brings; its name, password and device are not looked at.
// ErrSignUpCode, ErrSignUpTooMany, ErrEmailTaken, the hasher's errors.
func (s *SignUps) Finish(ctx context.Context, pending SignUp, code string, profile Profile, password string, try Attempt) (SignedIn, error) {
	t := tenant.Must(ctx)
	wait, err := s.Authenticator.Attempts.Take(ctx, limitSignUpCode, pending.purpose())
	if err != nil {
		return SignedIn{}, fmt.Errorf("count attempt: %w", err)
	}
	if wait > 0 {
		return SignedIn{}, retry(ErrSignUpTooMany, wait)
	}
	hash := pending.hash(t.ID, digits(code))
	if _, err := s.Codes.Peek(ctx, pending.purpose(), hash); err != nil {
		return SignedIn{}, wrongCode(err)
	}
	// The code is right: what else may be wrong is not a guess.
	if err := s.Authenticator.Attempts.Return(ctx, limitSignUpCode, pending.purpose()); err != nil {
		return SignedIn{}, fmt.Errorf("return attempt: %w", err)
	}
	user := User{Email: pending.Email, EmailVerified: true, Profile: profile}
	encoded, err := s.Directory.Hasher.Hash(ctx, password, PasswordWords(t, &user)...)
	if err != nil {
		return SignedIn{}, fmt.Errorf("hash password: %w", err)
	}
	return s.enter(ctx, pending, hash, user, encoded, try)
}

// enter spends the code, makes the user and starts the session: all or nothing.
func (s *SignUps) enter(ctx context.Context, pending SignUp, hash []byte, user User, encoded string, try Attempt) (in SignedIn, err error) {
	try.made = true
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Codes.Spend(ctx, pending.purpose(), hash); err != nil {
			return wrongCode(err)
		}
		made, err := s.Directory.store(ctx, event.Actor{Type: "user"}, user, encoded)
		if err != nil {
			return err
		}
		in, err = s.Authenticator.start(ctx, &made, try, func(context.Context) error { return nil })
		return err
	})
	return in, err
}

func wrongCode(err error) error {
	if errors.Is(err, ErrLinkUnknown) {
		return ErrSignUpCode
	}
	return fmt.Errorf("look at code: %w", err)
}

// purpose is what a later code of the same sign-up ends.
func (s SignUp) purpose() string {
	return purposeSignUp + base64.RawURLEncoding.EncodeToString(s.Salt[:min(len(s.Salt), 8)])
}

func (s SignUp) hash(id tenant.ID, code string) []byte {
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
