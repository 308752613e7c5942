package provider

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// PushedTTL is how long a pushed request may wait for its user (RFC 9126 §2.2).
const PushedTTL = time.Minute

// A PushedRequest is a request that its client sent beforehand (RFC 9126).
type PushedRequest struct {
	ClientID uuid.UUID // Client.ID
	Request  Request
}

// ErrPushedUnknown reports a request_uri that is unknown, expired or used up.
var ErrPushedUnknown = fault.New(fault.Invalid, "request_uri_unknown", "The request_uri is unknown, expired or used.")

// PushedRequests keeps pushed requests, by hash of their request_uri.
type PushedRequests interface {
	// Push stores a request for ttl.
	Push(ctx context.Context, hash []byte, p PushedRequest, ttl time.Duration) error
	// Find returns a request that is neither expired nor used up. ErrPushedUnknown.
	Find(ctx context.Context, hash []byte) (PushedRequest, error)
	// Spend uses up a request that the client pushed, in the transaction of ctx if there
	// is one: one conditional statement, so that of many only one succeeds. The user may
	// have taken longer than the request waits, so it need not be there any more: that it
	// was found when the flow began is for the caller to know. ErrPushedUnknown.
	Spend(ctx context.Context, clientID uuid.UUID, hash []byte) error
}
