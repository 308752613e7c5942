package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// register is RFC 7591 §3.
func (h *Handler) register(w http.ResponseWriter, r *http.Request) error {
	initial, err := h.admit(r)
	if err != nil {
		return err
	}
	doc, err := web.ParseJSON(r, web.MaxJSON)
	if err != nil {
		return err
	}
	asked := &request{doc: doc, vouched: initial != nil}
	metadata, err := h.metadata(r.Context(), asked)
	if err != nil {
		return err
	}
	t := tenant.Must(r.Context())
	client := provider.Client{ID: uuid.Must(uuid.NewV7()), Metadata: metadata, CreatedAt: h.Now()}
	client.ClientID = tid.Format(provider.ClientPrefix, client.ID)
	plain := h.Secrets.Make(t.ID, &client)
	token := secret.Token(provider.RegistrationTokenPrefix)
	made := &provider.Registration{Client: client, TokenHash: provider.RegistrationTokenHash(t.ID, token)}
	err = h.Registrar.Register(r.Context(), made, initial, t.Settings.Registration.Quota())
	if errors.Is(err, provider.ErrInitialTokenUnknown) {
		return h.guessed(r, err) // used up a moment ago
	}
	if err != nil {
		return err
	}
	return answer(w, t, http.StatusCreated, &client, plain, token)
}

// answer is the client information response (RFC 7591 §3.2.1, RFC 7592 §3). plain is
// a secret that was made just now, or "": it is told once. The registration access
// token is the one the client has.
func answer(w http.ResponseWriter, t *tenant.Tenant, status int, c *provider.Client, plain, token string) error {
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return err
	}
	doc := make(map[string]any, len(members)+6)
	for name, value := range members {
		doc[name] = value
	}
	doc["client_id"] = c.ClientID
	doc["client_id_issued_at"] = c.CreatedAt.Unix()
	doc["registration_client_uri"] = t.URL(paths.Register + "/" + url.PathEscape(c.ClientID))
	doc["registration_access_token"] = token
	if plain != "" {
		doc["client_secret"] = plain
		doc["client_secret_expires_at"] = 0 // never
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write client information: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}
