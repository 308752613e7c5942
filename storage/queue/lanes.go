package queue

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"plinto/event"
	"plinto/internal/gcra"
	"plinto/tenant"
)

// The queue works jobs off in the order of their priority, and within one in the order
// they came. So a tenant that queues many at once has later ones of a lower priority,
// and another's first one overtakes them.
var priorities = []gcra.Limit{
	{Rate: 2, Period: time.Second, Burst: 20},     // 1
	{Rate: 20, Period: time.Second, Burst: 200},   // 2
	{Rate: 200, Period: time.Second, Burst: 2000}, // 3; what is beyond is 4
}

// backlogs say which priority the next job of a tenant has. They count in the process:
// another instance that queues for the tenant starts anew.
type backlogs struct{ counts *gcra.Limiter }

// backlogKeys bounds the memory of backlogs, at three keys a lane of a tenant's.
const backlogKeys = 1 << 14

func newBacklogs() *backlogs { return &backlogs{gcra.New(backlogKeys)} }

func (b *backlogs) priority(id tenant.ID, lane string, now time.Time) int {
	for i, limit := range priorities {
		key := string(id[:]) + lane + string(rune('1'+i))
		if b.counts.Take(now, 1, gcra.Bucket{Key: key, Limit: limit}) == 0 {
			return i + 1
		}
	}
	return len(priorities) + 1
}

// lanes bound how many jobs of one tenant are worked at once in each lane of the queue:
// a quarter of its workers, so that a tenant whose clients or mails are slow leaves the
// others to those that are not.
type lanes struct {
	most map[string]int // by lane; none: no bound
	// wake has the workers of a lane look for jobs; nil: they do by themselves.
	wake func(lane string)

	mu   sync.Mutex
	busy map[tenantLane]int
	put  map[string]time.Time // lanes of which jobs are put off, and until when the last is
}

type tenantLane struct {
	id   tenant.ID
	lane string
}

func newLanes(queues map[string]river.QueueConfig) *lanes {
	l := &lanes{most: map[string]int{}, busy: map[tenantLane]int{}, put: map[string]time.Time{}}
	for lane, q := range queues {
		if lane == string(event.LaneWebhook) {
			continue // its handlers wait for each other within a tenant, and for nobody else
		}
		l.most[lane] = max(1, q.MaxWorkers/4)
	}
	return l
}

// putOff is how long a job waits at least whose tenant has no worker left, and half of how
// long at most.
const putOff = time.Second

// wakeLater has the lane woken when the jobs that are put off have waited. It is called with
// the lock.
func (l *lanes) wakeLater(lane string) {
	if l.wake == nil {
		return
	}
	_, armed := l.put[lane]
	l.put[lane] = time.Now().Add(2 * putOff)
	if !armed {
		time.AfterFunc(2*putOff, func() { l.waited(lane) })
	}
}

// waited wakes a lane, and once more for what was put off since.
func (l *lanes) waited(lane string) {
	l.mu.Lock()
	if left := time.Until(l.put[lane]); left > 0 {
		time.AfterFunc(left, func() { l.waited(lane) })
	} else {
		delete(l.put, lane)
	}
	l.mu.Unlock()
	l.wake(lane)
}

// enter takes one of the tenant's workers; leave gives it back. When all are busy it returns
// an error that makes the queue offer the job again later without counting an attempt.
func (l *lanes) enter(id tenant.ID, lane string) (leave func(), later error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := tenantLane{id, lane}
	if most, bounded := l.most[lane]; bounded && l.busy[k] >= most {
		l.wakeLater(lane)
		return nil, river.JobSnooze(putOff + rand.N(putOff)) //nolint:gosec // spread, not secret
	}
	l.busy[k]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.busy[k]--; l.busy[k] == 0 {
			delete(l.busy, k)
		}
	}, nil
}
