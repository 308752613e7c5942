package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A Service adds, removes and proves passkeys: for pages, the command line and APIs.
type Service struct {
	Store   Store
	Factors *mfa.Service
	Outbox  event.Outbox
	Tx      identity.Transactor
	Now     func() time.Time
	// Metadata is what is known of authenticators; nil: nothing, and no tenant that demands it takes any.
	Metadata *Metadata

	key [32]byte // signs challenges
}

// New returns s with the key that it derives from the root key.
func New(root secret.Root, s Service) *Service {
	s.key = root.Subkey("plinto/challenge/v1")
	return &s
}

// Reasons why an answer is refused, for logs.
var (
	errForeign  = errors.New("the challenge is of another flow, step or user, or not ours")
	errOff      = errors.New("the tenant has no passkeys, or none can be at its address")
	errOthers   = errors.New("it is the passkey of another user")
	errDisabled = errors.New("the user is disabled")
)

// Of returns the passkeys of a user.
func (s *Service) Of(ctx context.Context, user *identity.User) ([]Passkey, error) {
	keys, err := s.Store.Of(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("find passkeys: %w", err)
	}
	for i := range keys {
		keys[i].Model = s.Metadata.nameOf(keys[i].AAGUID)
	}
	return keys, nil
}

// Holder returns a user, with what they have, and with what is left of the codes that they may
// type in a browser: its hash, if its cookie says that it signed the user in before, or nil. identity.ErrUserNotFound.
func (s *Service) Holder(ctx context.Context, user uuid.UUID, browser []byte) (Holder, error) {
	b, name := Budget{Browser: browser}, ""
	if browser != nil {
		name = identity.OtherBrowsers
		_, b.Own = mfa.Budget(user, identity.DeviceKey(browser))
	}
	b.Limit, b.Key = mfa.Budget(user, name)
	h, err := s.Store.Holder(ctx, user, b)
	if err != nil {
		return h, fmt.Errorf("find holder of factors: %w", err)
	}
	if h.Device = name; h.Known {
		h.Device = identity.DeviceKey(browser)
	}
	return h, nil
}

// Holding implements identity.KeyHoldings. Where no passkey can be made the user lacks none.
func (s *Service) Holding(ctx context.Context, user uuid.UUID) (identity.KeyHolding, error) {
	if !Available(tenant.Must(ctx)) {
		return identity.KeyHolding{}, nil
	}
	h, err := s.Store.Holding(ctx, user)
	if err != nil {
		return h, fmt.Errorf("find passkeys: %w", err)
	}
	return h, nil
}

// Request returns what a browser is asked for, as PublicKeyCredentialRequestOptionsJSON (Web
// Authentication Level 3 §5.1.9): one of keys, or any passkey that verifies its user where
// keys is nil.
func (s *Service) Request(ctx context.Context, c Ceremony, keys []Passkey) (string, error) {
	options := protocol.PublicKeyCredentialRequestOptions{
		Challenge: s.challenge(ctx, c), Timeout: waits, RelyingPartyID: rpID(tenant.Must(ctx)),
		UserVerification: protocol.VerificationRequired,
	}
	if keys != nil {
		options.AllowedCredentials = (&account{keys: keys}).descriptors()
		options.UserVerification = protocol.VerificationPreferred
	}
	text, err := json.Marshal(options)
	return string(text), err
}

// An Answer is what a browser posted: an AuthenticationResponseJSON (Web Authentication Level
// 3 §5.1.8.2), or a RegistrationResponseJSON.
type Answer struct {
	Ceremony Ceremony
	JSON     string
	User     *identity.User // whose passkey it has to be; nil: anybody's
	ClientID string         // whose authorization request it is for, or ""
	// Keys are those of User, of just now; a passkey that is not among them is looked for.
	Keys []Passkey
	// Elsewhere says that an application of the tenant asked for it, which may be on another of its hosts.
	Elsewhere bool
	// Apps are the origins of apps of that application, such as android:apk-key-hash:….
	Apps []string
}

