package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

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

// The limits of signing up. Eight digits and five tries a mail leave who guesses
// one chance in twenty million a mail.
var (
	limitSignUpAddress = Limit{Name: "sign-up-address", Count: 20, Period: time.Hour, Burst: 10}
	limitSignUpMail    = Limit{Name: "sign-up-mail", Count: 4, Period: time.Hour, Burst: 3}
)

// SignUpLife is how long the code and the link of a sign-up are good.
const SignUpLife = time.Hour

// forSignUp is the use of the codes of sign-ups.
var forSignUp = &CodeUse{
	Purpose: purposeSignUp, Verified: purposeVerified, Context: "one-time/sign-up", Wrong: ErrSignUpCode,
	Life: SignUpLife, Link: "plsu_",
	Fact: func(purpose, hash string) event.Fact { return event.SignUpRequested{Purpose: purpose, Hash: hash} },
}

// A SignUp is an address on its way to an account.
type SignUp struct {
	MailedCode
	// Name is what the user typed, when it has to be asked for again.
	Name string `json:"n,omitempty"`
}

// Letters of a sign-up.
const (
	LetterCode    = "sign_up.code"    // the code that shows that the address is read
	LetterAccount = "sign_up.account" // there is an account already: sign in
)

// SignUps lets people make accounts for themselves, with addresses that they can
// read. An address that has an account gets another mail, and nothing else tells.
type SignUps struct {
	Directory   *Directory
	Starter     *SessionStarter
	Mailed      *MailedCodes
	EffortLimit EffortLimit // of asking for a mail
	ShadowKey   [32]byte    // keys the counters of addresses
	Now         func() time.Time
	// Reaches reports whether mail can be sent to an address of that form at all; nil: to
	// every one. It is not asked whether anybody reads it.
	Reaches func(ctx context.Context, email string) bool
}

// Begin sends a mail to an address, in the language of the tag lang, and returns what
// the browser has to keep. address is the client's; flow names the flow of the browser, for who
// opens the link of the mail in it. ErrEmail, ErrSignUpDomain,
// ErrSignUpReach, ErrSignUpTooMany (with RetryAfter), *EffortDemanded.
func (s *SignUps) Begin(ctx context.Context, email, lang, address, flow string, effort Effort) (SignUp, error) {
	email = Typed(email)
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
	if err := s.throttle(ctx, canonical, address, effort); err != nil {
		return SignUp{}, err
	}
	if s.Reaches != nil && !s.Reaches(ctx, email) {
		return SignUp{}, ErrSignUpReach
	}
	letter := Letter{Kind: LetterCode, To: email, Code: NewCode(), Lang: lang, Ref: flow}
	hidden := letter.Code
	switch held, err := s.Directory.Users.Credential(ctx, canonical, nil); {
	case err == nil:
		// The same statements, for a code that nobody will ever see.
		letter = Letter{Kind: LetterAccount, To: email, Lang: cmp.Or(held.User.Profile.Locale, lang)}
	case !errors.Is(err, ErrUserNotFound):
		return SignUp{}, fmt.Errorf("find user: %w", err)
	}
	made := SignUp{MailedCode: NewMailedCode(email, lang)}
	return made, s.Mailed.Post(ctx, forSignUp, &made.MailedCode, hidden, "", letter)
}

func (s *SignUps) throttle(ctx context.Context, canonical, address string, effort Effort) error {
	key := fmt.Sprintf("%x", secret.MAC(s.ShadowKey, "sign-up", canonical)[:16])
	buckets := append(limitSignUpAddress.Networks(address, ""), limitSignUpMail.Of(key))
	wait, err := s.EffortLimit.Take(ctx, effort, canonical, buckets...)
	if err == nil && wait > 0 {
		err = ErrSignUpTooMany.After(wait)
	}
	return err
}

// Verify checks the code of the mail, and returns the sign-up for the browser to keep
// from now on. The code can be verified again until it is spent, because forms are
// posted twice. ErrSignUpCode, also after too many wrong ones.
func (s *SignUps) Verify(ctx context.Context, pending SignUp, code string) (_ SignUp, err error) {
	pending.MailedCode, err = s.Mailed.Verify(ctx, forSignUp, pending.MailedCode, code)
	return pending, err
}

// A Newcomer is what people say of themselves when they make an account.
type Newcomer struct {
	Profile  Profile
	Username string // as typed; not looked at where the tenant does not ask for it
	Password string
	Address  string // the client's
}

// Finish makes the account of a verified sign-up and signs it in. The code is spent
// only with all of that done. ErrSignUpExpired, ErrEmailTaken, those of Usernames.Change, the
// hasher's errors.
func (s *SignUps) Finish(ctx context.Context, pending SignUp, who Newcomer, in Browser) (SignedIn, error) {
	return s.finish(ctx, pending, who, &in, proof{
		stands: func(ctx context.Context) error { return s.Mailed.StillVerified(ctx, forSignUp, &pending.MailedCode) },
		spend:  func(ctx context.Context) error { return s.Mailed.Spend(ctx, forSignUp, &pending.MailedCode) },
	})
}

