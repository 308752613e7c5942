package provider

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// A Consent is what a user allows a client without being asked again.
type Consent struct {
	UserID   uuid.UUID
	ClientID uuid.UUID
	Scopes   []string
}

// Covers reports whether every scope was allowed before.
func (c Consent) Covers(scopes []string) bool {
	for _, s := range scopes {
		if !slices.Contains(c.Scopes, s) {
			return false
		}
	}
	return true
}

// Consents remembers consents per user and client.
type Consents interface {
	// Of returns the consent, with no scopes when there is none.
	Of(ctx context.Context, userID, clientID uuid.UUID) (Consent, error)
	// Allow adds scopes to the consent, with the event.
	Allow(ctx context.Context, c Consent) error
	// Revoke forgets the consent and revokes the client's grants of the user, with the event.
	Revoke(ctx context.Context, userID, clientID uuid.UUID) error
}
