package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/tenant"
)

// A ClientService is what the clients of a tenant are managed by.
type ClientService struct {
	Managed   provider.ManagedClients
	Registrar *provider.Registrar
	Resources provider.ResourceServers
	// VerifySector reads sector_identifier_uri: provider.VerifySector.
	VerifySector func(ctx context.Context, m *provider.Metadata) error
	// Loopback: the installation reaches this machine, for development.
	Loopback bool
	// Ours reports whether Plinto answers on a host.
	Ours func(ctx context.Context, host string) (bool, error)
}

// ListClients implements api.StrictServerInterface.
func (h *handlers) ListClients(ctx context.Context, r api.ListClientsRequestObject) (api.ListClientsResponseObject, error) {
	p := r.Params
	listing := Listing{Name: "listClients", Filter: p.ClientID, Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(c *provider.Client) uuid.UUID { return c.ID }, func(ctx context.Context, w window) ([]provider.Client, error) {
		return h.Services.Clients.Managed.Find(ctx, p.ClientID, w)
	})
	if err != nil {
		return nil, err
	}
	shown := make([]api.OAuthClient, 0, len(found))
	for i := range found {
		c, err := client(&found[i])
		if err != nil {
			return nil, err
		}
		shown = append(shown, c)
	}
	n, err := h.counted(ctx, p.Count, "clients", uuid.Nil, p.ClientID)
	if err != nil {
		return nil, err
	}
	return api.ListClients200JSONResponse{Object: "list", Data: shown, HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n}, nil
}

// CreateClient implements api.StrictServerInterface.
func (h *handlers) CreateClient(ctx context.Context, r api.CreateClientRequestObject) (api.CreateClientResponseObject, error) {
	c := newClient(*r.Body)
	if err := h.declare(ctx, &c, *r.Body); err != nil {
		return nil, err
	}
	if err := checkSector(ctx, nil, &c.Metadata); err != nil {
		return nil, err
	}
	secret := h.Services.Clients.Registrar.Secrets.Make(tenant.Must(ctx).ID, &c)
	if err := h.Services.Clients.Registrar.Create(ctx, c); err != nil {
		return nil, err
	}
	stored, shown, err := h.shownClient(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if secret != "" {
		shown["client_secret"] = secret
	}
	if err := h.warn(ctx, stored, shown); err != nil {
		return nil, err
	}
	return api.CreateClient201JSONResponse{Body: shown, Headers: api.CreateClient201ResponseHeaders{
		ETag: etag(stored.Version), Location: base(ctx) + "/clients/" + stored.PublicID(),
	}}, nil
}

// newClient takes the client_id out of what is declared.
func newClient(declared map[string]any) provider.Client {
	c := provider.Client{ID: uuid.Must(uuid.NewV7())}
	c.ClientID = c.PublicID()
	if chosen, ok := declared["client_id"].(string); ok {
		c.ClientID = chosen
	}
	delete(declared, "client_id")
	return c
}

// declare merges a patch into a client (RFC 7396) and checks the result.
func (h *handlers) declare(ctx context.Context, c *provider.Client, patch map[string]any) error {
	if first, given := patch["first_party"]; given {
		c.FirstParty, _ = first.(bool)
		delete(patch, "first_party")
	}
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return err
	}
	now := map[string]any{}
	if err := recode(members, &now); err != nil {
		return err
	}
	merge(now, patch)
	members = map[string]json.RawMessage{}
	if err := recode(now, &members); err != nil {
		return err
	}
	m, _ := provider.DecodeMetadata(members)
	ours, err := m.HostsOf(ctx, h.Services.Clients.Ours)
	if err != nil {
		return err
	}
	return c.Declare(members, h.rules(ctx, ours))
}

// rules are who declares clients. Callers of the system tenant are operators. Other administrators
// declare what operators do, but no addresses inside the installation's network.
func (h *handlers) rules(ctx context.Context, ours []string) provider.Rules {
	operator := callerOf(ctx).Home != nil || tenant.Must(ctx).Slug == tenant.SystemSlug
	return provider.Rules{Operator: true, Outside: !operator, Loopback: h.Services.Clients.Loopback, IssuerHosts: ours}
}

