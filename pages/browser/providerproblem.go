package browser

import (
	"net/http"

	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// IdentityProblem answers who connects an account at an identity provider on their account pages with what went wrong, in our words. name
// is what the provider is called, or "".
func (b *Browser) IdentityProblem(w http.ResponseWriter, r *http.Request, err error, name string) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	web.TrailOf(r.Context()).Refuse(web.StatusOf(err), f.Code, err.Error())
	_, seconds := Wait(w, err)
	return web.Render(w, r, web.StatusOf(err), ui.ProviderProblem(ui.ProviderProblemView{
		Page: b.Page(w, r, nil), Code: f.Code, Name: name, RetryAfter: seconds, Back: tenant.Must(r.Context()).Path + paths.AccountIdentities, Account: true,
	}))
}
