package provider

import (
	"context"

	"github.com/google/uuid"
)

// Participants knows which clients take part in a browser session.
type Participants interface {
	// Participants returns the enabled clients that anything was granted to from
	// the session, in order of client_id. An ended session still has them.
	Participants(ctx context.Context, session uuid.UUID) ([]Client, error)
}
