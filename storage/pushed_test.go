package storage

import (
	"errors"
	"testing"
	"time"

	"plinto/storage/internal/pg"

	"github.com/google/uuid"

	"plinto/provider"
)

// PAR-04: a user who takes longer than the request waits finds it cleaned up, and gets
// one answer all the same; whoever else has it open gets none.
func TestPushedRequest_isSpentOnceAlsoWhenItIsCleanedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pushed, client := newPushedRequests(w.db), w.client()
	for name, end := range map[string]string{"waits": `now() + interval '1 minute'`, "is cleaned up": `now() - interval '1 second'`} {
		hash := random()
		must(t, pushed.Push(w.ctx(), hash, provider.PushedRequest{ClientID: client, Request: provider.Request{State: "long"}}, time.Minute))
		w.sql(`UPDATE pushed_requests SET expires_at = `+end+` WHERE hash = $1`, hash)
		must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
		won := 0
		for _, err := range parallel(8, func(int) error { return pushed.Spend(w.ctx(), client, hash) }) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, provider.ErrPushedUnknown):
				t.Fatal(err)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d of 8 spent it, want 1", name, won)
		}
		if n := w.count(`SELECT count(*) FROM pushed_requests WHERE hash = $1 AND request <> '{}'`, hash); n != 0 {
			t.Errorf("%s: the request is kept although it is spent", name)
		}
		if n := w.count(`SELECT count(*) FROM pushed_requests WHERE hash = $1 AND expires_at > now() + interval '30 minutes'`, hash); n != 1 {
			t.Errorf("%s: that it is spent is not kept while flows last", name)
		}
		if _, err := pushed.Find(w.ctx(), hash); !errors.Is(err, provider.ErrPushedUnknown) {
			t.Errorf("%s: found after it was spent: %v", name, err)
		}
	}
	if err := pushed.Spend(w.ctx(), uuid.New(), random()); !errors.Is(err, provider.ErrPushedUnknown) {
		t.Errorf("of a client that is gone: got %v, want ErrPushedUnknown", err)
	}
}