// recode writes a value as JSON and reads it as another type.
func recode(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// storedClient finds a client by the id that the API has for it.
func (h *handlers) storedClient(ctx context.Context, public string) (*provider.Client, error) {
	id, err := tid.Parse(provider.ClientPrefix, public)
	if err != nil {
		return nil, provider.ErrClientNotFound
	}
	return h.Services.Clients.Managed.ByID(ctx, id)
}

// shownClient returns a client as it is stored and as the API shows it.
func (h *handlers) shownClient(ctx context.Context, id uuid.UUID) (*provider.Client, api.OAuthClient, error) {
	c, err := h.Services.Clients.Managed.ByID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	shown, err := client(c)
	return c, shown, err
}

// GetClient implements api.StrictServerInterface.
func (h *handlers) GetClient(ctx context.Context, r api.GetClientRequestObject) (api.GetClientResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err == nil && c.Unreadable != "" {
		err = provider.ErrClientUnreadable
	}
	if err != nil {
		return nil, err
	}
	shown, err := client(c)
	if err != nil {
		return nil, err
	}
	return api.GetClient200JSONResponse{Body: shown, Headers: api.GetClient200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// UpdateClient implements api.StrictServerInterface.
func (h *handlers) UpdateClient(ctx context.Context, r api.UpdateClientRequestObject) (api.UpdateClientResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	_, err = h.Services.Clients.Registrar.Update(ctx, c.ClientID, func(c *provider.Client) error {
		if !matches(r.Params.IfMatch, c.Version) {
			return ErrPrecondition
		}
		before := *c
		patch := map[string]any{} // a second try starts from what was sent
		if err := recode(*r.Body, &patch); err != nil {
			return err
		}
		if err := h.declare(ctx, c, patch); err != nil {
			return err
		}
		return checkSector(ctx, &before, &c.Metadata)
	})
	if err != nil {
		return nil, err
	}
	now, shown, err := h.shownClient(ctx, c.ID)
	if err == nil {
		err = h.warn(ctx, now, shown)
	}
	if err != nil {
		return nil, err
	}
	return api.UpdateClient200JSONResponse{Body: shown, Headers: api.UpdateClient200ResponseHeaders{ETag: etag(now.Version)}}, nil
}

// DeleteClient implements api.StrictServerInterface.
func (h *handlers) DeleteClient(ctx context.Context, r api.DeleteClientRequestObject) (api.DeleteClientResponseObject, error) {
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "client", c.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if err := h.Services.Clients.Registrar.Delete(ctx, c.ClientID); err != nil {
		return nil, err
	}
	return api.DeleteClient204Response{}, nil
}

// warn says what is odd about a client that was just written.
func (h *handlers) warn(ctx context.Context, c *provider.Client, shown api.OAuthClient) error {
	servers, err := h.Services.Clients.Resources.All(ctx)
	if err != nil {
		return fmt.Errorf("list resource servers: %w", err)
	}
	if found := provider.UnknownScopes(c.Metadata, servers); len(found) > 0 {
		shown["warnings"] = each(found, func(p *provider.Problem) map[string]string {
			return map[string]string{"member": p.Member, "message": p.Message}
		})
	}
	return nil
}

// client is a client as the API shows it: nothing of it is secret.
func client(c *provider.Client) (api.OAuthClient, error) {
	shown := map[string]any{}
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return nil, err
	}
	for name, value := range members {
		shown[name] = value
	}
	shown["object"], shown["id"], shown["client_id"] = "client", c.PublicID(), c.ClientID
	shown["first_party"], shown["disabled"], shown["self_registered"] = c.FirstParty, !c.DisabledAt.IsZero(), c.SelfRegistered
	if c.ManagedBy != "" {
		shown["managed_by"] = c.ManagedBy
	}
	if c.Unreadable != "" {
		shown["unreadable"] = "metadata"
	}
	shown["created_at"], shown["updated_at"] = c.CreatedAt.UTC().Format(time.RFC3339Nano), c.UpdatedAt.UTC().Format(time.RFC3339Nano)
	return shown, nil
}
