package engine

import (
	"context"
	"errors"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/provider"
)

// Limits of guessing, per client and network. They count failures only, and refuse
// nothing that is right: a client that knows its secret is never in their way, and
// what is guessed at has 256 bits.
var (
	limitClientFailures = identity.Limit{Name: "client-auth", Count: 20, Period: time.Minute, Burst: 20}
	limitTokenGuesses   = identity.Limit{Name: "token-guess", Count: 60, Period: time.Minute, Burst: 60}
)

// throttled notes a failure and returns err, or that there were too many: an error
// with a kind of its own, which err is only a text in.
func (e *Engine) throttled(ctx context.Context, limit identity.Limit, clientID string, err error) error {
	wait := e.Limiter.Take(ctx, limit.Networks(event.OriginFrom(ctx).IP, clientID)...)
	if wait <= 0 {
		return err
	}
	limited := fault.New(fault.TooMany, "too_many_failures", "There were too many failures. Please wait.").With(errors.New(err.Error()))
	limited.RetryAfter = wait
	return limited
}

// guessed notes a code or refresh token that was never issued to the client.
func (e *Engine) guessed(ctx context.Context, c *provider.Client, err error) error {
	return e.throttled(ctx, limitTokenGuesses, c.ClientID, err)
}
