package authorize

import (
	"context"
	"fmt"

	"plinto/internal/redirecturi"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/tenant"
	"plinto/ui"
)

// explain tells a developer why a request is not even answered to the client: what was
// sent beside what is registered, and the command that mends it.
func (h *Handler) explain(ctx context.Context, a *assembly.Result, params web.Form, refused *assembly.Refusal) *ui.Explanation {
	e := &ui.Explanation{Problem: "The request is refused: " + refused.Description + ".", Sent: browser.Sent(params)}
	switch {
	case refused.Code == "invalid_client" && len(refused.Sent) == 1:
		h.explainClient(ctx, e, refused.Sent[0], params.Get("redirect_uri"))
	case refused.Code == "invalid_redirect_uri" && a.Client != nil:
		h.explainRedirect(ctx, e, a.Client, refused.Sent)
	case refused.Code == "invalid_request_uri":
		e.Steps = []string{"A pushed request is good for a minute, for one answer, and for the client that pushed it. Push it again and use the new request_uri."}
	}
	return e
}

// mostClients is how many clients an explanation lists.
const mostClients = 10

// explainClient: nobody but a developer is told whether a client is disabled.
func (h *Handler) explainClient(ctx context.Context, e *ui.Explanation, id, redirect string) {
	t := tenant.Must(ctx)
	found, err := h.Clients.ByClientID(ctx, id)
	if err == nil {
		e.Problem = fmt.Sprintf("The client %s is disabled.", found.ClientID)
		e.Command = h.Browser.Command("client", "update", found.ClientID, "--tenant", t.Slug, "--disabled=false")
		return
	}
	e.Problem = fmt.Sprintf("The tenant %s (%s) has no client with the client_id that was sent.", t.Slug, t.Issuer)
	all, err := h.Clients.List(ctx, "", mostClients+1)
	if err != nil {
		return // the page is about something else
	}
	var ids []string
	for i := range all[:min(len(all), mostClients)] {
		ids = append(ids, all[i].ClientID)
	}
	e.Compared = ui.Compare(id, ids)
	if len(all) > mostClients {
		e.Steps = []string{fmt.Sprintf("These are the first %d; plinto client list shows all.", mostClients)}
	}
	policy := redirecturi.Policy{ApplicationType: provider.ApplicationWeb, AllowHTTPLoopback: true}
	if provider.CheckClientID(id) == nil && id[0] != '-' && redirecturi.Validate(redirect, policy) == nil {
		e.Steps = append(e.Steps, "If both the client_id and the redirect_uri are your app's, register it. Without a server of its own its type is spa or native.")
		e.Command = h.Browser.Command("client", "create", id, "--tenant", t.Slug, "--type", "web", "--redirect-uri", browser.Listed(redirect))
	}
}

func (h *Handler) explainRedirect(ctx context.Context, e *ui.Explanation, client *provider.Client, sent []string) {
	if len(sent) != 1 {
		e.Problem = fmt.Sprintf("The request holds %d redirect_uri parameters; it needs one.", len(sent))
		if len(client.RedirectURIs) > 0 {
			e.Steps = append([]string{"Registered are:"}, client.RedirectURIs...)
		}
		return
	}
	e.Problem = fmt.Sprintf("The redirect_uri is not one that the client %s has registered. Every byte counts.", client.ClientID)
	h.Browser.Unregistered(ctx, e, client, browser.Address{Sent: sent[0], Registered: client.RedirectURIs, Flag: "--redirect-uri"})
}
