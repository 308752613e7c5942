package identity

import (
	"context"
	"encoding/json"
	"time"

	"plinto/internal/fault"
)

// Purposes of one-time tokens. The purpose is part of the hash, so a token of one
// purpose is unknown to every other.
const (
	PurposeSetup = "setup" // makes the tenant's first administrator
	// PurposeRecoveryLink is followed by the id of the user for whom an operator made the link.
	PurposeRecoveryLink = "recovery-link:"

	purposeSignUp   = "sign-up:"          // and the id of one sign-up: shows that its address is read
	purposeVerified = "sign-up-verified:" // and the id of one sign-up: makes its account
)

// ErrLinkUnknown reports a one-time token that is unknown, expired or spent.
var ErrLinkUnknown = fault.New(fault.NotFound, "link_unknown", "This link is not valid any more.")

// OneTimeTokens keeps one-time links by hash.
type OneTimeTokens interface {
	// Issue stores a token and ends every unspent one of that purpose.
	Issue(ctx context.Context, purpose string, hash []byte, data json.RawMessage, ttl time.Duration) error
	// Peek returns the data of a usable token without spending it. ErrLinkUnknown.
	Peek(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error)
	// Advance makes a usable token of one purpose one of the next, good for ttl from
	// now, in one conditional UPDATE. One that was advanced before stays as it is.
	// ErrLinkUnknown.
	Advance(ctx context.Context, from, to string, hash []byte, ttl time.Duration) error
	// Spend marks it used, in one conditional UPDATE. ErrLinkUnknown.
	Spend(ctx context.Context, purpose string, hash []byte) (json.RawMessage, error)
}
