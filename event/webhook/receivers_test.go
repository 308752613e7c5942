package webhook_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/egress"
)

// sent makes an endpoint at a receiver and sends it one event.
func (w *world) sent(url string) (webhook.Endpoint, webhook.Delivery, []webhook.Attempt) {
	w.t.Helper()
	e, _ := w.endpoint(w.ctx, url, "user.enabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.drain(w.ctx, e)
	d, attempts := w.only(w.ctx, e)
	return e, d, attempts
}

// What a receiver answers decides what becomes of a delivery, and its tenant learns a class.
func TestReceiver_answersDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		state  webhook.State
		class  string
	}{
		"ok":            {status(http.StatusOK), webhook.Delivered, ""},
		"accepted":      {status(http.StatusAccepted), webhook.Delivered, ""},
		"redirecting":   {func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/elsewhere", http.StatusFound) }, webhook.Pending, "status"},
		"refusing":      {status(http.StatusBadRequest), webhook.Pending, "status"},
		"broken":        {status(http.StatusInternalServerError), webhook.Pending, "status"},
		"slow":          {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, webhook.Pending, "timeout"},
		"breaking off":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, webhook.Pending, "connection"},
		"hostile heads": {func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("X", strings.Repeat("x", 1<<20)) }, webhook.Pending, "connection"},
	} {
		r := w.receive(c.answer)
		e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
		w.drain(w.ctx, e)
		d, attempts := w.only(w.ctx, e)
		if d.State != c.state || len(attempts) != 1 || attempts[0].Error != c.class || d.Reason != c.class {
			t.Errorf("%s: got %s, %q, attempts %+v; want %s, %q", name, d.State, d.Reason, attempts, c.state, c.class)
		}
		if n := len(r.got); n != 1 {
			t.Errorf("%s: %d requests, want one: a redirect is not followed", name, n)
		}
		must(t, w.service.Delete(w.ctx, e.ID))
	}
}

func TestReceiver_isDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	r.Close()
	if _, d, attempts := w.sent(r.URL); d.State != webhook.Pending || attempts[0].Error != egress.ClassRefused {
		t.Errorf("got %+v, %+v", d, attempts)
	}
}

