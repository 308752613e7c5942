package admin

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// ErrTenant reports a tenant that cannot be like that.
var ErrTenant = fault.New(fault.Invalid, "invalid_tenant", "The tenant is not valid.")

// ListTenants implements api.StrictServerInterface.
func (h *handlers) ListTenants(ctx context.Context, r api.ListTenantsRequestObject) (api.ListTenantsResponseObject, error) {
	p, filter := r.Params, registry.Filter{Slug: r.Params.Slug, Host: r.Params.Host, Prefix: r.Params.Prefix}
	listing := Listing{
		Name: "listTenants", Filter: fmt.Sprintf("%q %q %q", p.Slug, p.Host, p.Prefix), Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order),
	}
	found, page, err := list(ctx, h.Cursors, listing, func(t *tenant.Tenant) uuid.UUID { return uuid.UUID(t.ID) }, func(ctx context.Context, w window) ([]tenant.Tenant, error) {
		return h.Services.Tenants.Find(ctx, filter, w)
	})
	if err != nil {
		return nil, err
	}
	out := api.TenantList{Object: "list", Data: each(found, listedTenant), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous}
	if p.Count {
		n, err := h.Services.Tenants.Count(ctx, filter)
		if err != nil {
			return nil, err
		}
		out.TotalCount = &n
	}
	return api.ListTenants200JSONResponse(out), nil
}

// listedTenant is a tenant as lists show it.
func listedTenant(t *tenant.Tenant) api.Tenant {
	return api.Tenant{
		Object: "tenant", ID: t.PublicID(), Slug: t.Slug, Name: t.Name, Issuer: t.Issuer, Host: t.Host, Isolation: api.TenantIsolation(t.Placement.Isolation), Suspended: !t.DisabledAt.IsZero(), ManagedBy: t.ManagedBy, CreatedAt: t.CreatedAt.UTC(), Unreadable: t.Unreadable,
	}
}

// CreateTenant implements api.StrictServerInterface.
func (h *handlers) CreateTenant(ctx context.Context, r api.CreateTenantRequestObject) (api.CreateTenantResponseObject, error) {
	t := tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: r.Body.Slug, Name: r.Body.Slug, Placement: tenant.Placement{Isolation: cmp.Or(tenant.Isolation(r.Body.Isolation), tenant.Shared)}}
	if r.Params.ValidateOnly { // tables would not be rolled back
		t.Placement.Isolation = tenant.Shared
	}
	if err := editTenant(&t, &api.TenantPatch{Name: r.Body.Name, Host: r.Body.Host, Settings: r.Body.Settings}); err != nil {
		return nil, err
	}
	made, err := h.Services.Registry.Create(ctx, t)
	if err != nil {
		return nil, err
	}
	shown, err := h.changedTenant(ctx, made)
	if err != nil {
		return nil, err
	}
	if r.Body.Isolation != "" {
		shown.Isolation = api.TenantIsolation(r.Body.Isolation)
	}
	return api.CreateTenant201JSONResponse{Body: shown, Headers: api.CreateTenant201ResponseHeaders{
		ETag: etag(made.Version), Location: base(ctx) + "/tenants/" + made.Slug,
	}}, nil
}

// editTenant applies a merge patch.
func editTenant(t *tenant.Tenant, p *api.TenantPatch) error {
	if p.Name != "" {
		t.Name = p.Name
	}
	set(&t.Host, p.Host)
	if tenant.CheckHost(t.Host) != nil {
		return ErrTenant.At(fault.Field{Pointer: "/host", Message: "must be a lower-case host name with an optional port, without https://"})
	}
	if p.Settings == nil {
		return nil
	}
	return patchSettings(&t.Settings, p.Settings, "/settings")
}

// storedTenant finds a tenant by its slug or id, as it is stored.
func (h *handlers) storedTenant(ctx context.Context, name string) (*tenant.Tenant, error) {
	found, err := find(ctx, h.Tenants, name)
	if err != nil {
		return nil, err
	}
	t, err := h.Services.Registry.Tenants.Current(ctx, found.Slug)
	switch {
	case isNot(err, tenant.ErrUnknown):
		return nil, err
	case err != nil, t.ID != found.ID:
		return nil, ErrNoTenant
	}
	return t, nil
}

func tenantShown(t *tenant.Tenant) (api.Tenant, error) {
	shown := listedTenant(t)
	var err error
	shown.Settings, err = members(t.Settings)
	return shown, err
}

