package manifest

import (
	"errors"
	"regexp"

	"plinto/internal/fault"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/tenant"
)

// domainLabel is one label of a DNS name, which may begin with an underscore (RFC 8552).
var domainLabel = regexp.MustCompile(`^_?[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$`)

func (v *validator) domainLabel(t *Tenant) {
	if label := t.Settings.DomainLabel; label != "" && !domainLabel.MatchString(label) {
		v.problems.at(t.At.find("settings.domain_label"), "must be one label of a DNS name, in lower case, such as _acme-challenge")
	}
}

// organizationFields checks what an organization says of itself.
func (v *validator) organizationFields(o *Organization) {
	if string(o.PublicMetadata) == "null" || string(o.PrivateMetadata) == "null" {
		v.problems.at(o.At.node, "metadata must be what JSON can say")
	}
	var declared organization.Organization
	o.write(&declared)
	declared.Slug = o.Slug
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
