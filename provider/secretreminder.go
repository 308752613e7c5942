package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
)

// SecretEnds keeps what is known of secrets that a rotation left good for a while.
type SecretEnds interface {
	// NoteUse notes, at most once an hour, that a secret which ends was used. Of one that does not end nothing is noted.
	NoteUse(ctx context.Context, secret uuid.UUID) error
	// TellEnd notes that somebody is told when a secret ends, and returns whose it is. Of many who do that for one end, one is the first.
	TellEnd(ctx context.Context, secret uuid.UUID) (client uuid.UUID, first bool, err error)
}

// SecretReminders has it told that clients still use secrets which end before long.
type SecretReminders struct {
	Secrets SecretEnds
	Clients ManagedClients
	Outbox  event.Outbox
	Tx      identity.Transactor
}

// Remind has it told that a secret ends before long: once, whoever finds that how often. Of one that is over, and of a client that
// is disabled or gone, nobody is told.
func (r *SecretReminders) Remind(ctx context.Context, secret uuid.UUID) error {
	err := r.Tx.InTx(ctx, func(ctx context.Context) error {
		client, first, err := r.Secrets.TellEnd(ctx, secret)
		if err != nil || !first {
			return err
		}
		c, err := r.Clients.ByID(ctx, client)
		if errors.Is(err, ErrClientNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		kept := c.secret(secret)
		if kept == nil || !c.DisabledAt.IsZero() {
			return nil
		}
		return r.Outbox.Append(ctx, event.Event{
			Fact:    event.ClientSecretExpiring{SecretID: tid.Format(ClientSecretIDPrefix, secret), ExpiresAt: kept.ExpiresAt.UTC()},
			Outcome: "success", Actor: event.Actor{Type: "system"}, Subject: c.ClientID,
		})
	})
	if err != nil {
		return fmt.Errorf("remind of client secret: %w", err)
	}
	return nil
}

// secret returns the secret of an id, nil when the client has none.
func (c *Client) secret(id uuid.UUID) *ClientSecret {
	for i := range c.Secrets {
		if c.Secrets[i].ID == id {
			return &c.Secrets[i]
		}
	}
	return nil
}
