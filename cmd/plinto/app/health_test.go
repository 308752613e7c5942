package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// readyOr is ready, or not for a reason.
type readyOr struct{ err error }

func (r *readyOr) Ready(context.Context) error { return r.err }

func TestReady_logsWhyNotOnce(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	store := &readyOr{}
	h := &health{store: store, log: slog.New(slog.NewTextHandler(&logged, nil)), draining: new(atomic.Bool)}
	ask := func() int {
		h.checked = time.Time{} // as if a second had passed
		w := httptest.NewRecorder()
		h.ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return w.Code
	}
	for step, err := range []error{nil, errors.New("takes no writes"), errors.New("takes no writes"), nil, nil} {
		store.err = err
		if got, want := ask(), map[bool]int{true: 200, false: 503}[err == nil]; got != want {
			t.Errorf("step %d: got %d, want %d", step, got, want)
		}
	}
	said := logged.String()
	if strings.Count(said, "\n") != 2 || strings.Count(said, `msg="not ready" error="takes no writes"`) != 1 || strings.Count(said, "ready again") != 1 {
		t.Errorf("logged %s", said)
	}
}
