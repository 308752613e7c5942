package app

import (
	"context"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/event"
	"plinto/internal/egress"
	"plinto/internal/web"
)

// Reversed returns a server of the same parts with its areas in reverse order.
func (a *App) Reversed() (http.Handler, error) {
	all := slices.Clone(areas)
	slices.Reverse(all)
	reversed := *a
	var err error
	reversed.router, err = reversed.mount(all)
	return reversed.Handler(), err
}

// Observed is what is counted, for tests that count.
type Observed struct{ *metrics }

// Metrics are those of the server.
func (a *App) Metrics() Observed { return Observed{a.metrics} }

// Observe counts an answer.
func (o Observed) Observe(r *http.Request, a web.Answer) { o.observe(r, a) }

// Happened counts events.
func (o Observed) Happened(ctx context.Context, events []event.Event) { o.happened(ctx, events) }

// TokenAnswered counts a request of the token endpoint.
func (o Observed) TokenAnswered(ctx context.Context, grant string, err error) {
	o.tokenAnswered(ctx, grant, err)
}

// Reached counts a request of ours.
func (o Observed) Reached(kind egress.Kind, outcome string) { o.reached(kind, outcome) }

// Tokens is how often a token request with these labels was counted.
func (o Observed) Tokens(labels ...string) float64 {
	return testutil.ToFloat64(o.tokens.WithLabelValues(labels...))
}

// Methods are the reasons that have labels.
var Methods = methods

// Within is a context of a tenant, and AsClient one of a request that a client has proved itself in.
var (
	Within   = within
	AsClient = asClient
)
