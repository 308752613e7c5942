package mfa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// One budget for the codes of all factors: six digits, two steps of which fit, and thirty
// wrong codes a day leave who knows the password one chance in sixteen thousand a day. A
// browser that signed the user in before has a budget of its own, so that nobody is kept out
// by what others try.
var (
	limitCode       = identity.Limit{Name: "second-factor", Count: 30, Period: 24 * time.Hour, Burst: 10}
	limitCodeDevice = identity.Limit{Name: "second-factor-device", Count: 30, Period: 24 * time.Hour, Burst: 10}
)

// A Service adds, removes and proves second factors: for pages, the command line and APIs.
type Service struct {
	Factors  Factors
	Attempts identity.Attempts
	Outbox   event.Outbox
	Tx       identity.Transactor
	Now      func() time.Time
	// Forget has every browser of a user asked for a second factor again, in the transaction of ctx.
	Forget func(ctx context.Context, actor event.Actor, user *identity.User) error

	box     secret.TenantKey // seals secrets of apps
	codeKey secret.TenantKey // keys the hashes of recovery codes
}

// New returns s with the keys that it derives from the root key.
func New(root secret.Root, s Service) (*Service, error) {
	s.box, s.codeKey = root.TenantKey(secret.Authenticators), root.TenantKey(secret.RecoveryCodes)
	return &s, nil
}

// A Try is a code that somebody typed as their second factor.
type Try struct {
	User   *identity.User
	Typed  string
	Device string // the browser, as Budget wants it
	// ClientID is whose authorization request it is for, or "".
	ClientID string
	// Held is what the user has, of just now, where their budget (Budget) was seen not to be
	// exhausted; nil: it is read.
	Held *Held
}

// Budget is what bounds how many wrong codes are taken of a user, in a browser that signed them in
// before (device names it as identity.DeviceKey does, or is identity.OtherBrowsers) or in all others ("").
func Budget(user uuid.UUID, device string) (limit identity.Limit, key string) {
	if device != "" {
		return limitCodeDevice, user.String() + ":" + device
	}
	return limitCode, user.String()
}

// A Proved is a second factor that was proved.
type Proved struct {
	AMR []string
	// Spend uses the code up. It belongs into the transaction that the proof is for, which
	// fails with ErrRefused when somebody else used the code first, and with ErrThrottled when
	// meanwhile too many wrong ones were tried.
	Spend func(context.Context) error
}

// Prove checks a code of any factor of a user. ErrRefused, ErrThrottled.
func (s *Service) Prove(ctx context.Context, try Try) (Proved, error) {
	proved, good, err := s.check(ctx, &try)
	if err != nil {
		return Proved{}, err
	}
	limit, key := Budget(try.User.ID, try.Device)
	if good && try.Held != nil {
		spend := proved.Spend
		proved.Spend = func(ctx context.Context) error {
			if err := s.Attempts.Stands(ctx, limit, key, ErrThrottled); err != nil {
				return err
			}
			return spend(ctx)
		}
		return proved, nil
	}
	// Whoever leaves before the answer is counted all the same.
	stands, err := s.Attempts.Verdict(context.WithoutCancel(ctx), limit, key, good)
	switch {
	case err != nil:
		return Proved{}, fmt.Errorf("count attempt: %w", err)
	case good && stands:
		return proved, nil
	}
	if err := s.refused(ctx, &try, stands); err != nil {
		return Proved{}, err
	}
	if !stands {
		return Proved{}, ErrThrottled
	}
	return Proved{}, ErrRefused
}

// check finds the factor that a code is of.
func (s *Service) check(ctx context.Context, try *Try) (p Proved, good bool, err error) {
	if code := digits(try.Typed); len(code) == totpDigits {
		held := try.Held
		if held == nil {
			found, err := s.Held(ctx, try.User.ID)
			if err != nil {
				return p, false, err
			}
			held = &found
		}
		f, step, err := s.fits(ctx, held.TOTP, code)
		if err != nil || f == nil {
			return p, false, err
		}
		return Proved{AMR: []string{AMROTP, AMRMulti}, Spend: func(ctx context.Context) error {
			return s.Factors.UseTOTP(ctx, f.UserID, f.ID, step)
		}}, true, nil
	}
	code := recoveryCode(try.Typed)
	if code == "" {
		return p, false, nil
	}
	hash := codeHash(s.codeKey.Of(tenant.Must(ctx).ID), tenant.Must(ctx).ID, try.User.ID, code)
	good, err = s.Factors.HasCode(ctx, try.User.ID, hash)
	if err != nil {
		return p, false, fmt.Errorf("find recovery code: %w", err)
	}
	return Proved{AMR: []string{AMROTP, AMRMulti}, Spend: func(ctx context.Context) error {
		if err := s.Factors.UseCode(ctx, try.User.ID, hash); err != nil {
			return err
		}
		return s.tell(ctx, event.RecoveryCodeUsed{}, try.User)
	}}, good, nil
}

