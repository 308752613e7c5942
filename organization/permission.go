package organization

import (
	"regexp"
	"slices"
)

// A Permission is the right to do one kind of thing with one kind of resource, written
// resource:verb like users:read. Those of Permissions are rights in the management API, where
// each is a scope of access tokens too; any other is an application's own, which Plinto carries
// in tokens and does not look at.
type Permission string

// Rights in the management API.
const (
	TenantsRead             Permission = "tenants:read" // of the system tenant's callers only
	TenantsWrite            Permission = "tenants:write"
	UsersRead               Permission = "users:read"
	UsersWrite              Permission = "users:write"
	UsersImport             Permission = "users:import"
	UsersExport             Permission = "users:export"
	UsersExportPasswords    Permission = "users:export_passwords" // with the hashes of passwords
	SessionsRead            Permission = "sessions:read"
	SessionsWrite           Permission = "sessions:write"
	GrantsRead              Permission = "grants:read" // grants and consents
	GrantsWrite             Permission = "grants:write"
	OrganizationsRead       Permission = "organizations:read"
	OrganizationsWrite      Permission = "organizations:write"
	MembersRead             Permission = "members:read" // members and invitations
	MembersWrite            Permission = "members:write"
	DomainsRead             Permission = "domains:read"
	DomainsWrite            Permission = "domains:write"
	RolesRead               Permission = "roles:read"
	RolesWrite              Permission = "roles:write"
	ClientsRead             Permission = "clients:read"
	ClientsWrite            Permission = "clients:write"
	ResourceServersRead     Permission = "resource_servers:read"
	ResourceServersWrite    Permission = "resource_servers:write"
	KeysRead                Permission = "keys:read"
	KeysRotate              Permission = "keys:rotate"
	RegistrationTokensWrite Permission = "registration_tokens:write"
	APIKeysRead             Permission = "api_keys:read"
	APIKeysWrite            Permission = "api_keys:write"
	BrandingRead            Permission = "branding:read"
	BrandingWrite           Permission = "branding:write"
	EmailTemplatesRead      Permission = "email_templates:read"
	EmailTemplatesWrite     Permission = "email_templates:write"
	SettingsRead            Permission = "settings:read"
	SettingsWrite           Permission = "settings:write"
	AuditRead               Permission = "audit:read"
	EventsRead              Permission = "events:read"
	StatisticsRead          Permission = "statistics:read"
	WebhooksRead            Permission = "webhooks:read"
	WebhooksWrite           Permission = "webhooks:write"
	ConnectionsRead         Permission = "connections:read" // to identity providers
	ConnectionsWrite        Permission = "connections:write"
	ManifestsOverride       Permission = "manifests:override" // to change what a manifest declares
	JobsRead                Permission = "jobs:read"
	JobsWrite               Permission = "jobs:write"
)

// Permissions are all rights in the management API, in order of their resources.
var Permissions = []Permission{
	TenantsRead, TenantsWrite, UsersRead, UsersWrite, UsersImport, UsersExport, UsersExportPasswords, SessionsRead, SessionsWrite,
	GrantsRead, GrantsWrite, OrganizationsRead, OrganizationsWrite, MembersRead, MembersWrite, DomainsRead, DomainsWrite,
	RolesRead, RolesWrite, ClientsRead, ClientsWrite, ResourceServersRead, ResourceServersWrite, KeysRead, KeysRotate,
	RegistrationTokensWrite, APIKeysRead, APIKeysWrite, BrandingRead, BrandingWrite, EmailTemplatesRead, EmailTemplatesWrite,
	SettingsRead, SettingsWrite, AuditRead, EventsRead, StatisticsRead, WebhooksRead, WebhooksWrite, ConnectionsRead, ConnectionsWrite, ManifestsOverride, JobsRead, JobsWrite,
}

// OrganizationPermissions are the rights that a role of an organization can give: each holds in
// that organization alone.
var OrganizationPermissions = []Permission{
	OrganizationsRead, OrganizationsWrite, MembersRead, MembersWrite, DomainsRead, DomainsWrite, RolesRead,
	BrandingRead, BrandingWrite, AuditRead, ConnectionsRead, ConnectionsWrite,
}

// Manages reports whether p is a right in the management API, and none of an application.
func (p Permission) Manages() bool { return slices.Contains(Permissions, p) }

// OfSystem reports whether p is a right over other tenants, which callers of the system tenant have.
func (p Permission) OfSystem() bool { return p == TenantsRead || p == TenantsWrite }

// permissionForm is resource:verb, in characters that a scope may have (RFC 6749 §3.3).
var permissionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]{0,63}:[a-z0-9][a-z0-9._-]{0,63}$`)

func (p Permission) wellFormed() bool { return permissionForm.MatchString(string(p)) }
