package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Register stores a client that registers itself (RFC 7591 §3), in one transaction with
// one use of the initial token of that hash (nil: none), and fills reg.InitialToken.
// quota is how many such clients the tenant may have. ErrInitialTokenUnknown,
// ErrTooManyClients.
func (r *Registrar) Register(ctx context.Context, reg *Registration, initialHash []byte, quota int) error {
	return r.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if reg.InitialToken, err = r.Registrations.Admit(ctx, initialHash, quota); err != nil {
			return err
		}
		if err := r.Writes.Create(ctx, reg.Client); err != nil {
			return err
		}
		if err := r.Registrations.Add(ctx, *reg); err != nil {
			return err
		}
		fact := event.ClientCreated{Registration: "open"}
		if initialHash != nil {
			fact = event.ClientCreated{Registration: "token", InitialToken: reg.InitialToken}
		}
		return r.Outbox.Append(ctx, ofClient(fact, reg.Client.ClientID))
	})
}

// Replace replaces the metadata of a client at its own request (RFC 7592 §2.2). edit gets
// the registration as it is stored and returns the metadata; it is called again when
// somebody else changed the client meanwhile, so it must depend on nothing else.
//
// Nothing but metadata is written: who disables the client meanwhile, or makes it
// first-party, wins (ErrRegistrationTokenUnknown; ErrOperators: without a consent page,
// its redirect URIs are worth too much). Secrets stay as they are, those that an operator rotated meanwhile too; the
// client learns none of them, for only hashes are kept. It gets a fresh one, returned
// once, where its metadata now need a secret that it does not have.
func (r *Registrar) Replace(ctx context.Context, clientID string, tokenHash []byte, edit func(context.Context, *Registration) (Metadata, error)) (*Client, string, error) {
	for range updateTries {
		found, err := r.Registrations.Find(ctx, clientID, tokenHash)
		if err != nil {
			return nil, "", err
		}
		if found.Client.FirstParty {
			return nil, "", ErrOperators
		}
		before, after := &found.Client, found.Client
		if after.Metadata, err = edit(ctx, found); err != nil {
			return nil, "", err
		}
		plain, err := r.replace(ctx, before, &after)
		if !errors.Is(err, fault.ErrChanged) {
			return &after, plain, err
		}
	}
	return nil, "", fmt.Errorf("replace client: %w", fault.ErrChanged)
}

func (r *Registrar) replace(ctx context.Context, before, after *Client) (plain string, err error) {
	fields, err := differences(before, after)
	if err != nil {
		return "", err
	}
	secrets := !after.suited()
	if secrets {
		plain = r.Secrets.Make(tenant.Must(ctx).ID, after)
	}
	if len(fields) == 0 && !secrets {
		return "", nil
	}
	e := ofClient(updated(before, after, fields), after.ClientID)
	return plain, r.record(ctx, e, func(ctx context.Context) error {
		if err := owner.Admit(ctx, r.Writes, after.ID); err != nil {
			return err
		}
		if err := r.Registrations.SetMetadata(ctx, *after); err != nil {
			return err
		}
		if secrets {
			after.Version++ // as it was written a moment ago
			if err := r.Writes.ReplaceSecrets(ctx, *after); err != nil {
				return err
			}
		}
		return r.endGranted(ctx, before, after)
	})
}

// suited reports whether the secrets the client has are those its metadata need:
// none, any, or one that can be read again.
func (c *Client) suited() bool {
	if !c.HasSecret() {
		return len(c.Secrets) == 0
	}
	if !c.NeedsReadableSecret() {
		return len(c.Secrets) > 0
	}
	return slices.ContainsFunc(c.Secrets, func(s ClientSecret) bool { return s.Sealed != nil })
}

// Unregister removes a client at its own request (RFC 7592 §2.3).
// ErrRegistrationTokenUnknown, ErrOperators.
func (r *Registrar) Unregister(ctx context.Context, clientID string, tokenHash []byte) error {
	return r.record(ctx, ofClient(event.ClientDeleted{}, clientID), func(ctx context.Context) error {
		found, err := r.Registrations.Lock(ctx, clientID, tokenHash)
		if err != nil {
			return err
		}
		if found.Client.FirstParty {
			return ErrOperators
		}
		return r.Writes.Delete(ctx, found.Client.ID)
	})
}

// MakeInitialToken makes an initial access token and stores it. The token itself is shown once.
func (r *Registrar) MakeInitialToken(ctx context.Context, name string, uses int, expires time.Time) (plain string, made InitialToken, err error) {
	plain = secret.Token(InitialTokenPrefix)
	made = InitialToken{ID: uuid.Must(uuid.NewV7()), Name: name, Hash: InitialTokenHash(tenant.Must(ctx).ID, plain), UsesLeft: uses, ExpiresAt: expires}
	return plain, made, r.IssueInitialToken(ctx, made)
}

// IssueInitialToken stores an initial access token.
func (r *Registrar) IssueInitialToken(ctx context.Context, t InitialToken) error {
	return r.record(ctx, ofOperator(ctx, event.InitialTokenIssued{}, t.ID.String()), func(ctx context.Context) error {
		return r.InitialTokens.Issue(ctx, t)
	})
}

// RevokeInitialToken ends an initial access token; clients that it registered stay.
// ErrInitialTokenUnknown.
func (r *Registrar) RevokeInitialToken(ctx context.Context, id uuid.UUID) error {
	return r.record(ctx, ofOperator(ctx, event.InitialTokenRevoked{}, id.String()), func(ctx context.Context) error {
		return r.InitialTokens.Revoke(ctx, id)
	})
}
