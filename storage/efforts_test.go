package storage

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// PWD-28: of many who use an effort at once one does.
func TestEfforts_areSpentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	efforts, until := &Efforts{w.db}, time.Now().Add(time.Minute)
	var firsts atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			first, err := efforts.Spend(w.ctx(), []byte("hash"), until)
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	all.Wait()
	if firsts.Load() != 1 {
		t.Errorf("%d were the first", firsts.Load())
	}
}
