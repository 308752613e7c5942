package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"plinto/event/explain"
	"plinto/internal/web"
	"plinto/tenant"
)

// takeTrail has what a request of a tenant decided kept, so that it can be explained.
func (a *App) takeTrail(r *http.Request, t *tenant.Tenant) {
	told := web.Told(r.Context())
	if told == nil {
		return
	}
	a.trails.Take(explain.Trail{
		RequestID: web.RequestID(r.Context()), Tenant: t.ID, At: time.Now(), Method: r.Method, Route: web.Route(r),
		Status: told.Status, Code: told.Code, Detail: told.Detail, Cause: told.Cause, ClientID: told.ClientID,
		Flow: told.Flow, Decided: told.Decided,
	})
}

// Run keeps the app's background work going until ctx ends.
func (a *App) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { a.trails.Run(ctx) })
	err := a.cfg.Store.Run(ctx)
	all.Wait()
	return err
}
