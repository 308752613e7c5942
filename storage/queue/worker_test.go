package queue

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"plinto/tenant"
)

// An idle worker looks seldom: what is queued is announced.
func TestWorker_looksSeldomForJobsThatNobodyAnnounced(t *testing.T) {
	t.Parallel()
	queues := map[string]river.QueueConfig{}
	for lane, n := range workersOf {
		queues[lane] = river.QueueConfig{MaxWorkers: n}
	}
	c := workerConfig(river.NewWorkers(), queues, nil, Reports{Log: slog.New(slog.DiscardHandler)})
	if c.PollOnly || c.FetchPollInterval < 10*time.Second {
		t.Errorf("polls every %s, only so: %v; want at least 10 s beside announcements", c.FetchPollInterval, c.PollOnly)
	}
	for lane, q := range c.Queues {
		if q.FetchPollInterval != 0 {
			t.Errorf("lane %s polls every %s", lane, q.FetchPollInterval)
		}
	}
}

// A job that is put off, because its tenant has its workers busy, is not left until the lane
// looks by itself.
func TestLanes_wakeForWhatWasPutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(map[string]river.QueueConfig{"default": {MaxWorkers: 4}})
		var woken atomic.Int32
		l.wake = func(string) { woken.Add(1) }
		id := tenant.ID(uuid.New())
		leave, later := l.enter(id, "default")
		if later != nil {
			t.Fatal(later)
		}
		defer leave()
		off := func() {
			if _, later := l.enter(id, "default"); later == nil {
				t.Fatal("a second job of the tenant runs")
			}
		}
		off()
		time.Sleep(putOff) // of the bubble's clock
		off()
		off()
		if n := woken.Load(); n != 0 {
			t.Errorf("woken %d times before the first has waited", n)
		}
		time.Sleep(10 * putOff)
		if n := woken.Load(); n != 2 {
			t.Errorf("woken %d times, want one for the first and one for what was put off since", n)
		}
	})
}
