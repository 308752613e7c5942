package app

import (
	"cmp"
	"net/http"
	"strconv"

	"plinto/internal/logs"
	"plinto/internal/tracing"
	"plinto/internal/web"
)

// traced begins the trace of each request, where requests are traced.
func (a *App) traced(next http.Handler) http.Handler {
	if a.cfg.Traces == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := a.cfg.Traces.Request(r.Context(), r.Header, a.cfg.Clients.Trusts(r))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// knownMethods are those that requests are called by in traces; a stranger may send any word.
var knownMethods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
	http.MethodOptions: true,
}

// tellSpan says in the span of a request what it was and how it was answered, as OpenTelemetry names things of HTTP.
// Which of its tenants, clients and users it was about is known only now.
func tellSpan(r *http.Request, answer web.Answer) {
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
}

// spanNames are how spans call the fields of a scope.
var spanNames = map[logs.Field]string{
	logs.RequestID: "plinto.request.id", logs.Tenant: "plinto.tenant", logs.ClientID: "plinto.client.id", logs.UserID: "user.id",
}