// fits returns the app that a code is of and its time step, or nil. A step that was used, or
// one before it, does not fit.
func (s *Service) fits(ctx context.Context, apps []TOTP, code string) (*TOTP, int64, error) {
	for i := range apps {
		f := &apps[i]
		plain, err := s.box.Open(tenant.Must(ctx).ID, f.Sealed, "totp", tenant.Must(ctx).ID.String(), f.ID.String())
		if err != nil {
			return nil, 0, fmt.Errorf("open secret of %s: %w", f.PublicID(), err)
		}
		if step, ok := stepOf(plain, code, s.Now()); ok && step > f.LastStep {
			return f, step, nil
		}
	}
	return nil, 0, nil
}

// NotSpent returns the error that a proof was refused with when it was to be used up, and tells
// the audit log of codes that came too late.
func (s *Service) NotSpent(ctx context.Context, try *Try, refused error) error {
	if !errors.Is(refused, ErrThrottled) {
		return refused
	}
	return cmp.Or(s.refused(ctx, try, false), refused)
}

// refused tells the audit log, and only it, why a code was refused.
func (s *Service) refused(ctx context.Context, try *Try, judged bool) error {
	reason := "bad_second_factor"
	if !judged {
		reason = "throttled"
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.SignInFailed{ClientID: try.ClientID}, Outcome: "failure", Reason: reason,
			Actor: event.Actor{Type: "anonymous"}, Subject: try.User.PublicID(),
		})
	})
	if err != nil {
		return fmt.Errorf("record refused factor: %w", err)
	}
	return nil
}

func (s *Service) tell(ctx context.Context, fact event.Fact, user *identity.User) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: fact, Outcome: "success", Actor: event.Actor{Type: "user", ID: user.PublicID()}, Subject: user.PublicID(),
	})
}

// Held returns what a user has.
func (s *Service) Held(ctx context.Context, user uuid.UUID) (Held, error) {
	held, err := s.Factors.Of(ctx, user)
	if err != nil {
		return held, fmt.Errorf("find factors: %w", err)
	}
	return held, nil
}

// An Enrolment is an authenticator app that its user has shown to work.
type Enrolment struct {
	User *identity.User
	Name string // as the user calls it
	// First says that who enrols has proved no second factor: it is stored only while the
	// user has none, or a stolen password would be enough to add one.
	First bool
	// ID is that of the app, where a form that is sent twice is to add one; zero: any.
	ID uuid.UUID

	secret []byte
	step   int64
}

// Confirm checks the first code of an app whose secret the user was shown. The code is used
// up by storing the app. ErrUnconfirmed.
func (s *Service) Confirm(user *identity.User, secret []byte, typed, name string) (Enrolment, error) {
	step, ok := stepOf(secret, digits(typed), s.Now())
	if len(secret) != secretSize || !ok {
		return Enrolment{}, ErrUnconfirmed
	}
	return Enrolment{User: user, Name: Name(name), secret: secret, step: step}, nil
}

// maxName bounds the name of a factor, in characters.
const maxName = 40