// changedTenant tells the log of the system tenant that a tenant was changed, in the transaction that
// changes it, and returns the tenant as the API shows it.
func (h *handlers) changedTenant(ctx context.Context, t *tenant.Tenant) (api.Tenant, error) {
	c := callerOf(ctx)
	err := tell(tenant.With(ctx, c.Home), h.Services.Registry.Outbox, callOf(ctx).op, t, c.Self)
	if err != nil {
		return api.Tenant{}, err
	}
	return tenantShown(t)
}

// GetTenant implements api.StrictServerInterface.
func (h *handlers) GetTenant(ctx context.Context, r api.GetTenantRequestObject) (api.GetTenantResponseObject, error) {
	t, err := h.storedTenant(ctx, r.Tenant)
	if err != nil {
		return nil, err
	}
	shown, err := tenantShown(t)
	if err != nil {
		return nil, err
	}
	return api.GetTenant200JSONResponse{Body: shown, Headers: api.GetTenant200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// UpdateTenant implements api.StrictServerInterface.
func (h *handlers) UpdateTenant(ctx context.Context, r api.UpdateTenantRequestObject) (api.UpdateTenantResponseObject, error) {
	t, shown, err := h.onTenant(ctx, r.Tenant, func(t *tenant.Tenant) error {
		return h.changeTenant(ctx, t.Slug, r.Params.IfMatch, func(t *tenant.Tenant) error { return editTenant(t, r.Body) })
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateTenant200JSONResponse{Body: shown, Headers: api.UpdateTenant200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// onTenant does something to a tenant and returns it as it is then.
func (h *handlers) onTenant(ctx context.Context, name string, do func(*tenant.Tenant) error) (*tenant.Tenant, api.Tenant, error) {
	t, err := h.storedTenant(ctx, name)
	if err != nil {
		return nil, api.Tenant{}, err
	}
	if err := do(t); err != nil {
		return nil, api.Tenant{}, err
	}
	if t, err = h.storedTenant(ctx, name); err != nil {
		return nil, api.Tenant{}, err
	}
	shown, err := h.changedTenant(ctx, t)
	return t, shown, err
}

// DeleteTenant implements api.StrictServerInterface.
func (h *handlers) DeleteTenant(ctx context.Context, r api.DeleteTenantRequestObject) (api.DeleteTenantResponseObject, error) {
	t, err := h.storedTenant(ctx, r.Tenant)
	if err != nil {
		return nil, err
	}
	if !matches(r.Params.IfMatch, t.Version) {
		return nil, ErrPrecondition
	}
	if r.Params.Confirm != t.Slug {
		return nil, ErrParameters.At(fault.Field{Parameter: "confirm", Message: "must be the slug of the tenant"})
	}
	if err := h.Services.Registry.Delete(ctx, t); err != nil {
		return nil, err
	}
	if _, err := h.changedTenant(ctx, t); err != nil {
		return nil, err
	}
	return api.DeleteTenant204Response{}, nil
}

// SuspendTenant implements api.StrictServerInterface.
func (h *handlers) SuspendTenant(ctx context.Context, r api.SuspendTenantRequestObject) (api.SuspendTenantResponseObject, error) {
	t, shown, err := h.onTenant(ctx, r.Tenant, func(t *tenant.Tenant) error {
		if t.Slug == tenant.SystemSlug {
			return registry.ErrSystem // whoever does this could not take it back
		}
		return h.Services.Registry.Disable(ctx, t.Slug)
	})
	if err != nil {
		return nil, err
	}
	return api.SuspendTenant200JSONResponse{Body: shown, Headers: api.SuspendTenant200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// ResumeTenant implements api.StrictServerInterface.
func (h *handlers) ResumeTenant(ctx context.Context, r api.ResumeTenantRequestObject) (api.ResumeTenantResponseObject, error) {
	t, shown, err := h.onTenant(ctx, r.Tenant, func(t *tenant.Tenant) error { return h.Services.Registry.Enable(ctx, t.Slug) })
	if err != nil {
		return nil, err
	}
	return api.ResumeTenant200JSONResponse{Body: shown, Headers: api.ResumeTenant200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// tell appends that an operation is done in a tenant, to the log of the tenant of ctx.
func tell(ctx context.Context, log event.Outbox, op *Operation, in *tenant.Tenant, by event.Actor) error {
	return log.Append(ctx, event.Event{
		Fact: event.ManagementActed{Tenant: in.Slug, Operation: op.ID}, Outcome: "success", Actor: by, Subject: in.Slug,
	})
}
