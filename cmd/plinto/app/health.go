package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"plinto/internal/operations"
	"plinto/internal/paths"
)

// A readiness says whether the server's stores can serve.
type readiness interface {
	Ready(ctx context.Context) error
}

// health says how the server is: at /livez, /readyz and /version, and to the operations
// listener.
type health struct {
	store    readiness
	log      *slog.Logger
	draining *atomic.Bool

	mu      sync.Mutex
	checked time.Time
	err     error
}

const (
	// readyFor is how long an answer of the database counts, so that probes cost it nothing.
	readyFor = time.Second
	readyIn  = 2 * time.Second
)

func newHealth(p *parts) area {
	h := &health{store: p.cfg.Store, log: slog.Default(), draining: &p.draining}
	o := p.cfg.Operations
	o.Add(operations.Check{Name: "serving", Required: true, Run: h.serving})
	o.Add(operations.Check{Name: "postgres", Required: true, Run: h.check})
	o.Add(operations.Check{Name: "redis", Run: p.cfg.Store.RedisReady})
	return h
}

func (h *health) mount(r *router) {
	r.always(paths.Live, h.live)
	r.always(paths.Ready, h.ready)
	r.always(paths.Version, h.version)
}

// live says that the process answers. It does not check the database: a restart of the
// process would not repair that.
func (h *health) live(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

// ready says whether requests can be served. It gives no details: they are in the log.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.draining.Load():
		say(w, http.StatusServiceUnavailable, "draining")
	case h.check(r.Context()) != nil:
		say(w, http.StatusServiceUnavailable, "unavailable")
	default:
		say(w, http.StatusOK, "ok")
	}
}

// errDraining reports a server that is about to stop.
var errDraining = errors.New("draining")

// serving returns errDraining once the server is about to stop.
func (h *health) serving(context.Context) error {
	if h.draining.Load() {
		return errDraining
	}
	return nil
}

func (h *health) check(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.checked) < readyFor {
		return h.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyIn)
	defer cancel()
	err := h.store.Ready(ctx)
	h.logChange(ctx, err)
	h.err, h.checked = err, time.Now()
	return err
}

// logChange logs when readiness changes, not at every probe.
func (h *health) logChange(ctx context.Context, err error) {
	switch {
	case err != nil && h.err == nil:
		h.log.WarnContext(ctx, "not ready", "error", err)
	case err == nil && h.err != nil:
		h.log.InfoContext(ctx, "ready again")
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"status":"` + text + `"}`)) // a client that is gone cannot be told
}

// Version is what a build knows of itself.
type Version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
}

// ReadVersion reads it from the binary.
func ReadVersion() Version {
	v := Version{Version: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version, v.Go = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}

func (h *health) version(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(ReadVersion())
	if err != nil {
		panic(err) // three strings
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that is gone cannot be told
}
