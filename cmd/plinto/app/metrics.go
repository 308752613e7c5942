package app

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/operations"
	"plinto/internal/web"
)

// metrics counts requests by route and status: plinto_http_requests_total{route,code} and
// plinto_http_request_duration_seconds{route}. What no route fits is one route, "other",
// so that a stranger cannot make any number of series.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

const otherRoute = "other"

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plinto_http_request_duration_seconds", Help: "How long requests took, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route"}),
	}
	r.MustRegister(m.requests, m.duration)
	return m
}

func (m *metrics) observe(_ *http.Request, a web.Answer) {
	route := a.Route
	if route == "" {
		route = otherRoute
	}
	m.requests.WithLabelValues(route, strconv.Itoa(a.Status)).Inc()
	m.duration.WithLabelValues(route).Observe(a.Took.Seconds())
}

// operate adds what the server says of itself to the operations listener.
func (a *App) operate(o *operations.Operations) {
	a.metrics = newMetrics(o.Registry)
	a.cfg.Store.Register(o.Registry)
	o.Add(operations.Check{Name: "serving", Required: true, Run: a.health.serving})
	o.Add(operations.Check{Name: "postgres", Required: true, Run: a.health.check})
	o.Add(operations.Check{Name: "redis", Run: a.cfg.Store.RedisReady})
}
