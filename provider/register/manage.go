package register

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

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
	_, token, err := h.find(r, id)
	if err != nil {
		return err
	}
	if err := h.change(r, id); err != nil {
		return err
	}
	doc, err := web.ParseJSON(r, web.MaxJSON)
	if err != nil {
		return err
	}
	t := tenant.Must(r.Context())
	client, plain, err := h.Registrar.Replace(r.Context(), id, provider.RegistrationTokenHash(t.ID, token),
		func(ctx context.Context, found *provider.Registration) (provider.Metadata, error) {
			if err := h.identified(t, &found.Client, doc); err != nil {
				return provider.Metadata{}, err
			}
			return h.metadata(ctx, &request{doc: doc, before: &found.Client, vouched: found.InitialToken != uuid.Nil})
		})
	if err != nil {
		return h.refused(r, err)
	}
	return answer(w, t, http.StatusOK, client, plain, token)
}

// refused answers a change that the client may not make.
func (h *Handler) refused(r *http.Request, err error) error {
	if errors.Is(err, provider.ErrOperators) {
		return &web.OAuthError{Code: "access_denied", Description: "the operator manages this client", Status: http.StatusForbidden, Cause: err}
	}
	return h.guessed(r, err)
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

// remove is RFC 7592 §2.3.
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, id string) error {
	_, token, err := h.find(r, id)
	if err != nil {
		return err
	}
	hash := provider.RegistrationTokenHash(tenant.Must(r.Context()).ID, token)
	if err := h.Registrar.Unregister(r.Context(), id, hash); err != nil {
		return h.refused(r, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
