package identity

import (
	"context"
	"time"
)

// A Limit is a GCRA limit: Burst at once, then Count per Period.
type Limit struct {
	Name   string // purpose; part of the key
	Count  int
	Period time.Duration
	Burst  int
}

// Attempts counts failures of sign-in per account where losing the count would
// let an attacker try again: in the durable store.
type Attempts interface {
	// Take spends one attempt of key before the check is made, so that parallel
	// tries cannot exceed the limit. It returns zero, or how long to wait.
	Take(ctx context.Context, limit Limit, key string) (wait time.Duration, err error)
	// Return gives an attempt back after a success.
	Return(ctx context.Context, limit Limit, key string) error
}

// Limiter counts by address, client or unknown name: where losing the count
// costs nothing but a slower start. It never fails: without its store it falls
// back to a stricter limit in the process.
type Limiter interface {
	// Take as in Attempts.
	Take(ctx context.Context, limit Limit, key string) (wait time.Duration)
	// Return as in Attempts.
	Return(ctx context.Context, limit Limit, key string)
}
