package operations

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"plinto/internal/breaker"
)

// A Detail is the body of /health/detail.
type Detail struct {
	State string `json:"state"` // "ready" or "not_ready"
	Parts []Part `json:"parts"`
}

// A Part is something that the server needs or calls. It says nothing of what errors hold but their class.
type Part struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"`     // "check" or "breaker"
	Required bool      `json:"required"` // the server is not ready without it
	State    string    `json:"state"`    // of a check "ok" or "failing", of a breaker "closed", "half-open" or "open"
	Since    time.Time `json:"since"`    // of the state; of a check, when it was first asked and found so
	// Until is when it ends, of what does.
	Until *time.Time `json:"until,omitempty"`
	// LastError is the last one; nil: there was none since the start.
	LastError *breaker.Failure `json:"last_error,omitempty"`
}

// A memory is what the answers of checks were, and since when.
type memory struct {
	mu  sync.Mutex
	all map[string]Part
}

// note keeps what a check answered, and returns what is known of it.
func (m *memory) note(c *Check, err error, now time.Time) Part {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, seen := m.all[c.Name]
	state := "ok"
	if err != nil {
		state = "failing"
		p.LastError = &breaker.Failure{Class: breaker.Class(err), At: now.UTC()}
	}
	if !seen || p.State != state {
		p.Since = now.UTC()
	}
	p.Name, p.Kind, p.Required, p.State = c.Name, "check", c.Required, state
	if c.Until != nil {
		until := c.Until().UTC()
		p.Until = &until
	}
	if m.all == nil {
		m.all = map[string]Part{}
	}
	m.all[c.Name] = p
	return p
}

// look runs the checks. errs are what they returned, in their order.
func (o *Operations) look(ctx context.Context) (d Detail, errs []error) {
	ctx, cancel := context.WithTimeout(ctx, checkIn)
	defer cancel()
	d.State = "ready"
	for i := range o.checks {
		c := &o.checks[i]
		err := c.Run(ctx)
		if err != nil && c.Required {
			d.State = "not_ready"
		}
		d.Parts, errs = append(d.Parts, o.seen.note(c, err, time.Now())), append(errs, err)
	}
	return d, errs
}

// detail serves /health/detail: 200, or 503 when the server is not ready.
func (o *Operations) detail(w http.ResponseWriter, r *http.Request) {
	d, _ := o.look(r.Context())
	for _, b := range o.Breakers.All() {
		state, since := b.Since()
		d.Parts = append(d.Parts, Part{Name: b.Name(), Kind: "breaker", State: state, Since: since.UTC(), LastError: b.LastFailure()})
	}
	body, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // strings and times
	}
	status := http.StatusOK
	if d.State != "ready" {
		status = http.StatusServiceUnavailable
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone cannot be told
}
