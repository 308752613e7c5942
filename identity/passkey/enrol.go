package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/tenant"
)

// Creation returns what a browser is asked to make, as PublicKeyCredentialCreationOptionsJSON
// (Web Authentication Level 3 §5.1.8). Where the tenant asks for no attestation, what an authenticator
// says of its make is believed for its name alone.
//
// Where a browser made a passkey by itself, another may be made in its place: who adds a second factor
// shall have one.
func (s *Service) Creation(ctx context.Context, c Ceremony, user *identity.User) (string, error) {
	keys, err := s.Of(ctx, user)
	if err != nil {
		return "", err
	}
	keys = slices.DeleteFunc(keys, func(k Passkey) bool { return k.Silent })
	t, of := tenant.Must(ctx), &account{user, keys}
	text, err := json.Marshal(protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{ID: rpID(t), CredentialEntity: protocol.CredentialEntity{Name: displayName(t)}},
		User: protocol.UserEntity{
			ID: protocol.URLEncodedBase64(of.WebAuthnID()), DisplayName: of.WebAuthnDisplayName(),
			CredentialEntity: protocol.CredentialEntity{Name: of.WebAuthnName()},
		},
		Challenge: s.challenge(ctx, c), Parameters: webauthn.CredentialParametersRecommendedL3(), Timeout: waits,
		CredentialExcludeList: of.descriptors(), Attestation: conveyance(t),
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationPreferred,
		},
	})
	return string(text), err
}

// An Enrolment is a passkey that its user has just made.
type Enrolment struct {
	Answer
	// First says that who enrols has proved no second factor: it is stored only while the
	// user has none, or a stolen password would be enough to add one.
	First bool
	// Silent says that the browser was to make it by itself, so that nobody may have been there (Web
	// Authentication Level 3 §7.1, mediation conditional). It proves nothing in its session.
	Silent bool
	// Apart says that no session starts with it, so that User has to have the mark here that they have in
	// the session: identity.ErrRefused when everything of theirs was ended meanwhile.
	Apart bool

	passkey   Passkey
	challenge []byte
	until     time.Time
}

// Confirm checks a passkey that a browser made. ErrRefused, ErrModel, ErrExpired.
func (s *Service) Confirm(ctx context.Context, e Enrolment) (*Enrolment, error) {
	if !Available(tenant.Must(ctx)) {
		return nil, s.notMade(ctx, ErrRefused.With(errOff))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(e.JSON))
	if err != nil {
		return nil, s.notMade(ctx, ErrRefused.With(why(err)))
	}
	challenge, until, err := s.answered(ctx, &e.Answer, parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return nil, s.notMade(ctx, err)
	}
	t := tenant.Must(ctx)
	session := webauthn.SessionData{
		Challenge: parsed.Response.CollectedClientData.Challenge, RelyingPartyID: rpID(t), UserID: e.User.ID[:],
		UserVerification: protocol.VerificationPreferred, CredParams: webauthn.CredentialParametersRecommendedL3(),
	}
	if e.Silent {
		session.Mediation = protocol.MediationConditional
	}
	made, err := s.register(t, &e, session, parsed)
	if err != nil {
		return nil, s.notMade(ctx, err)
	}
	e.passkey = newPasskey(e.User, made)
	e.passkey.Name = mfa.Name(s.Metadata.nameOf(e.passkey.AAGUID))
	e.passkey.Silent = e.Silent
	e.challenge, e.until = challengeHash(ctx, challenge), until
	return &e, nil
}

func (*Service) notMade(ctx context.Context, refused error) error {
	slog.InfoContext(ctx, "a new passkey is refused", "error", refused.Error())
	return refused
}

func newPasskey(user *identity.User, made *webauthn.Credential) Passkey {
	p := Passkey{
		ID: uuid.Must(uuid.NewV7()), UserID: user.ID, CredentialID: made.ID, PublicKey: made.PublicKey, SignCount: made.Authenticator.SignCount,
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
		UserVerified: made.Flags.UserVerified, Transports: []string{},
	}
	p.AAGUID, _ = uuid.FromBytes(made.Authenticator.AAGUID) // the nil UUID of one that says nothing
	for _, transport := range made.Transport {
		if name := string(transport); len(p.Transports) < 8 && len(name) <= 32 {
			p.Transports = append(p.Transports, name)
		}
	}
	return p
}

// AMR is what making the passkey proves, to who proved something else before: see Prove.
func (e *Enrolment) AMR() []string { return amr(&e.passkey, true) }

