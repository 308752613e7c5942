package admin

import (
	"cmp"
	"context"
	"time"

	"plinto/admin/api"
	"plinto/federation"
)

// saml returns what a request says of a provider of SAML, nil where it says nothing, and the entity id that its metadata names.
func (h *handlers) saml(p *api.ConnectionSAMLEdit) (made *federation.SAML, entityID string, err error) {
	texts := p.Metadata + p.SignOnURL + p.LogoutURL + p.LogoutResponseURL + p.MetadataURL
	bindings := p.SignOnBinding.IsSpecified() || p.LogoutBinding.IsSpecified() || p.MetadataTrust.IsSpecified()
	if texts == "" && p.Certificates == nil && p.MetadataCertificates == nil && !p.SignRequests.IsSpecified() && !bindings {
		return nil, "", nil
	}
	var s federation.SAML
	if p.Metadata != "" {
		if entityID, s, err = h.Services.Connections.ReadDescription([]byte(p.Metadata)); err != nil {
			return nil, "", err
		}
	}
	for to, value := range map[*string]string{&s.SignOnURL: p.SignOnURL, &s.LogoutURL: p.LogoutURL, &s.LogoutResponseURL: p.LogoutResponseURL, &s.MetadataURL: p.MetadataURL} {
		if value != "" {
			*to = value
		}
	}
	if p.Certificates != nil {
		s.Certificates = p.Certificates
	}
	if p.MetadataCertificates != nil {
		s.MetadataCertificates = p.MetadataCertificates
	}
	setText(&s.SignOnBinding, p.SignOnBinding)
	setText(&s.LogoutBinding, p.LogoutBinding)
	setText(&s.MetadataTrust, p.MetadataTrust)
	set(&s.SignRequests, p.SignRequests)
	return &s, entityID, nil
}

// shownSAML is what is known of a provider of SAML.
func shownSAML(c *federation.Connection) api.ConnectionSAML {
	s := c.Known(time.Now())
	out := api.ConnectionSAML{
		SignOnURL: s.SignOnURL, SignOnBinding: api.ConnectionSAMLSignOnBinding(cmp.Or(s.SignOnBinding, federation.BindingRedirect)),
		Certificates: append([]string{}, s.Certificates...), SignRequests: s.SignRequests, LogoutURL: s.LogoutURL, LogoutResponseURL: s.LogoutResponseURL,
	}
	if s.LogoutURL != "" {
		out.LogoutBinding = api.ConnectionSAMLLogoutBinding(cmp.Or(s.LogoutBinding, federation.BindingRedirect))
	}
	if !c.ReadsMetadata() {
		return out
	}
	source, st := &c.SAML.MetadataSource, &c.MetadataState
	out.MetadataURL, out.MetadataTrust, out.MetadataCertificates = source.MetadataURL, api.ConnectionSAMLMetadataTrust(source.MetadataTrust), source.MetadataCertificates
	out.MetadataState = api.ConnectionMetadataState{
		ReadAt: utc(st.ReadAt), DueAt: utc(c.MetadataDue), Problem: st.Problem, FailingSince: utc(st.FailedSince), RefusedCertificates: st.Refused,
	}
	if c.Metadata != nil {
		out.MetadataState.ValidUntil = utc(c.Metadata.ValidUntil)
	}
	return out
}

// RotateConnectionKey implements api.StrictServerInterface.
func (h *handlers) RotateConnectionKey(ctx context.Context, r api.RotateConnectionKeyRequestObject) (api.RotateConnectionKeyResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	keys, err := h.Services.Connections.RotateKey(ctx, c.ID, string(r.Body.Step))
	if err != nil {
		return nil, err
	}
	out := api.RotateConnectionKey200JSONResponse{Object: "connection_keys", Data: []api.ConnectionKey{}}
	for _, k := range keys {
		out.Data = append(out.Data, api.ConnectionKey{State: api.ConnectionKeyState(k.State), Sha256: k.Fingerprint, NotAfter: k.NotAfter.UTC()})
	}
	return out, nil
}
