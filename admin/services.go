package admin

import (
	"strconv"
	"strings"

	"plinto/event/audit"
	"plinto/event/webhook"
	"plinto/identity"
	"plinto/identity/account"
	"plinto/identity/addresses"
	"plinto/identity/bulk"
	"plinto/identity/recovery"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/organization/domain"
	"plinto/organization/invitation"
	"plinto/provider"
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
	Resources     *provider.ResourceServerService
	Clients       *ClientService
	Consents      *provider.ConsentService
	Addresses     *addresses.Service
	Keys          *keys.Service
	Audit         *audit.Reader
	Feed          *audit.Feed
	Statistics    Statistics
	Webhooks      *webhook.Service
	Roles         *organization.RoleService
	Registry      *registry.Service
	Tenants       registry.Finder
	Bulk          *bulk.Service
}

// handlers implement the operations of the contract, one file a resource.
type handlers struct{ Dependencies }

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
