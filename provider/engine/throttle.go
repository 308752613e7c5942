package engine

import (
	"context"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/gcra"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/tenant"
)

// limitTokenGuesses limits guessing of codes and refresh tokens, per client and network. It
// never refuses a valid one: they have 256 bits, and a client's server sends the requests
// of all its users from one address.
var limitTokenGuesses = identity.Limit{Name: "token-guess", Count: 60, Period: time.Minute, Burst: 60}

// limitAnswers limits the authorization responses that a user gets by a session alone: each
// stores a grant and a code, and costs the user nothing. Responses after a sign-in do not
// count, since sign-in has limits of its own.
var limitAnswers = gcra.Limit{Rate: 600, Period: time.Minute, Burst: 600}

// maxAnswering bounds how many users are counted at once.
const maxAnswering = 1 << 14

// ErrTooManyCodes reports that a user got more answers than anybody needs.
var ErrTooManyCodes = fault.New(fault.TooMany, "too_many_codes", "There were too many sign-ins. Please wait.")

// mayAuthorize counts an answer by a session. The count is the instance's own: it bounds
// what is stored, and an authorization request must not ask Redis once more for it.
func (e *Engine) mayAuthorize(ctx context.Context, in *AuthorizeInput) error {
	if in.Last {
		return nil
	}
	whose := tenant.Must(ctx).ID.String() + " " + in.Session.UserID.String()
	wait := e.answers.Take(e.Now(), 1, gcra.Bucket{Key: whose, Limit: limitAnswers})
	if wait <= 0 {
		return nil
	}
	return ErrTooManyCodes.After(wait)
}

// guessed notes a code or refresh token that was never issued to the client, and returns
// err or that there were too many.
func (e *Engine) guessed(ctx context.Context, c *provider.Client, err error) error {
	wait := e.Limiter.Take(ctx, limitTokenGuesses.Networks(event.OriginFrom(ctx).IP, c.ClientID)...)
	if wait <= 0 {
		return err
	}
	return clientauth.TooMany(wait, err)
}
