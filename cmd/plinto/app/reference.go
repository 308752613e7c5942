package app

import (
	"net/http"

	"plinto/internal/paths"
	"plinto/internal/web"
)

// docs is the reference of the management API.
type docs struct{ *parts }

func newDocs(p *parts) area { return docs{p} }

func (d docs) mount(r *router) {
	h := d.reference
	r.page(paths.ManagementDocs, d.drawn(h.Home))
	r.page(paths.ManagementDocs+"/openapi.json", web.PublicCORS(http.HandlerFunc(h.Document)), http.MethodOptions)
	r.page(paths.ManagementDocs+"/errors", d.drawn(h.Errors))
	r.page(paths.ManagementDocs+"/errors/{code}", d.drawn(h.Error))
	r.page(paths.ManagementDocs+"/{topic}", d.drawn(h.Topic))
}
