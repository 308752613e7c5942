package identity

import (
	"context"
	"time"

	"plinto/internal/fault"
)

// An Effort is what a browser shows of the work or the time that it spent on a challenge. The zero value shows
// nothing.
type Effort struct {
	Browser   string // a secret of the browser: the challenge has to be for it
	Challenge string // as it was given out
	Work      string // the number that solves it, in digits; "": the browser waited
}

// Efforts asks for one where risk has risen.
type Efforts interface {
	// Demand returns nil where strain is 0 (see Limiter.Strain), or where the effort is for this purpose and name,
	// which uses it up: it counts for one try. *EffortDemanded otherwise.
	Demand(ctx context.Context, e Effort, purpose, name string, strain int) error
}

// ErrEffort reports a try that has to show an effort first.
var ErrEffort = fault.New(fault.TooMany, "effort_demanded", "There were many tries lately. Please continue in a browser.")

// An EffortDemanded is ErrEffort with the challenge. A browser finds a number of which the SHA-256 of
// "challenge.number" starts with Bits zeros, or posts the challenge again after Wait.
type EffortDemanded struct {
	Challenge string
	Bits      int
	Wait      time.Duration
	Early     bool // it was posted before that
}

// Error implements error.
func (e *EffortDemanded) Error() string { return ErrEffort.Error() }

// Unwrap makes it an ErrEffort with RetryAfter.
func (e *EffortDemanded) Unwrap() error { return ErrEffort.After(e.Wait) }

// An EffortLimit is what is limited whether or not it succeeds, and takes an effort before it is refused.
type EffortLimit struct {
	Limiter Limiter
	Efforts Efforts
	Purpose string
}

// Take takes something of each of the buckets, or of none: how long to wait, or *EffortDemanded. An effort is for name,
// and is not used up where nothing is left.
func (t *EffortLimit) Take(ctx context.Context, e Effort, name string, buckets ...Bucket) (wait time.Duration, err error) {
	if strain := t.Limiter.Strain(ctx, buckets...); strain > 0 {
		if wait := t.Limiter.Wait(ctx, buckets...); wait > 0 {
			return wait, nil
		}
		if err := t.Efforts.Demand(ctx, e, t.Purpose, name, strain); err != nil {
			return 0, err
		}
	}
	return t.Limiter.Take(ctx, buckets...), nil
}
