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
		RequestID: web.RequestID(r.Context()), Tenant: t.ID, At: time.Now(), Method: web.Method(r), Route: web.Route(r),
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

// longestHost bounds what is kept of a host that a stranger made up, in bytes: it is as long as a name with a port may be.
const longestHost = 253 + len(":65535")

// takeStranger has a request to a host or path of no tenant kept, so that who shows its id is told why nobody answered.
// Of the path, which may be anything, only the slug of a tenant is kept.
func (a *App) takeStranger(r *http.Request, slug string) {
	host := r.Host[:min(len(r.Host), longestHost)]
	cause := "no tenant answers on the host " + host
	if slug != "" && tenant.CheckSlug(slug) == nil {
		cause = "no tenant answers at " + tenant.PathPrefix + slug + " on the host " + host
	}
	a.trails.Take(explain.Trail{
		RequestID: web.RequestID(r.Context()), At: time.Now(), Method: web.Method(r), Route: "of no tenant",
		Status: http.StatusNotFound, Code: tenant.ErrUnknown.Code, Cause: cause,
	})
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
