package admin

import (
	"context"
	"time"

	"github.com/oapi-codegen/nullable"

	"plinto/admin/api"
	"plinto/organization"
	"plinto/tenant"
)

// GetOrganizationPolicy implements api.StrictServerInterface.
func (h *handlers) GetOrganizationPolicy(ctx context.Context, r api.GetOrganizationPolicyRequestObject) (api.GetOrganizationPolicyResponseObject, error) {
	o, err := h.organization(ctx, r.OrganizationID)
	if err != nil {
		return nil, err
	}
	return api.GetOrganizationPolicy200JSONResponse{Body: shownPolicy(ctx, &o.Policy), Headers: api.GetOrganizationPolicy200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// UpdateOrganizationPolicy implements api.StrictServerInterface.
func (h *handlers) UpdateOrganizationPolicy(ctx context.Context, r api.UpdateOrganizationPolicyRequestObject) (api.UpdateOrganizationPolicyResponseObject, error) {
	id, err := organizationID(r.OrganizationID)
	if err != nil {
		return nil, err
	}
	_, err = h.Services.Organizations.EditPolicy(ctx, id, func(o *organization.Organization) error {
		if !matches(r.Params.IfMatch, o.Version) {
			return ErrPrecondition
		}
		editPolicy(&o.Policy, r.Body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	o, err := h.Services.Organizations.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.UpdateOrganizationPolicy200JSONResponse{Body: shownPolicy(ctx, &o.Policy), Headers: api.UpdateOrganizationPolicy200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// editPolicy applies a merge patch.
func editPolicy(p *organization.Policy, patch *api.OrganizationPolicyPatch) {
	mfa := api.OrganizationPolicyPatchMfa(p.MFA)
	set(&mfa, patch.Mfa)
	p.MFA = string(mfa)
	setSeconds(&p.SessionTTL, patch.SessionTTL)
	setSeconds(&p.SessionIdleTTL, patch.SessionIdleTTL)
	set(&p.EmailDomains, patch.EmailDomains)
	if patch.SignInMethods.IsSpecified() {
		p.SignInMethods = nil
		methods, _ := patch.SignInMethods.Get() // null clears
		for _, m := range methods {
			p.SignInMethods = append(p.SignInMethods, string(m))
		}
	}
}

// setSeconds is set of a time.
func setSeconds(to *tenant.Duration, member nullable.Nullable[int64]) {
	seconds := int64(time.Duration(*to).Seconds())
	if set(&seconds, member); member.IsSpecified() {
		*to = tenant.Duration(time.Duration(seconds) * time.Second)
	}
}

func shownPolicy(ctx context.Context, p *organization.Policy) api.OrganizationPolicy {
	e := organization.Effective(&tenant.Must(ctx).Settings, p)
	seconds := func(v organization.Value[time.Duration], configured tenant.Duration) api.PolicySeconds {
		return api.PolicySeconds{Configured: int64(time.Duration(configured).Seconds()), Value: int64(v.Value.Seconds()), Source: api.PolicySource(v.Source)}
	}
	list := func(v organization.Value[[]string], configured []string) api.PolicyTexts {
		return api.PolicyTexts{Configured: configured, Value: append([]string{}, v.Value...), Source: api.PolicySource(v.Source)}
	}
	return api.OrganizationPolicy{
		Object:          "organization_policy",
		Mfa:             api.PolicyText{Configured: p.MFA, Value: e.MFA.Value, Source: api.PolicySource(e.MFA.Source)},
		SessionTTL:      seconds(e.SessionTTL, p.SessionTTL),
		SessionIdleTTL:  seconds(e.SessionIdleTTL, p.SessionIdleTTL),
		RememberTTL:     seconds(e.RememberTTL, p.SessionTTL),
		RememberIdleTTL: seconds(e.RememberIdleTTL, p.SessionIdleTTL),
		SignInMethods:   list(e.SignInMethods, p.SignInMethods),
		EmailDomains:    list(e.EmailDomains, p.EmailDomains),
	}
}