// A proof is that whoever makes an account reads its mail.
type proof struct {
	stands func(context.Context) error // ErrLinkUnknown
	spend  func(context.Context) error // ErrLinkUnknown
	// then does what else comes with the account, in its transaction; nil: nothing.
	then func(context.Context, *User) error
}

func (s *SignUps) finish(ctx context.Context, pending SignUp, who Newcomer, in *Browser, by proof) (SignedIn, error) {
	user := User{Email: pending.Email, EmailVerified: true, Profile: who.Profile}
	if err := s.check(ctx, &pending, &user, &who, by); err != nil {
		return SignedIn{}, err
	}
	encoded, err := s.Directory.HashChecked(ctx, &user, who.Password)
	if err != nil {
		return SignedIn{}, err
	}
	return s.enter(ctx, pending, user, encoded, in, by)
}

// check finds out at once all that keeps an account from being made, and says all of it. Whether
// the address is taken is told only to who verified it. What is checked here is checked again
// where the account is stored. It notes the user name.
func (s *SignUps) check(ctx context.Context, pending *SignUp, user *User, who *Newcomer, by proof) error {
	var all errgroup.Group
	var verified, free, named, good error // each is an answer: none of them stops the others
	var name string
	about := *user
	about.Username = who.Username
	all.Go(func() error { verified = by.stands(ctx); return nil })
	all.Go(func() error { free = s.free(ctx, user.Email); return nil })
	all.Go(func() error { name, named = s.username(ctx, who); return nil })
	all.Go(func() error { good = s.Directory.Check(ctx, &about, who.Password); return nil })
	_ = all.Wait() // the answers are above
	if verified != nil {
		return s.over(ctx, *pending, verified)
	}
	if errors.Is(named, ErrSignUpTooMany) {
		return named // nothing else is told while they wait
	}
	user.Username = name
	return errors.Join(free, named, good)
}

// username returns the user name of a new account, "" where the tenant asks for none.
func (s *SignUps) username(ctx context.Context, who *Newcomer) (string, error) {
	if !tenant.Must(ctx).Settings.Identifiers.AsksUsername() {
		return "", nil
	}
	return s.usernames().free(ctx, uuid.Nil, who.Username, who.Address)
}

func (s *SignUps) usernames() *Usernames {
	return &Usernames{Directory: s.Directory, Limiter: s.EffortLimit.Limiter}
}

// free reports whether an account can have an address. ErrSignUpDomain, ErrEmailTaken.
func (s *SignUps) free(ctx context.Context, email string) error {
	canonical, err := Canonical(email)
	if err != nil {
		return ErrEmail
	}
	if _, domain, _ := strings.Cut(canonical, "@"); !tenant.Must(ctx).Settings.SignUp.Takes(domain) {
		return ErrSignUpDomain
	}
	switch _, err := s.Directory.Users.Credential(ctx, canonical, nil); {
	case err == nil:
		return ErrEmailTaken
	case errors.Is(err, ErrUserNotFound):
		return nil
	default:
		return fmt.Errorf("find user: %w", err)
	}
}

// enter spends the code, makes the user and starts the session, if there is a browser for one: all
// or nothing.
func (s *SignUps) enter(ctx context.Context, pending SignUp, user User, encoded Hashed, in *Browser, by proof) (signedIn SignedIn, err error) {
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := by.spend(ctx); err != nil {
			return err
		}
		made, err := s.Directory.Store(ctx, event.Actor{Type: "user"}, user, encoded)
		if err != nil {
			return err
		}
		if made.Username != "" {
			if err := s.usernames().rested(ctx, made.ID, made.Username); err != nil {
				return err
			}
		}
		if by.then != nil {
			if err := by.then(ctx, &made); err != nil {
				return err
			}
		}
		if in == nil {
			signedIn.User = made
			return nil
		}
		in.Known = true
		signedIn, err = s.Starter.Start(ctx, byPassword(made, s.Now()), *in)
		return err
	})
	if err != nil {
		return SignedIn{}, s.over(ctx, pending, err)
	}
	return signedIn, nil
}

// over says that the code cannot be used any more. A user who verified it may be told that the
// account exists: as a rule they just made it, by the same form.
func (s *SignUps) over(ctx context.Context, pending SignUp, err error) error {
	if !errors.Is(err, ErrLinkUnknown) {
		return fmt.Errorf("make account: %w", err)
	}
	canonical, err := Canonical(pending.Email)
	if err != nil || !pending.Verified() {
		return ErrSignUpExpired
	}
	switch _, err := s.Directory.Users.Credential(ctx, canonical, nil); {
	case err == nil:
		return ErrEmailTaken
	case errors.Is(err, ErrUserNotFound):
		return ErrSignUpExpired
	default:
		return fmt.Errorf("find user: %w", err)
	}
}