// Whatever a receiver answers, little of it is read, less is kept, and that can be shown.
func TestReceiver_answersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *egress.Options) { o.Timeout, o.HeaderTimeout = 30*time.Second, 30*time.Second })
	var written atomic.Int64
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("a\x00\xff<"), 1<<14)
		for range 64 << 20 / len(chunk) {
			n, err := rw.Write(chunk)
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	_, d, attempts := w.sent(r.URL)
	a := attempts[0]
	if d.State != webhook.Delivered || len(a.Answer) < 4000 || len(a.Answer) > 4<<10 || !a.Cut || !utf8.ValidString(a.Answer) || strings.Contains(a.Answer, "\x00") {
		t.Errorf("got %s, %d bytes, cut %v", d.State, len(a.Answer), a.Cut)
	}
	r.CloseClientConnections()
	if n := written.Load(); n > 32<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

// A receiver that drips holds its own place for the time of one request, and what it said
// first counts.
func TestReceiver_drips(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(func(rw http.ResponseWriter, req *http.Request) {
		for i := 0; req.Context().Err() == nil; i++ {
			fmt.Fprint(rw, "drip")
			rw.(http.Flusher).Flush()
			select {
			case <-req.Context().Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	_, d, attempts := w.sent(r.URL)
	if a := attempts[0]; d.State != webhook.Delivered || a.Latency > 5*time.Second || !a.Cut || !strings.HasPrefix(a.Answer, "drip") {
		t.Errorf("got %+v, %+v", d, a)
	}
}

// SSR-05: of what is not public nothing is requested, and what is said of it is always the same.
func TestReceiver_isNotReachedInOurNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *egress.Options) { o.AllowLoopback = false })
	r := w.receive(nil)
	for _, url := range []string{r.URL, "https://127.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1:443/", "https://[::1]/", "https://localhost/"} {
		e, _ := w.endpoint(w.ctx, url, "user.enabled")
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
		w.drain(w.ctx, e)
		d, attempts := w.only(w.ctx, e)
		if d.State != webhook.Pending || attempts[0].Error != egress.ClassBlocked || attempts[0].Answer != "" {
			t.Errorf("%s: got %+v, %+v", url, d, attempts)
		}
		must(t, w.service.Delete(w.ctx, e.ID))
	}
	if len(r.got) != 0 {
		t.Error("this machine was reached")
	}
}

func TestReceiver_thatIsGoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(status(http.StatusGone))
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	for range 40 {
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	}
	w.drain(w.ctx, e)
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	if stored.DisabledAt.IsZero() || stored.DisabledReason != webhook.Gone {
		t.Errorf("got %+v, want it disabled", stored)
	}
	first := len(r.got)
	w.later(time.Hour)
	w.drain(w.ctx, e)
	if len(r.got) != first || first > 32 {
		t.Errorf("%d requests after 410, then %d more", first, len(r.got)-first)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'webhook_endpoint.disabled' AND data ->> 'reason' = 'gone'`); n != 1 {
		t.Errorf("%d events of it, want one", n)
	}
}

// Attempts are farther and farther apart, for three days; then the endpoint is disabled.
func TestReceiver_thatFailsIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(status(http.StatusInternalServerError))
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	began := w.clock()
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	var waits []time.Duration
	for range 100 {
		w.drain(w.ctx, e)
		d, _ := w.only(w.ctx, e)
		if d.State != webhook.Pending {
			break
		}
		waits = append(waits, d.DueAt.Sub(w.clock()))
		w.later(d.DueAt.Sub(w.clock()))
	}
	d, attempts := w.only(w.ctx, e)
	lasted := w.clock().Sub(began)
	if d.State != webhook.Failed || d.Reason != "status" || lasted < 55*time.Hour || lasted > 72*time.Hour || len(attempts) < 10 || len(attempts) > 20 {
		t.Errorf("got %s after %s and %d attempts", d.State, lasted, len(attempts))
	}
	for i, want := range []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour} {
		if got := waits[i]; got < want*8/10 || got > want*12/10 {
			t.Errorf("wait %d: got %s, want about %s", i+1, got, want)
		}
	}
	w.later(20 * time.Hour)
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.drain(w.ctx, e)
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	if stored.DisabledReason != webhook.Failing {
		t.Errorf("got %q after three days without a success, want it disabled", stored.DisabledReason)
	}
}

// Webhooks that fail in between go on: only three days without any success end them.
func TestReceiver_thatFlapsIsNotDisabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var n atomic.Int64
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%3 != 0 {
			rw.WriteHeader(http.StatusBadGateway)
		}
	})
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	for range 12 {
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
		w.drain(w.ctx, e)
		w.later(12 * time.Hour)
	}
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	if !stored.DisabledAt.IsZero() {
		t.Errorf("disabled: %s", stored.DisabledReason)
	}
}

func TestReceiver_saysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for asked, want := range map[string]time.Duration{
		"600": 10 * time.Minute, "1": 5 * time.Second, "99999999": 12 * time.Hour, "-5": 5 * time.Second, "never": 5 * time.Second,
		w.clock().Add(time.Hour).UTC().Format(http.TimeFormat): time.Hour,
	} {
		r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", asked)
			rw.WriteHeader(http.StatusTooManyRequests)
		})
		e, d, _ := w.sent(r.URL)
		if got := d.DueAt.Sub(w.clock()); got < want*8/10-time.Second || got > want*12/10 {
			t.Errorf("Retry-After %s: due after %s, want %s", asked, got, want)
		}
		must(t, w.service.Delete(w.ctx, e.ID))
	}
}

// An endpoint that is down with very many waiting costs a few requests now and then.
func TestReceiver_thatIsDownIsProbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var up atomic.Bool
	r := w.receive(func(rw http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	for range 200 {
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	}
	w.drain(w.ctx, e)
	if n := len(r.got); n > 40 {
		t.Errorf("%d requests to an endpoint that fails", n)
	}
	first := len(r.got)
	if n := w.count(`SELECT count(*) FROM webhook_drains WHERE not_before > $1 AND wake_at >= not_before`, w.clock().Add(20*time.Second)); n != 1 {
		t.Error("it is not left alone")
	}
	w.later(31 * time.Second)
	w.drain(w.ctx, e)
	if n := len(r.got) - first; n != 2 {
		t.Errorf("%d requests as a probe, want 2", n)
	}
	up.Store(true)
	w.later(31 * time.Second)
	for range 20 {
		w.drain(w.ctx, e)
		w.later(time.Minute)
	}
	for _, d := range w.deliveries(w.ctx, e) {
		if d.State != webhook.Delivered {
			t.Errorf("got %+v", d)
			break
		}
	}
}
