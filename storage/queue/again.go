package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Times of jobs that are offered again.
const (
	// againAtOnce is up to when the queue itself puts a job back among those that are offered, and tells nobody
	// (the interval of River's scheduler, which announces what comes later).
	againAtOnce = 5 * time.Second
	// firstRetry is how long a job waits that failed for the first time, at most (river.DefaultClientRetryPolicy).
	// Later ones wait for longer than againAtOnce.
	firstRetry = 1100 * time.Millisecond
	// againTogether is how far apart lanes are woken at most for jobs that come back one after the other.
	againTogether = 250 * time.Millisecond
)

// again is a middleware that has lanes look for jobs which come back soon: nobody announces those, and
// lanes look by themselves only once in a while (pollEvery).
type again struct {
	river.MiddlewareDefaults
	wake func(lane string)

	mu    sync.Mutex
	armed map[laneAt]struct{}
}

// A laneAt is a lane, and when it is woken, in parts of againTogether since 1970.
type laneAt struct {
	lane string
	at   int64
}

func newAgain(wake func(lane string)) *again {
	return &again{wake: wake, armed: map[laneAt]struct{}{}}
}

// Work implements rivertype.WorkerMiddleware.
func (a *again) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) (err error) {
	err = errPanicked
	defer func() {
		if wait, soon := backIn(job, err); soon {
			a.later(job.Queue, wait)
		}
	}()
	return do(ctx)
}

var errPanicked = errors.New("the job panicked")

// backIn returns when a job is offered again, if that is soon.
func backIn(job *rivertype.JobRow, err error) (wait time.Duration, soon bool) {
	var snoozed *rivertype.JobSnoozeError
	switch {
	case err == nil:
		return 0, false
	case errors.As(err, &snoozed):
		return snoozed.Duration, snoozed.Duration <= againAtOnce
	}
	return firstRetry, job.Attempt == 1
}

// later has a lane woken after some time, once for all jobs that come back about then.
func (a *again) later(lane string, wait time.Duration) {
	now := time.Now()
	key := laneAt{lane, now.Add(wait).UnixNano()/int64(againTogether) + 1}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.armed[key]; ok {
		return
	}
	a.armed[key] = struct{}{}
	time.AfterFunc(time.Unix(0, key.at*int64(againTogether)).Sub(now), func() {
		a.mu.Lock()
		delete(a.armed, key)
		a.mu.Unlock()
		a.wake(lane)
	})
}
