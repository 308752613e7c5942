package later

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunner_outlivesTheRequestAndEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		r, began := New(1), time.Now()
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "known"))
		var took time.Duration
		r.Do(ctx, time.Minute, func(ctx context.Context) {
			if ctx.Value(key{}) != "known" {
				t.Error("what the request knew is lost")
			}
			<-ctx.Done()
			took = time.Since(began)
		})
		cancel()
		r.Do(ctx, time.Minute, func(context.Context) { t.Error("more is done at once than there is room") })
		r.Wait()
		if took != time.Minute {
			t.Errorf("it ended after %s, want a minute", took)
		}
		again := false
		r.Do(ctx, time.Minute, func(context.Context) { again = true })
		if r.Wait(); !again {
			t.Error("there is no room any more")
		}
	})
}
