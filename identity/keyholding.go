package identity

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ResetRest is for how long a password that was set by a code of a mail does not let its user make the
// passkey that an organization demands: so long the owner of the mailbox has to notice the reset.
const ResetRest = 24 * time.Hour

// A KeyHolding is what decides whether a user may make the passkey that an organization demands. The
// zero value is of who makes none.
type KeyHolding struct {
	// Lacks says that the user has no passkey that they know of, and that the pages can make one.
	Lacks bool `json:"l,omitempty"`
	// Password says that the user has one.
	Password bool `json:"p,omitempty"`
	// ResetAt is when the password was last set by a code of a mail; zero: never.
	ResetAt time.Time `json:"r,omitzero"`
}

// Equal reports whether both are the same.
func (h *KeyHolding) Equal(other *KeyHolding) bool {
	return h.Lacks == other.Lacks && h.Password == other.Password && h.ResetAt.Equal(other.ResetAt)
}

// KeyHoldings reads them. Each is one statement.
type KeyHoldings interface {
	// Holding returns that of a user of the context's tenant.
	Holding(ctx context.Context, user uuid.UUID) (KeyHolding, error)
}
