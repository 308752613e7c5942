package manifest

import (
	"errors"

	"plinto/internal/fault"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/tenant"
)

// organizationFields checks what an organization says of itself.
func (v *validator) organizationFields(o *Organization) {
	if string(o.PublicMetadata) == "null" || string(o.PrivateMetadata) == "null" {
		v.problems.at(o.At.node, "metadata must be what JSON can say")
	}
	v.organizationBranding(o)
	var declared organization.Organization
	o.write(&declared)
	declared.Slug, declared.Branding = o.Slug, organization.Branding{}
	if err := declared.Check(); err != nil && !errors.Is(err, tenant.ErrSlug) {
		f, ok := fault.As(err)
		if !ok {
			v.problems.at(o.At.node, "%v", err)
			return
		}
		v.problems.at(o.At.node, "%s", f.Message)
	}
	seen := make(map[string]bool)
	for _, typed := range o.Domains {
		place := o.At.find("domains")
		name, err := domain.Normal(typed)
		if f, ok := fault.As(err); ok {
			v.problems.at(place, "%q: %s", typed, f.Message)
			continue
		}
		v.twice(seen, place, name, "the domain")
	}
}
