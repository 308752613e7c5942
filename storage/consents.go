package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/provider"
)

// Consents implements provider.Consents.
type Consents struct {
	*DB
	outbox event.Outbox
}

func newConsents(db *DB, outbox event.Outbox) *Consents { return &Consents{DB: db, outbox: outbox} }

// Of implements provider.Consents.
func (s *Consents) Of(ctx context.Context, userID, clientID uuid.UUID) (provider.Consent, error) {
	consent := provider.Consent{UserID: userID, ClientID: clientID}
	scopes, err := one(ctx, s.DB, pgx.RowTo[[]string],
		`SELECT scopes FROM consents WHERE user_id = $1 AND (client_id = $2) IS TRUE`, userID, clientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return consent, nil
	}
	consent.Scopes = scopes
	return consent, wrap("find consent", err)
}

// Allow implements provider.Consents.
func (s *Consents) Allow(ctx context.Context, c provider.Consent) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		_, err := exec(ctx, s.DB, `
			INSERT INTO consents (user_id, client_id, scopes) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, user_id, client_id) DO UPDATE
			SET scopes = ARRAY(SELECT DISTINCT unnest(consents.scopes || EXCLUDED.scopes) ORDER BY 1), granted_at = now()`,
			c.UserID, c.ClientID, list(c.Scopes))
		if err != nil {
			return err
		}
		e := consentEvent(ctx, event.ConsentGranted, c.UserID, c.ClientID)
		e.Data["scopes"] = c.Scopes
		return s.outbox.Append(ctx, e)
	})
	return wrap("allow consent", err)
}

// Revoke implements provider.Consents. There may be grants without a remembered
// consent; they end too.
func (s *Consents) Revoke(ctx context.Context, userID, clientID uuid.UUID) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		forgotten, err := exec(ctx, s.DB, `DELETE FROM consents WHERE user_id = $1 AND (client_id = $2) IS TRUE`, userID, clientID)
		if err != nil {
			return err
		}
		revoked, err := exec(ctx, s.DB, `
			UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL`,
			userID, clientID)
		if err != nil || forgotten+revoked == 0 {
			return err
		}
		return s.outbox.Append(ctx, consentEvent(ctx, event.ConsentRevoked, userID, clientID))
	})
	return wrap("revoke consent", err)
}

func consentEvent(ctx context.Context, kind event.Type, userID, clientID uuid.UUID) event.Event {
	user := tid.Format(identity.UserPrefix, userID)
	return event.Event{
		Type: kind, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "user", ID: user}), Subject: user,
		Data: map[string]any{"client_id": tid.Format(provider.ClientPrefix, clientID)},
	}
}
