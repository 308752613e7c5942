package app

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/egress"
	"plinto/internal/web"
	"plinto/tenant"
)

// metrics counts requests by route and class of status. What no route fits is one route, "other", so that a stranger
// cannot make any number of series. Tenants are told apart where the operator named them.
type metrics struct {
	names    allowed
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec

	ofTenants, tokens           *prometheus.CounterVec
	tenantDuration              *prometheus.HistogramVec
	signIns, factors, factorSet *prometheus.CounterVec
	reused, requested           *prometheus.CounterVec
	issued                      series[tokenRequest, prometheus.Counter]
	answered                    series[answered, *answers]
}

// An answered is what requests are counted by. There are as many as routes, classes of status and tenants that have a name of their own.
type answered struct {
	route, tenant string
	class         int
}

// answers count the requests of one kind.
type answers struct {
	requests, ofTenant       prometheus.Counter
	duration, tenantDuration prometheus.Observer // those of tenants are nil where no tenant was named
}

// anyOther is the label of tenants, clients and whatever else is not on its list.
const anyOther = "other"

// durations are the upper bounds of what requests take, in seconds: a token takes a millisecond, a password fifty.
var durations = []float64{.001, .005, .01, .05, .1, .25, .5, 1}

// classes are those of answers; informational ones are none.
var classes = [...]string{2: "2xx", "3xx", "4xx", "5xx"}

func newMetrics(r prometheus.Registerer, names allowed) *metrics {
	m := &metrics{names: names}
	m.requests = counter(r, "plinto_http_requests_total", "Requests answered, by route template (`other`: none fits) and class of the status (`2xx` to `5xx`).", "route", "code")
	m.duration = histogram(r, "plinto_http_request_duration_seconds", "How long requests took, by route template.", "route")
	m.ofTenants = counter(r, "plinto_tenant_http_requests_total", "Requests answered by tenant and class of the status; only where PLINTO_METRICS_TENANTS names tenants. All others are `other`.", "tenant", "code")
	m.tenantDuration = histogram(r, "plinto_tenant_http_request_duration_seconds", "How long requests took, by tenant; only where PLINTO_METRICS_TENANTS names tenants.", "tenant")
	m.tokens = counter(r, "plinto_token_requests_total", "Requests of the token endpoint by tenant, client (both `other` unless they are named), grant, and outcome: `issued`, `refused` (the client's fault), `failed` (ours, or overload).", "tenant", "client", "grant", "outcome")
	m.signIns = counter(r, "plinto_sign_ins_total", "Proofs of who somebody is, by tenant, method, outcome (`success`, `failure`) and, of failures, the reason in the audit log.", "tenant", "method", "outcome", "reason")
	m.factors = counter(r, "plinto_factor_checks_total", "Second factors that were accepted or refused, by factor and outcome.", "factor", "outcome")
	m.factorSet = counter(r, "plinto_factor_changes_total", "Factors of users that were added or removed, by kind.", "factor", "change")
	m.reused = counter(r, "plinto_token_reuse_total", "Codes and refresh tokens that were presented again, which ended their grant.", "kind")
	m.requested = counter(r, "plinto_egress_requests_total", "Requests to servers of others, by purpose and outcome: the class of the status (`2xx`), or what kept it from being answered (`blocked`, `dns`, `tls`, `refused`, `timeout`, `connection`).", "kind", "outcome")
	for _, kind := range []string{"code", "refresh_token"} {
		m.reused.WithLabelValues(kind)
	}
	for _, kind := range egress.Kinds {
		m.requested.WithLabelValues(string(kind), "2xx")
	}
	return m
}

func counter(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func histogram(r prometheus.Registerer, name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: durations}, labels)
	r.MustRegister(h)
	return h
}

func (m *metrics) observe(_ *http.Request, a web.Answer) {
	route := a.Route
	if route == "" {
		route = web.NoRoute
	}
	class := min(max(a.Status/100, 2), len(classes)-1)
	into := m.answered.of(answered{route, m.names.tenant(a.Tenant), class}, m.answers)
	into.requests.Inc()
	into.duration.Observe(a.Took.Seconds())
	if into.ofTenant != nil {
		into.ofTenant.Inc()
		into.tenantDuration.Observe(a.Took.Seconds())
	}
}

func (m *metrics) answers(a answered) *answers {
	made := &answers{requests: m.requests.WithLabelValues(a.route, classes[a.class]), duration: m.duration.WithLabelValues(a.route)}
	if m.names.some() {
		made.ofTenant, made.tenantDuration = m.ofTenants.WithLabelValues(a.tenant, classes[a.class]), m.tenantDuration.WithLabelValues(a.tenant)
	}
	return made
}

// reached counts a request of ours.
func (m *metrics) reached(kind egress.Kind, outcome string) {
	m.requested.WithLabelValues(string(kind), outcome).Inc()
}

// MetricsMost is how many tenants, and how many clients, metrics tell apart at most: each has dozens of series.
const MetricsMost = 10

// allowed are the tenants and clients that have labels of their own.
type allowed struct {
	tenants map[string]bool // by slug
	clients map[string]bool // by slug/client_id
}

func newAllowed(tenants, clients []string) (a allowed) {
	a.tenants, a.clients = map[string]bool{}, map[string]bool{}
	for _, slug := range tenants {
		a.tenants[slug] = true
	}
	for _, client := range clients {
		a.clients[client] = true
	}
	return a
}

func (a *allowed) some() bool { return len(a.tenants) > 0 }

// tenant is the label of a tenant.
func (a *allowed) tenant(slug string) string {
	if slug == "" || !a.tenants[slug] {
		return anyOther
	}
	return slug
}

// client are the labels of a client. A client that is named has its tenant's name, whether or not that is named itself.
func (a *allowed) client(slug, clientID string) (tenant, client string) {
	if len(a.clients) > 0 && clientID != "" && a.clients[slug+"/"+clientID] {
		return slug, clientID
	}
	return a.tenant(slug), anyOther
}

// slug is that of the tenant of a context, or "".
func slug(ctx context.Context) string {
	t, err := tenant.From(ctx)
	if err != nil {
		return ""
	}
	return t.Slug
}