// Enrol stores a passkey in the transaction of ctx or one of its own. A user without recovery
// codes gets some, which are shown once, but for a silent one. mfa.ErrHeld, ErrFull, ErrTaken, ErrSpent,
// identity.ErrRefused.
func (s *Service) Enrol(ctx context.Context, e *Enrolment) (codes []string, err error) {
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, e.passkey, e.First, e.challenge, e.until); err != nil {
			return err
		}
		if err := s.stands(ctx, e); err != nil {
			return err
		}
		added := event.FactorAdded{FactorID: e.passkey.ID, Kind: "passkey"}
		if e.Silent {
			return s.Factors.Told(ctx, e.User, added)
		}
		codes, err = s.Factors.Added(ctx, e.User, added)
		return err
	})
	if err != nil && fault.KindOf(err) == "" {
		err = fmt.Errorf("enrol passkey: %w", err)
	}
	return codes, err
}

// stands reports as an error that everything of the user was ended since they proved who they are. Their row is
// locked by now.
func (s *Service) stands(ctx context.Context, e *Enrolment) error {
	if !e.Apart {
		return nil // the session that starts in the same transaction is for that mark alone
	}
	_, user, err := s.Store.ByCredential(ctx, e.passkey.CredentialID)
	if err == nil && (!user.Active() || !user.NotBefore.Equal(e.User.NotBefore)) {
		err = identity.ErrRefused
	}
	return err
}

// RemoveAll removes every second factor of a user, apps too, and with them the recovery codes, in
// the transaction of ctx or one of its own.
func (s *Service) RemoveAll(ctx context.Context, actor event.Actor, user *identity.User) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		held, err := s.Factors.Held(ctx, user.ID)
		if err != nil {
			return err
		}
		for i := range held.TOTP {
			if err := s.Factors.Remove(ctx, actor, user, held.TOTP[i].ID); err != nil {
				return err
			}
		}
		keys, err := s.Of(ctx, user)
		if err != nil {
			return err
		}
		for i := range keys {
			if err := s.Remove(ctx, actor, user, keys[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rename gives a passkey the name by which its user knows it. ErrNotFound.
func (s *Service) Rename(ctx context.Context, user *identity.User, id uuid.UUID, name string) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Rename(ctx, user.ID, id, mfa.Name(name)); err != nil {
			return err
		}
		return s.Factors.Renamed(ctx, user, event.FactorRenamed{FactorID: id, Kind: "passkey"})
	})
	if err != nil && fault.KindOf(err) == "" {
		err = fmt.Errorf("rename passkey: %w", err)
	}
	return err
}

// Remove removes a passkey. With the last second factor the recovery codes go. ErrNotFound.
func (s *Service) Remove(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Remove(ctx, user.ID, id); err != nil {
			return err
		}
		return s.Factors.Removed(ctx, actor, user, event.FactorRemoved{FactorID: id, Kind: "passkey"})
	})
	if err != nil && fault.KindOf(err) == "" {
		err = fmt.Errorf("remove passkey: %w", err)
	}
	return err
}

// TakeBack removes a factor. Where the user has one from before it removes that one alone: the others may
// be the user's. Where there is none, all that were added after it go too: a factor is added by a password
// alone only where there is none, and what came after came by the first. It needs a transaction.
func (s *Service) TakeBack(ctx context.Context, actor event.Actor, user *identity.User, factor uuid.UUID) error {
	held, err := s.Factors.Held(ctx, user.ID)
	if err != nil {
		return err
	}
	keys, err := s.Of(ctx, user)
	if err != nil {
		return err
	}
	// Ids are in the order of time (RFC 9562 §5.7).
	first := factor
	for i := range held.TOTP {
		first = earlier(first, held.TOTP[i].ID)
	}
	for i := range keys {
		if !keys[i].Silent { // those keep nobody from adding a factor
			first = earlier(first, keys[i].ID)
		}
	}
	if first == factor {
		return s.RemoveAll(ctx, actor, user)
	}
	if slices.ContainsFunc(keys, func(k Passkey) bool { return k.ID == factor }) {
		return s.Remove(ctx, actor, user, factor)
	}
	if err := s.Factors.Remove(ctx, actor, user, factor); !errors.Is(err, mfa.ErrFactorUnknown) {
		return err
	}
	return nil // it is gone already
}

// TakeBackSince removes every factor that a user got since a time, with the recovery codes that were made since. Those from
// before stay. It needs a transaction.
func (s *Service) TakeBackSince(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error {
	held, err := s.Factors.Held(ctx, user.ID)
	if err != nil {
		return err
	}
	keys, err := s.Of(ctx, user)
	if err != nil {
		return err
	}
	for i := range held.TOTP {
		if f := &held.TOTP[i]; !f.CreatedAt.Before(since) {
			if err := s.Factors.Remove(ctx, actor, user, f.ID); err != nil {
				return err
			}
		}
	}
	for i := range keys {
		if k := &keys[i]; !k.CreatedAt.Before(since) {
			if err := s.Remove(ctx, actor, user, k.ID); err != nil {
				return err
			}
		}
	}
	return s.Factors.TakeCodesBack(ctx, actor, user, since)
}

func earlier(a, b uuid.UUID) uuid.UUID {
	if bytes.Compare(b[:], a[:]) < 0 {
		return b
	}
	return a
}
