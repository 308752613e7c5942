package admin

import (
	"plinto/admin/api"
	"plinto/federation"
)

// saml returns what a request says of a provider of SAML, nil where it says nothing, and the entity id that its metadata names.
func (h *handlers) saml(p api.ConnectionSAMLEdit) (made *federation.SAML, entityID string, err error) {
	if p.Metadata == "" && p.SignOnURL == "" && p.Certificates == nil && !p.SignRequests.IsSpecified() {
		return nil, "", nil
	}
	var s federation.SAML
	if p.Metadata != "" {
		if entityID, s, err = h.Services.Connections.ReadDescription([]byte(p.Metadata)); err != nil {
			return nil, "", err
		}
	}
	if p.SignOnURL != "" {
		s.SignOnURL = p.SignOnURL
	}
	if p.Certificates != nil {
		s.Certificates = p.Certificates
	}
	set(&s.SignRequests, p.SignRequests)
	return &s, entityID, nil
}