// Name is what a user calls a factor, as it was typed but for what no page can show.
func Name(typed string) string {
	name := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(typed, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	for utf8.RuneCountInString(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// Enrol stores an app in the transaction of ctx or one of its own. A user without recovery
// codes gets some, which are shown once. ErrHeld, also where an app of that ID is there already;
// ErrTooManyHeld.
func (s *Service) Enrol(ctx context.Context, e Enrolment) (codes []string, err error) {
	f := TOTP{ID: e.ID, UserID: e.User.ID, Name: e.Name, LastStep: e.step}
	if f.ID == uuid.Nil {
		f.ID = uuid.Must(uuid.NewV7())
	}
	f.Sealed = s.box.Seal(tenant.Must(ctx).ID, e.secret, "totp", tenant.Must(ctx).ID.String(), f.ID.String())
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Factors.AddTOTP(ctx, f, e.First); err != nil {
			return err
		}
		codes, err = s.Added(ctx, e.User, event.FactorAdded{FactorID: f.ID, Kind: "totp"})
		return err
	})
	if err != nil && fault.KindOf(err) == "" {
		err = fmt.Errorf("enrol: %w", err)
	}
	return codes, err
}

// Told tells of a factor that was stored in the transaction of ctx and is not asked for.
func (s *Service) Told(ctx context.Context, user *identity.User, added event.FactorAdded) error {
	return s.tell(ctx, added, user)
}

// Added tells of a factor that was stored in the transaction of ctx. A user without recovery
// codes gets some, which are shown once.
func (s *Service) Added(ctx context.Context, user *identity.User, added event.FactorAdded) (codes []string, err error) {
	if err := s.tell(ctx, added, user); err != nil {
		return nil, err
	}
	held, err := s.Factors.Of(ctx, user.ID)
	if err != nil || held.Codes > 0 {
		return nil, err
	}
	return s.replace(ctx, user)
}

// Rename gives an app the name by which its user knows it. ErrFactorUnknown.
func (s *Service) Rename(ctx context.Context, user *identity.User, id uuid.UUID, name string) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Factors.RenameTOTP(ctx, user.ID, id, Name(name)); err != nil {
			return err
		}
		return s.Renamed(ctx, user, event.FactorRenamed{FactorID: id, Kind: "totp"})
	})
	if err != nil && !errors.Is(err, ErrFactorUnknown) {
		return fmt.Errorf("rename factor: %w", err)
	}
	return err
}

// Renamed tells of a factor that was renamed in the transaction of ctx.
func (s *Service) Renamed(ctx context.Context, user *identity.User, renamed event.FactorRenamed) error {
	return s.tell(ctx, renamed, user)
}

// Remove removes an app. With the last factor the recovery codes go. ErrFactorUnknown.
func (s *Service) Remove(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Factors.RemoveTOTP(ctx, user.ID, id); err != nil {
			return err
		}
		return s.Removed(ctx, actor, user, event.FactorRemoved{FactorID: id, Kind: "totp"})
	})
	if err != nil && !errors.Is(err, ErrFactorUnknown) {
		return fmt.Errorf("remove factor: %w", err)
	}
	return err
}

// Removed tells of a factor that was removed in the transaction of ctx. With the last one the
// recovery codes go: they are no factor of their own. The password may be too short to be the only one, which
// the next sign-in sees. Browsers are asked for a factor again: they
// may have been remembered for the one that is gone.
func (s *Service) Removed(ctx context.Context, actor event.Actor, user *identity.User, removed event.FactorRemoved) error {
	held, err := s.Factors.Of(ctx, user.ID)
	if err != nil {
		return err
	}
	if !held.Any() {
		if err := s.Factors.ReplaceCodes(ctx, user.ID, nil); err != nil {
			return err
		}
		if err := s.Factors.Unpair(ctx, user.ID); err != nil {
			return err
		}
	}
	if err := s.Outbox.Append(ctx, event.Event{Fact: removed, Outcome: "success", Actor: actor, Subject: user.PublicID()}); err != nil {
		return err
	}
	return s.Forget(ctx, actor, user)
}

// Take stores an app of a user that another system had, in the transaction of ctx or one of its own.
// The user gets no recovery codes by it: nobody is there to be shown them. ErrTooManyHeld.
func (s *Service) Take(ctx context.Context, user *identity.User, secret []byte, name string) error {
	f := TOTP{ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Name: Name(name)}
	f.Sealed = s.box.Seal(tenant.Must(ctx).ID, secret, "totp", tenant.Must(ctx).ID.String(), f.ID.String())
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Factors.AddTOTP(ctx, f, false); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.FactorImported{FactorID: f.ID, Kind: "totp"}, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "system"}), Subject: user.PublicID(),
		})
	})
}
