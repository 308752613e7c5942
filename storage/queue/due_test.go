package queue

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// An upkeep that has nothing to do costs no job, and one that cannot say so comes.
func TestUpkeep_comesWhenItIsDue(t *testing.T) {
	t.Parallel()
	due := false
	jobs := map[string]*Upkeep{
		"always": {Name: "always"},
		"due":    {Name: "due", Due: func(context.Context) bool { return due }},
		"slow": {Name: "slow", Due: func(ctx context.Context) bool {
			end, bounded := ctx.Deadline()
			return !bounded || time.Until(end) > dueWait
		}},
	}
	for name, want := range map[string]bool{"always": true, "due": false, "slow": false} {
		if got := jobs[name].due(); got != want {
			t.Errorf("%s: due %v, want %v", name, got, want)
		}
	}
	if due = true; !jobs["due"].due() {
		t.Error("what became due does not come")
	}
}

// The queue says at each time that an upkeep had nothing to do: nobody reads that.
func TestWorker_doesNotLogWhatHasNothingToDo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(withoutSkips{slog.NewTextHandler(&out, nil)}).With("a", 1).WithGroup("g")
	log.Info("PeriodicJobEnqueuer: nil returned from periodic job constructor, skipping")
	if out.Len() > 0 {
		t.Errorf("it says %q", out.String())
	}
	if log.Info("other"); !strings.Contains(out.String(), "other") || !strings.Contains(out.String(), "a=1") {
		t.Errorf("it says %q", out.String())
	}
}
