package admin

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/organization"
)

// organizationID reads an organization's id. An id that cannot be read does not exist.
func organizationID(public string) (uuid.UUID, error) {
	id, err := tid.Parse(organization.Prefix, public)
	if err != nil {
		return uuid.Nil, organization.ErrNotFound
	}
	return id, nil
}

func (h *handlers) organization(ctx context.Context, public string) (organization.Organization, error) {
	id, err := organizationID(public)
	if err != nil {
		return organization.Organization{}, err
	}
	return h.Services.Organizations.ByID(ctx, id)
}

// ascending is the order of lists that begin with the oldest.
func ascending[T ~string](asked T) string { return cmp.Or(string(asked), "asc") }

// ListOrganizations implements api.StrictServerInterface.
func (h *handlers) ListOrganizations(ctx context.Context, r api.ListOrganizationsRequestObject) (api.ListOrganizationsResponseObject, error) {
	p, s := r.Params, h.Services.Organizations
	find := func(ctx context.Context, w window) ([]organization.Organization, error) {
		return s.Page(ctx, p.Prefix, w)
	}
	if p.Slug != "" || p.ExternalID != "" {
		find = func(ctx context.Context, _ window) ([]organization.Organization, error) {
			return findOrganization(ctx, s, p.Slug, p.ExternalID)
		}
	}
	listing := Listing{Name: "listOrganizations", Filter: fmt.Sprintf("%q %q %q", p.Prefix, p.Slug, p.ExternalID), Limit: p.Limit, After: p.After, Before: p.Before, Order: ascending(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(o *organization.Organization) uuid.UUID { return o.ID }, find)
	if err != nil {
		return nil, err
	}
	out := api.ListOrganizations200JSONResponse{Object: "list", Data: each(found, shownOrganization), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous}
	if n := int64(len(found)); p.Count && (p.Slug != "" || p.ExternalID != "") {
		out.TotalCount = &n
		return out, nil
	}
	out.TotalCount, err = h.counted(ctx, p.Count, "organizations", uuid.Nil, p.Prefix)
	return out, err
}

// findOrganization finds the one organization that there can be.
func findOrganization(ctx context.Context, s *organization.Service, slug, external string) ([]organization.Organization, error) {
	var o organization.Organization
	var err error
	if slug != "" {
		o, err = s.BySlug(ctx, slug)
	} else {
		o, err = s.ByExternalID(ctx, external)
	}
	switch {
	case isNot(err, organization.ErrNotFound):
		return nil, err
	case err != nil, external != "" && o.ExternalID != external:
		return nil, nil //nolint:nilerr // there is none
	}
	return []organization.Organization{o}, nil
}

// CreateOrganization implements api.StrictServerInterface.
func (h *handlers) CreateOrganization(ctx context.Context, r api.CreateOrganizationRequestObject) (api.CreateOrganizationResponseObject, error) {
	made, err := h.createOrganization(ctx, (*api.OrganizationPatch)(r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateOrganization201JSONResponse{Body: shownOrganization(&made), Headers: api.CreateOrganization201ResponseHeaders{
		ETag: etag(made.Version), Location: base(ctx) + "/organizations/" + made.PublicID(),
	}}, nil
}

func (h *handlers) createOrganization(ctx context.Context, p *api.OrganizationPatch) (organization.Organization, error) {
	var o organization.Organization
	if err := editOrganization(&o, p); err != nil {
		return o, err
	}
	made, err := h.Services.Organizations.Create(ctx, o)
	if err != nil {
		return made, err
	}
	return h.Services.Organizations.ByID(ctx, made.ID)
}

// UpsertOrganization implements api.StrictServerInterface.
func (h *handlers) UpsertOrganization(ctx context.Context, r api.UpsertOrganizationRequestObject) (api.UpsertOrganizationResponseObject, error) {
	if id, err := r.Body.ExternalID.Get(); r.Body.ExternalID.IsSpecified() && (err != nil || id != r.Params.ExternalID) {
		return nil, ErrBody.At(fault.Field{Pointer: "/external_id", Message: "is not that of the address"})
	}
	found, err := h.Services.Organizations.ByExternalID(ctx, r.Params.ExternalID)
	if isNot(err, organization.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		o, err := h.editOrganization(ctx, found.ID, "", r.Body)
		if err != nil {
			return nil, err
		}
		return api.UpsertOrganization200JSONResponse{Body: shownOrganization(&o), Headers: api.UpsertOrganization200ResponseHeaders{ETag: etag(o.Version)}}, nil
	}
	r.Body.ExternalID.Set(r.Params.ExternalID)
	for pointer, given := range map[string]string{"/slug": r.Body.Slug, "/name": r.Body.Name} {
		if given == "" {
			return nil, ErrBody.At(fault.Field{Pointer: pointer, Message: "is needed for a new organization"})
		}
	}
	o, err := h.createOrganization(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	return api.UpsertOrganization201JSONResponse{Body: shownOrganization(&o), Headers: api.UpsertOrganization201ResponseHeaders{
		ETag: etag(o.Version), Location: base(ctx) + "/organizations/" + o.PublicID(),
	}}, nil
}

// GetOrganization implements api.StrictServerInterface.
func (h *handlers) GetOrganization(ctx context.Context, r api.GetOrganizationRequestObject) (api.GetOrganizationResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	return api.GetOrganization200JSONResponse{Body: shownOrganization(&o), Headers: api.GetOrganization200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// UpdateOrganization implements api.StrictServerInterface.
func (h *handlers) UpdateOrganization(ctx context.Context, r api.UpdateOrganizationRequestObject) (api.UpdateOrganizationResponseObject, error) {
	id, err := organizationID(r.OrganizationID)
	if err != nil {
		return nil, err
	}
	o, err := h.editOrganization(ctx, id, r.Params.IfMatch, r.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateOrganization200JSONResponse{Body: shownOrganization(&o), Headers: api.UpdateOrganization200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// editOrganization applies a merge patch while the organization has a version, and returns it as it is stored then.
func (h *handlers) editOrganization(ctx context.Context, id uuid.UUID, ifMatch string, p *api.OrganizationPatch) (organization.Organization, error) {
	var refused error
	_, err := h.Services.Organizations.UpdateByID(ctx, id, func(o *organization.Organization) {
		before := *o
		if refused = ErrPrecondition; matches(ifMatch, o.Version) {
			refused = editOrganization(o, p)
		}
		if refused != nil {
			*o = before // nothing to write
		}
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return organization.Organization{}, err
	}
	return h.Services.Organizations.ByID(ctx, id)
}

// DeleteOrganization implements api.StrictServerInterface.
func (h *handlers) DeleteOrganization(ctx context.Context, r api.DeleteOrganizationRequestObject) (api.DeleteOrganizationResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "organization", o.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if err := h.Services.Organizations.Delete(ctx, o.ID); err != nil {
		return nil, err
	}
	return api.DeleteOrganization204Response{}, nil
}

// SuspendOrganization implements api.StrictServerInterface.
func (h *handlers) SuspendOrganization(ctx context.Context, r api.SuspendOrganizationRequestObject) (api.SuspendOrganizationResponseObject, error) {
	o, err := h.switchOrganization(ctx, r.OrganizationID, h.Services.Organizations.Suspend)
	if err != nil {
		return nil, err
	}
	return api.SuspendOrganization200JSONResponse{Body: shownOrganization(&o), Headers: api.SuspendOrganization200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// ResumeOrganization implements api.StrictServerInterface.
func (h *handlers) ResumeOrganization(ctx context.Context, r api.ResumeOrganizationRequestObject) (api.ResumeOrganizationResponseObject, error) {
	o, err := h.switchOrganization(ctx, r.OrganizationID, h.Services.Organizations.Unsuspend)
	if err != nil {
		return nil, err
	}
	return api.ResumeOrganization200JSONResponse{Body: shownOrganization(&o), Headers: api.ResumeOrganization200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

func (h *handlers) switchOrganization(ctx context.Context, public string, do func(context.Context, uuid.UUID) error) (organization.Organization, error) {
	id, err := organizationID(public)
	if err != nil {
		return organization.Organization{}, err
	}
	if err := do(ctx, id); err != nil {
		return organization.Organization{}, err
	}
	return h.Services.Organizations.ByID(ctx, id)
}

// editOrganization applies a merge patch.
func editOrganization(o *organization.Organization, p *api.OrganizationPatch) (err error) {
	if p.Slug != "" {
		o.Slug = p.Slug
	}
	if p.Name != "" {
		o.Name = p.Name
	}
	set(&o.ExternalID, p.ExternalID)
	if o.PublicMetadata, err = mergeMetadata("/public_metadata", o.PublicMetadata, p.PublicMetadata); err != nil {
		return err
	}
	o.PrivateMetadata, err = mergeMetadata("/private_metadata", o.PrivateMetadata, p.PrivateMetadata)
	return err
}

func shownOrganization(o *organization.Organization) api.Organization {
	return api.Organization{
		Object: "organization", ID: o.PublicID(), Slug: o.Slug, Name: o.Name, ExternalID: o.ExternalID, Suspended: o.Suspended(),
		PublicMetadata: metadata(o.PublicMetadata), PrivateMetadata: metadata(o.PrivateMetadata), ManagedBy: o.ManagedBy, CreatedAt: o.CreatedAt.UTC(),
	}
}
