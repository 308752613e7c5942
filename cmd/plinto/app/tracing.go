package app

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"plinto/internal/logs"
	"plinto/internal/tracing"
	"plinto/internal/web"
)

// traced begins the trace of a request, which endSpan ends.
func (a *App) traced(ctx context.Context, r *http.Request) context.Context {
	ctx, _ = a.cfg.Traces.Request(ctx, r.Header, func() bool { return a.cfg.Clients.Trusts(r) })
	return ctx
}

// knownMethods are those that requests are called by in traces; a stranger may send any word.
var knownMethods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
	http.MethodOptions: true,
}

// endSpan says in the span of a request what it was and how it was answered, as OpenTelemetry names things of HTTP,
// and ends it. Which of its tenants, clients and users it was about is known only now.
func endSpan(r *http.Request, answer web.Answer) {
	span := tracing.Current(r.Context())
	if !span.Recording() {
		return
	}
	method := r.Method
	if !knownMethods[method] {
		method = "_OTHER"
	}
	route := cmp.Or(answer.Route, web.NoRoute)
	attrs := make([]tracing.Attr, 0, 8)
	attrs = append(attrs, tracing.String("http.request.method", method), tracing.String("http.route", route), tracing.Int("http.response.status_code", answer.Status))
	if scope := logs.Of(r.Context()); scope != nil {
		for field, name := range spanNames {
			if known := scope.Known(field); known != "" {
				attrs = append(attrs, tracing.String(name, known))
			}
		}
	}
	span.Rename(method + " " + route)
	span.Set(attrs...)
	if answer.Status >= http.StatusInternalServerError {
		span.Fail(strconv.Itoa(answer.Status))
	}
	span.End()
}

// spanNames are how spans call the fields of a scope.
var spanNames = map[logs.Field]string{
	logs.RequestID: "plinto.request.id", logs.Tenant: "plinto.tenant", logs.ClientID: "plinto.client.id", logs.UserID: "user.id",
}
