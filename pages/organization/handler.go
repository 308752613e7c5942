package organization

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/ui"
)

// A Handler serves the choice of an organization.
type Handler struct {
	Dispatcher *dispatch.Dispatcher
}

// A choice is what there is to choose from.
type choice struct {
	client  *provider.Client
	session *identity.Session
	from    []provider.Membership
}

// at returns what there is to choose from while the flow is at the step; otherwise it goes where the flow
// is, and returns nil.
func (h *Handler) at(ctx context.Context, v *browser.Visit) (*choice, error) {
	session, err := v.Session()
	if err != nil {
		return nil, err
	}
	client, err := v.Client(ctx)
	if err != nil {
		return nil, err
	}
	from, asks, err := h.Dispatcher.AsksOrganization(ctx, v.Flow, client, session)
	if err != nil {
		return nil, err
	}
	if !asks {
		return nil, v.Return()
	}
	return &choice{client, session, from}, nil
}

// View serves GET /login/organization.
func (h *Handler) View(ctx context.Context, v *browser.Visit) error {
	c, err := h.at(ctx, v)
	if c == nil {
		return err
	}
	user, err := v.User(ctx, c.session)
	if err != nil {
		return err
	}
	view := ui.OrganizationChooserView{
		Page: v.Page(), Client: browser.ClientView(c.client), Flow: v.Flow.Handle(), CSRF: v.Flow.CSRF,
		User: browser.UserLabel(&user), Without: mayGoWithout(v.Flow, c.client),
	}
	for i := range c.from {
		m := &c.from[i]
		view.Organizations = append(view.Organizations, ui.Organization{ID: m.PublicID(), Name: m.Name, Suspended: m.Suspended})
	}
	return v.Render(http.StatusOK, ui.OrganizationChooser(view))
}

// Submit serves POST /login/organization. What was posted counts only if it could be chosen.
func (h *Handler) Submit(ctx context.Context, v *browser.Visit) error {
	if left, err := v.Leaves(); left {
		return err
	}
	c, err := h.at(ctx, v)
	if c == nil {
		return err
	}
	if v.Form.Get("action") == "without" && mayGoWithout(v.Flow, c.client) {
		v.Flow.PickOrganization(c.session.UserID, uuid.Nil)
	}
	for i := range c.from {
		if m := &c.from[i]; !m.Suspended && m.PublicID() == v.Form.Get("organization") {
			v.Flow.PickOrganization(c.session.UserID, m.ID)
		}
	}
	return v.Return()
}

func mayGoWithout(f *provider.Flow, c *provider.Client) bool {
	return f.Request.Organization == "" && c.Organization == provider.OrganizationOptional
}
