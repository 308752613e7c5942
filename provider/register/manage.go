package register

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// read is RFC 7592 §2.1. Of the secret only a hash is kept: it is not shown again.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, id string) error {
	found, token, err := h.find(r, id)
	if err != nil {
		return err
	}
	return answer(w, tenant.Must(r.Context()), http.StatusOK, &found.Client, "", token)
}

// replace is RFC 7592 §2.2: what is not sent is not kept.
func (h *Handler) replace(w http.ResponseWriter, r *http.Request, id string) error {
	found, token, err := h.find(r, id)
	if err != nil {
		return err
	}
	client := found.Client
	if client.FirstParty {
		return &web.OAuthError{Code: "access_denied", Description: "the operator manages this client", Status: http.StatusForbidden}
	}
	doc, err := web.ParseJSON(r, web.MaxJSON)
	if err != nil {
		return err
	}
	t := tenant.Must(r.Context())
	if err := h.identified(t, &client, doc); err != nil {
		return err
	}
	wish := &request{doc: doc, before: &client, vouched: found.InitialToken != uuid.Nil}
	if client.Metadata, err = h.metadata(r.Context(), wish); err != nil {
		return err
	}
	plain := ""
	if !h.suits(&client) {
		plain = h.freshSecret(t, &client)
	}
	if err := h.Registrations.Update(r.Context(), client); err != nil {
		return h.guessed(r, err)
	}
	return answer(w, t, http.StatusOK, &client, plain, token)
}

// identified checks the members that say whose registration it is: the client's id
// must be there, its secret may be, what only the server says must not.
func (h *Handler) identified(t *tenant.Tenant, c *provider.Client, doc map[string]json.RawMessage) error {
	for _, name := range provider.IssuedMembers {
		if _, sent := doc[name]; sent {
			return invalid("must not contain " + name)
		}
	}
	var id, plain string
	if json.Unmarshal(doc["client_id"], &id) != nil || id != c.ClientID {
		return invalid("client_id must be that of the client")
	}
	if sent, ok := doc["client_secret"]; ok {
		if json.Unmarshal(sent, &plain) != nil || !h.Secrets.Matches(t.ID, c, plain, h.Now()) {
			return invalid("client_secret must be the current one, or be left out")
		}
	}
	return nil
}

// suits reports whether the secrets the client has are those its metadata need:
// none, any, or one that can be read again.
func (h *Handler) suits(c *provider.Client) bool {
	if !c.HasSecret() {
		return len(c.Secrets) == 0
	}
	if !c.NeedsReadableSecret() {
		return len(c.Secrets) > 0
	}
	return slices.ContainsFunc(c.Secrets, func(s provider.ClientSecret) bool { return s.Sealed != nil })
}

// remove is RFC 7592 §2.3.
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, id string) error {
	found, _, err := h.find(r, id)
	if err != nil {
		return err
	}
	if err := h.Registrations.Delete(r.Context(), found.Client); err != nil {
		return h.guessed(r, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
