package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"plinto/event"
	"plinto/event/explain"
	"plinto/event/refusal"
	"plinto/internal/web"
	"plinto/tenant"
)

// takeTrail has what a request of a tenant decided kept, so that it can be explained, and
// what it was refused recorded.
func (a *App) takeTrail(r *http.Request, t *tenant.Tenant) {
	noted := web.NotedTrail(r.Context())
	if noted == nil {
		return
	}
	a.trails.Take(explain.Trail{
		RequestID: web.RequestID(r.Context()), Tenant: t.ID, At: time.Now(), Method: r.Method, Route: web.Route(r),
		Status: noted.Status, Code: noted.Code, Detail: noted.Detail, Cause: noted.Cause, ClientID: noted.ClientID,
		Flow: noted.Flow, Decided: noted.Decided,
	})
	if noted.Code != "" {
		a.refusals.Take(refusal.Request{
			Tenant: t, Origin: event.OriginFrom(r.Context()), Path: r.URL.Path, Error: noted.Code, Detail: noted.Detail,
			ClientID: noted.ClientID, Known: noted.Known, Proved: noted.Proved, Method: noted.Method,
		})
	}
}

// Run keeps the app's background work going until ctx ends.
func (a *App) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { a.trails.Run(ctx) })
	all.Go(func() { a.refusals.Run(ctx) })
	err := a.cfg.Store.Run(ctx)
	all.Wait()
	return err
}
