package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/tenant"
)

func orgID(id uuid.UUID) string { return tid.Format(organization.Prefix, id) }

// ListDomains implements api.StrictServerInterface.
func (h *handlers) ListDomains(ctx context.Context, r api.ListDomainsRequestObject) (api.ListDomainsResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	p := r.Params
	listing := Listing{Name: "listDomains " + o.PublicID(), Limit: p.Limit, After: p.After, Before: p.Before, Order: ascending(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(d *domain.Domain) uuid.UUID { return d.ID }, func(ctx context.Context, w window) ([]domain.Domain, error) {
		return h.Services.Domains.List(ctx, o.ID, w)
	})
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, p.Count, "domains", o.ID, "")
	return api.ListDomains200JSONResponse{
		Object: "list", Data: each(found, showDomain(ctx)), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n,
	}, err
}

// AddDomain implements api.StrictServerInterface.
func (h *handlers) AddDomain(ctx context.Context, r api.AddDomainRequestObject) (api.AddDomainResponseObject, error) {
	org, err := organizationID(r.OrganizationID)
	if err != nil {
		return nil, err
	}
	d, err := h.Services.Domains.Add(ctx, org, r.Body.Domain)
	if err == nil {
		d, err = h.Services.Domains.ByID(ctx, org, d.ID)
	}
	if err != nil {
		return nil, err
	}
	return api.AddDomain201JSONResponse{Body: showDomain(ctx)(&d), Headers: api.AddDomain201ResponseHeaders{
		Location: base(ctx) + "/organizations/" + r.OrganizationID + "/domains/" + d.PublicID(),
	}}, nil
}

// onDomain calls do with the ids of an organization and a domain. An id that cannot be read does not exist.
func onDomain[T any](in, public string, do func(org, id uuid.UUID) (T, error)) (out T, err error) {
	org, err := organizationID(in)
	if err != nil {
		return out, err
	}
	id, err := tid.Parse(domain.Prefix, public)
	if err != nil {
		return out, domain.ErrNotFound
	}
	return do(org, id)
}

// GetDomain implements api.StrictServerInterface.
func (h *handlers) GetDomain(ctx context.Context, r api.GetDomainRequestObject) (api.GetDomainResponseObject, error) {
	d, err := onDomain(r.OrganizationID, r.DomainID, func(org, id uuid.UUID) (domain.Domain, error) { return h.Services.Domains.ByID(ctx, org, id) })
	if err != nil {
		return nil, err
	}
	return api.GetDomain200JSONResponse(showDomain(ctx)(&d)), nil
}

// VerifyDomain implements api.StrictServerInterface.
func (h *handlers) VerifyDomain(ctx context.Context, r api.VerifyDomainRequestObject) (api.VerifyDomainResponseObject, error) {
	verify := h.Services.Domains.Verify
	if r.Params.ValidateOnly {
		verify = h.Services.Domains.Try
	}
	d, err := onDomain(r.OrganizationID, r.DomainID, func(org, id uuid.UUID) (domain.Domain, error) { return verify(ctx, org, id) })
	if err != nil {
		return nil, err
	}
	return api.VerifyDomain200JSONResponse(showDomain(ctx)(&d)), nil
}

// RemoveDomain implements api.StrictServerInterface.
func (h *handlers) RemoveDomain(ctx context.Context, r api.RemoveDomainRequestObject) (api.RemoveDomainResponseObject, error) {
	return onDomain(r.OrganizationID, r.DomainID, func(org, id uuid.UUID) (api.RemoveDomainResponseObject, error) {
		if err := h.Services.Domains.Remove(ctx, org, id); err != nil {
			return nil, err
		}
		return api.RemoveDomain204Response{}, nil
	})
}

// showDomain returns how a tenant shows domains.
func showDomain(ctx context.Context) func(*domain.Domain) api.Domain {
	label := domain.Label(tenant.Must(ctx))
	return func(d *domain.Domain) api.Domain {
		out := api.Domain{
			Object: "domain", ID: d.PublicID(), OrganizationID: orgID(d.Organization), Domain: d.Name, State: "pending",
			Record: api.DomainRecord{Type: "TXT", Name: d.Record(label), Value: d.Token}, CreatedAt: d.CreatedAt.UTC(),
		}
		switch {
		case d.Verified() && d.Failures > 0:
			out.State = "failing"
		case d.Verified():
			out.State = "verified"
		}
		if d.Verified() {
			out.VerifiedAt = d.VerifiedAt.UTC()
		}
		if !d.CheckedAt.IsZero() {
			out.CheckedAt = d.CheckedAt.UTC()
		}
		return out
	}
}
