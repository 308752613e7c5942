// Package operations serves what the tools of an operator ask, on a listener of its own
// that is never the public one: whether the process lives, whether it is ready and why
// not, its metrics, and profiles where they are asked for.
package operations

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plinto/internal/breaker"
)

// A Check asks whether something works that requests need.
type Check struct {
	Name string
	// Required says that the server is not ready without it. Others are only told.
	Required bool
	Run      func(ctx context.Context) error // nil: it works
	// Until is when what is checked ends, such as a certificate; nil: it does not.
	Until func() time.Time
}

// checkIn bounds all checks of one answer.
const checkIn = 3 * time.Second

// Operations is what areas add their metrics, breakers and checks to.
type Operations struct {
	Registry *Registry
	Breakers *breaker.Set
	// Profiles has Handler serve /debug/pprof/.
	Profiles bool
	checks   []Check
	seen     memory
}

// New returns Operations with the metrics of the process and of the Go runtime.
func New() *Operations {
	r := NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return &Operations{Registry: r, Breakers: breaker.NewSet(r)}
}

// Add adds a check. It is not for use while Handler serves.
func (o *Operations) Add(c Check) { o.checks = append(o.checks, c) }

// Handler serves GET /livez, /readyz (with ?verbose every check and breaker), /health/detail (the same as JSON) and
// /metrics (Prometheus text format, OpenMetrics where it is asked for).
func (o *Operations) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok\n") })
	m.HandleFunc("GET /readyz", o.ready)
	m.HandleFunc("GET /health/detail", o.detail)
	m.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{Registry: o.Registry, EnableOpenMetrics: true}))
	pages := "Plinto, for operators: /livez /readyz?verbose /health/detail /metrics"
	if o.Profiles {
		profiles(m)
		pages += " /debug/pprof/"
	}
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, pages+"\n") })
	return m
}

func (o *Operations) ready(w http.ResponseWriter, r *http.Request) {
	found, errs := o.look(r.Context())
	var details strings.Builder
	status, verdict := http.StatusOK, "ready"
	if found.State != "ready" {
		status, verdict = http.StatusServiceUnavailable, "not ready"
	}
	for i, c := range found.Parts {
		switch err := errs[i]; {
		case err == nil:
			fmt.Fprintf(&details, "[+] %s: ok\n", c.Name)
		case c.Required:
			fmt.Fprintf(&details, "[-] %s: %v\n", c.Name, err)
		default:
			fmt.Fprintf(&details, "[!] %s: %v (the server goes on)\n", c.Name, err)
		}
	}
	for _, b := range o.Breakers.All() {
		fmt.Fprintf(&details, "[%s] breaker %s: %s\n", map[bool]string{true: "+", false: "!"}[b.State() == "closed"], b.Name(), b.State())
	}
	if !r.URL.Query().Has("verbose") {
		details.Reset()
	}
	text(w, status, details.String()+verdict+"\n")
}

func text(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a client that is gone cannot be told
}
