package egress

import (
	"context"
	"net/http"
	"strconv"

	"plinto/internal/tracing"
)

// span begins the span of a request. It names the host and nothing else of the URL: paths and queries of webhooks
// and key sets are often what their owners call secret.
func (c *Caller) span(ctx context.Context, r *http.Request) (context.Context, tracing.Span) {
	ctx, span := tracing.Start(ctx, r.Method, tracing.Client)
	if span.Recording() {
		span.Set(tracing.String("http.request.method", r.Method), tracing.String("server.address", r.URL.Hostname()), tracing.String("plinto.egress.kind", string(c.by.Kind)))
		if port, err := strconv.Atoi(r.URL.Port()); err == nil {
			span.Set(tracing.Int("server.port", port))
		}
	}
	return ctx, span
}

// answered says in a span how a request was answered.
func answered(span tracing.Span, res *http.Response, err error) {
	switch {
	case !span.Recording():
	case err != nil:
		span.Fail(Class(err))
	default:
		span.Set(tracing.Int("http.response.status_code", res.StatusCode))
		if res.StatusCode >= http.StatusBadRequest {
			span.Fail(strconv.Itoa(res.StatusCode))
		}
	}
}