// Prove checks an assertion. Alone, it has to have verified its user, which makes it two
// factors; of a user who proved something else it is the second factor, verified or not.
// The proof uses the challenge up. ErrRefused, ErrUnknown, ErrUnverified, ErrExpired.
func (s *Service) Prove(ctx context.Context, a Answer) (identity.Proof, error) {
	if !Available(tenant.Must(ctx)) {
		return identity.Proof{}, s.refuse(ctx, &a, ErrRefused.With(errOff))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(a.JSON))
	if err != nil {
		return identity.Proof{}, s.refuse(ctx, &a, ErrRefused.With(why(err)))
	}
	challenge, until, err := s.answered(ctx, &a, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return identity.Proof{}, s.refuse(ctx, &a, err)
	}
	key, user, err := s.find(ctx, &a, parsed.RawID)
	switch {
	case errors.Is(err, ErrUnknown):
		return identity.Proof{}, s.refuse(ctx, &a, err)
	case err != nil:
		return identity.Proof{}, fmt.Errorf("find passkey: %w", err)
	case a.User != nil && a.User.ID != user.ID:
		return identity.Proof{}, s.refuse(ctx, &a, ErrRefused.With(errOthers))
	}
	alone := a.User == nil
	if a.User = &user; !user.Active() {
		return identity.Proof{}, s.refuse(ctx, &a, ErrRefused.With(errDisabled))
	}
	if err := judge(tenant.Must(ctx), &key, &a, parsed, alone); err != nil {
		return identity.Proof{}, s.refuse(ctx, &a, err)
	}
	flags := parsed.Response.AuthenticatorData.Flags
	use := Use{
		Passkey: &key, SignCount: parsed.Response.AuthenticatorData.Counter, BackedUp: flags.HasBackupState(),
		Verified: flags.HasUserVerified(), Challenge: challengeHash(ctx, challenge), Expires: until,
	}
	return identity.Proof{
		User: user, AMR: amr(&key, alone || flags.HasUserVerified()), At: s.Now(), SecondFactor: true,
		Spend: func(ctx context.Context) error { return s.use(ctx, use) },
	}, nil
}

// find returns the passkey of a credential id and its user. ErrUnknown.
func (s *Service) find(ctx context.Context, a *Answer, credential []byte) (Passkey, identity.User, error) {
	for _, key := range a.Keys {
		if bytes.Equal(key.CredentialID, credential) {
			return key, *a.User, nil
		}
	}
	return s.Store.ByCredential(ctx, credential)
}

// answered returns the challenge that a browser says it answered, and its end.
func (s *Service) answered(ctx context.Context, a *Answer, text string) ([]byte, time.Time, error) {
	var challenge protocol.URLEncodedBase64
	if err := challenge.UnmarshalJSON([]byte(`"` + text + `"`)); err != nil {
		return nil, time.Time{}, ErrRefused.With(err)
	}
	until, err := s.check(ctx, a.Ceremony, challenge)
	return challenge, until, err
}

// judge has the library check an assertion: origin, RP ID, flags and signature (Web
// Authentication Level 3 §7.2). The handle, where there is one, has to be the user's.
func judge(t *tenant.Tenant, key *Passkey, a *Answer, parsed *protocol.ParsedCredentialAssertionData, alone bool) error {
	party, err := relyingParty(t, a.Elsewhere, a.Apps...)
	if err != nil {
		return fmt.Errorf("make relying party: %w", err)
	}
	session := webauthn.SessionData{
		Challenge: parsed.Response.CollectedClientData.Challenge, RelyingPartyID: rpID(t), UserID: a.User.ID[:],
		AllowedCredentialIDs: [][]byte{key.CredentialID}, UserVerification: protocol.VerificationPreferred,
	}
	if alone && !parsed.Response.AuthenticatorData.Flags.HasUserVerified() {
		return ErrUnverified
	}
	if alone {
		session.UserVerification = protocol.VerificationRequired
	}
	if _, err := party.ValidateLogin(&account{a.User, []Passkey{*key}}, session, parsed); err != nil {
		return ErrRefused.With(why(err))
	}
	return nil
}

// amr is what a passkey proves. With its user verified it is two factors in one.
func amr(key *Passkey, verified bool) []string {
	methods := []string{mfa.AMRHardware, mfa.AMRPresence}
	if key.BackupEligible {
		methods[0] = mfa.AMRSoftware
	}
	if verified {
		methods = append(methods, mfa.AMRMulti)
	}
	return methods
}

// use notes the use. A counter that falls may mean a copy: it is told, and keeps nobody out,
// because synced passkeys and some authenticators count otherwise (Web Authentication Level 3
// §6.1.1).
func (s *Service) use(ctx context.Context, u Use) error {
	if err := s.Store.Use(ctx, u); err != nil {
		return err
	}
	if k := u.Passkey; !k.BackupEligible && k.SignCount > 0 && u.SignCount <= k.SignCount {
		user := identity.User{ID: k.UserID}
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.PasskeyCounterFell{PasskeyID: k.ID, Stored: int(k.SignCount), Got: int(u.SignCount)}, Outcome: "success",
			Actor: event.Actor{Type: "user", ID: user.PublicID()}, Subject: user.PublicID(),
		})
	}
	return nil
}

// why is what the library found wrong. Its errors keep that apart from their text.
func why(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return fmt.Errorf("%w: %s", err, e.DevInfo)
	}
	return err
}

// refuse tells the log, and the audit log of whom it was about.
func (s *Service) refuse(ctx context.Context, a *Answer, refused error) error {
	slog.InfoContext(ctx, "a passkey is refused", "step", a.Ceremony.Step, "error", refused.Error())
	if a.User == nil {
		return refused // anybody can send anything
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.SignInFailed{ClientID: a.ClientID}, Outcome: "failure", Reason: "bad_passkey",
			Actor: event.Actor{Type: "anonymous"}, Subject: a.User.PublicID(),
		})
	})
	if err != nil {
		return fmt.Errorf("record refused passkey: %w", err)
	}
	return refused
}
