package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/clientip"
	"plinto/internal/fault"
	"plinto/internal/gcra"
	"plinto/provider"
	"plinto/tenant"
)

// Limits of guessing, per client and network: a flood from one network is in nobody
// else's way. They count failures only.
var (
	// limitClientFailures is of secrets that people may have chosen.
	limitClientFailures = identity.Limit{Name: "client-auth", Count: 20, Period: time.Minute, Burst: 20}
	// limitTokenGuesses is of codes and refresh tokens, which have 256 bits: it refuses
	// nothing that is right, because a server has one address for all its users.
	limitTokenGuesses = identity.Limit{Name: "token-guess", Count: 60, Period: time.Minute, Burst: 60}
)

// throttled notes a failure and returns err, or that there were too many: an error
// with a kind of its own, which err is only a text in.
func (e *Engine) throttled(ctx context.Context, limit identity.Limit, clientID string, err error) error {
	wait := e.Limiter.Take(ctx, limit.Networks(event.OriginFrom(ctx).IP, clientID)...)
	if wait <= 0 {
		return err
	}
	return tooMany(wait, err)
}

// limitAnswers bounds how many answers a user gets to authorization requests by a session
// alone: each stores a grant and a code that need not be redeemed, and costs its user
// nothing. An answer that a password was typed for is paid for already.
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
	limited := *ErrTooManyCodes
	limited.RetryAfter = wait
	return &limited
}

// guesser is who pauses.
func guesser(ctx context.Context, clientID string) string {
	return clientID + " " + clientip.KeyOf(event.OriginFrom(ctx).IP)
}

func tooMany(wait time.Duration, cause error) error {
	limited := fault.New(fault.TooMany, "too_many_failures", "There were too many failures. Please wait.").With(errors.New(cause.Error()))
	limited.RetryAfter = wait
	return limited
}

// guessed notes a code or refresh token that was never issued to the client.
func (e *Engine) guessed(ctx context.Context, c *provider.Client, err error) error {
	return e.throttled(ctx, limitTokenGuesses, c.ClientID, err)
}

// failed notes that a client did not prove itself, and returns err or that there were
// too many failures. From then on client and address pause.
func (e *Engine) failed(ctx context.Context, clientID string, err error) error {
	wait := e.Limiter.Take(ctx, limitClientFailures.Networks(event.OriginFrom(ctx).IP, clientID)...)
	if wait <= 0 {
		return err
	}
	e.pauses.begin(tenant.Must(ctx).ID.String()+" "+guesser(ctx, clientID), e.Now(), wait)
	return tooMany(wait, err)
}

// paused returns the error of client and address while they pause. Right and wrong
// secrets are answered alike then: who guesses must not see a right one by another
// answer, which would make the limit one of wrong answers and not of guesses.
//
// Pauses are the instance's own, so that a client that knows its secret costs no
// question to anybody. Another instance pauses after the next failure that it sees.
func (e *Engine) paused(ctx context.Context, clientID string) error {
	if e.pauses.none() {
		return nil // nearly always
	}
	wait := e.pauses.left(tenant.Must(ctx).ID.String()+" "+guesser(ctx, clientID), e.Now())
	if wait <= 0 {
		return nil
	}
	return tooMany(wait, errPaused)
}

var errPaused = errors.New("paused")

// maxPauses bounds the memory of pauses.
const maxPauses = 1 << 14

// pauses are until when somebody has to wait.
type pauses struct {
	count atomic.Int64
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *pauses) none() bool { return p.count.Load() == 0 }

func (p *pauses) begin(who string, now time.Time, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	looked := 0
	for other, end := range p.until { // a few at a time: more than are begun
		if full := len(p.until) >= maxPauses; !end.After(now) || full {
			delete(p.until, other)
		}
		if looked++; looked == 4 {
			break
		}
	}
	p.until[who] = now.Add(wait)
	p.count.Store(int64(len(p.until)))
}

func (p *pauses) left(who string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	end, ok := p.until[who]
	if !ok {
		return 0
	}
	if end.After(now) {
		return end.Sub(now)
	}
	delete(p.until, who)
	p.count.Store(int64(len(p.until)))
	return 0
}
