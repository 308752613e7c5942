package admin

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"plinto/event/audit"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/account"
	"plinto/identity/addresses"
	"plinto/identity/bulk"
	"plinto/identity/passwords"
	"plinto/identity/recovery"
	"plinto/internal/fair"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/organization/domain"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/provider/keys"
	"plinto/tenant/registry"
)

// Services are what the handlers call.
type Services struct {
	APIKeys       *apikey.Service
	Organizations *organization.Service
	Invitations   *invitation.Service
	Domains       *domain.Service
	Users         identity.ManagedUsers
	Directory     *identity.Directory
	Links         *recovery.Links
	Account       *account.Service
	Passwords     *passwords.Service
	Resources     *provider.ResourceServerService
	Clients       *ClientService
	Consents      *provider.ConsentService
	Addresses     *addresses.Service
	Keys          *keys.Service
	Audit         *audit.Reader
	Feed          *audit.Feed
	Statistics    Statistics
	Webhooks      *webhook.Service
	Connections   *federation.Service
	SignIns       *federation.SignIns
	Realms        *federation.Realms
	Roles         *organization.RoleService
	Registry      *registry.Service
	Tenants       registry.Finder
	Bulk          *bulk.Service
	Rows          Rows
	Grants        provider.GrantsOfUsers
	GrantService  *grants.Service
}

// Rows are those that operations compare and count, of the tenant of ctx.
type Rows interface {
	// Lock returns the version of a row, which stays as it is until the transaction of ctx is over; 0 of
	// one that is not there. kind is "user", "organization", "role", "client", "resource_server" or
	// "webhook_endpoint".
	Lock(ctx context.Context, kind string, id uuid.UUID) (int64, error)
	// Count counts a list: "clients" (filter: their client_id), "resource_servers", "api_keys" (of a user
	// or uuid.Nil), "webhook_deliveries" (of an endpoint; filter: their state), "sessions", "grants" and
	// "user_organizations" (of a user), "organizations" (filter: how slug or name begins), "members", "domains"
	// and "invitations" (of an organization; filter: their state), "jobs".
	Count(ctx context.Context, list string, of uuid.UUID, filter string) (int64, error)
}

// unchanged refuses to go on unless a row has a version of an If-Match, "" for any, and keeps it as it
// is. Rights are locked before the row, in the order of the services that change rows by rights.
func (h *handlers) unchanged(ctx context.Context, kind string, id uuid.UUID, ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	if err := h.Services.Roles.Store.LockRights(ctx); err != nil {
		return err
	}
	version, err := h.Services.Rows.Lock(ctx, kind, id)
	if err != nil {
		return err
	}
	if !matches(ifMatch, version) {
		return ErrPrecondition
	}
	return nil
}

// counted counts a list when it was asked for.
func (h *handlers) counted(ctx context.Context, asked bool, list string, of uuid.UUID, filter string) (*int64, error) {
	if !asked {
		return nil, nil
	}
	n, err := h.Services.Rows.Count(ctx, list, of, filter)
	return &n, err
}

// handlers implement the operations of the contract, one file a resource.
type handlers struct {
	Dependencies
	files *fair.Queue // places of files that are received or sent
}

// ErrPrecondition reports an If-Match that is not what is stored (RFC 9110 §13.1.1).
var ErrPrecondition = fault.New(fault.Precondition, "precondition_failed", "Somebody has changed it since you read it. Read it again.")

// etag returns the ETag of a version.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// matches reports whether an If-Match, "" for none, is fulfilled by a version.
func matches(ifMatch string, version int64) bool {
	if ifMatch == "" || strings.TrimSpace(ifMatch) == "*" {
		return true
	}
	for tag := range strings.SplitSeq(ifMatch, ",") {
		if strings.TrimSpace(tag) == etag(version) {
			return true
		}
	}
	return false
}
