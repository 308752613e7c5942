package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// What fails first, panics or is put off for a moment is offered again without anybody announcing it.
func TestAgain_wakesForWhatComesBackSoon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attempt int
		err     error
		panics  bool
		after   time.Duration // 0: nobody is woken
	}{
		"done":              {attempt: 1},
		"failed first":      {attempt: 1, err: errors.New("away"), after: firstRetry},
		"failed again":      {attempt: 2, err: errors.New("away")},
		"panicked":          {attempt: 1, panics: true, after: firstRetry},
		"put off":           {attempt: 7, err: river.JobSnooze(3 * time.Second), after: 3 * time.Second},
		"put off for later": {attempt: 1, err: river.JobSnooze(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var woken atomic.Int32
				a := newAgain(func(string) { woken.Add(1) })
				for range 3 {
					func() {
						defer func() { _ = recover() }()
						_ = a.Work(t.Context(), &rivertype.JobRow{Queue: "default", Attempt: c.attempt}, func(context.Context) error {
							if c.panics {
								panic("bug")
							}
							return c.err
						})
					}()
				}
				time.Sleep(c.after) // of the bubble's clock
				if c.after > 0 && woken.Load() != 0 {
					t.Error("woken before the job is offered")
				}
				time.Sleep(againTogether)
				synctest.Wait()
				if n := woken.Load(); (n == 1) != (c.after > 0) {
					t.Errorf("woken %d times", n)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}
