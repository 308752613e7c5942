package clientauth

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
	"plinto/tenant"
)

// limitClientFailures bounds guessing of secrets that people may have chosen, per client
// and network: a flood from one network is in nobody else's way. It counts failures only.
var limitClientFailures = identity.Limit{Name: "client-auth", Count: 20, Period: time.Minute, Burst: 20}

// guesser is the key of a pause: client and network.
func guesser(ctx context.Context, clientID string) string {
	return clientID + " " + clientip.KeyOf(event.OriginFrom(ctx).IP)
}

// TooMany is the error after too many failures. It keeps the cause as text only, so that
// the cause's kind does not show.
func TooMany(wait time.Duration, cause error) error {
	return fault.New(fault.TooMany, "too_many_failures", "There were too many failures. Please wait.").With(errors.New(cause.Error())).After(wait)
}

// failed notes that a client did not prove itself, and returns err or that there were
// too many failures. From then on client and address pause.
func (a *Authenticator) failed(ctx context.Context, clientID string, err error) error {
	wait := a.Limiter.Take(ctx, limitClientFailures.Networks(event.OriginFrom(ctx).IP, clientID)...)
	if wait <= 0 {
		return err
	}
	a.pauses.begin(tenant.Must(ctx).ID.String()+" "+guesser(ctx, clientID), a.Now(), wait)
	return TooMany(wait, err)
}

// paused returns the error of a client and address that are paused. The right secret gets
// the same error as a wrong one; otherwise an attacker could go on guessing.
//
// Each instance keeps its own pauses, so that clients with the right secret cost no request
// to Redis. Another instance pauses after the next failure that it sees.
func (a *Authenticator) paused(ctx context.Context, clientID string) error {
	if a.pauses.none() {
		return nil // nearly always
	}
	wait := a.pauses.left(tenant.Must(ctx).ID.String()+" "+guesser(ctx, clientID), a.Now())
	if wait <= 0 {
		return nil
	}
	return TooMany(wait, errPaused)
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
