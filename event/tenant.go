package event

import "time"

var tenantKinds = []kind{
	kindOf[TenantCreated](), kindOf[TenantUpdated](), kindOf[TenantDeleted](), kindOf[TenantDisabled](), kindOf[TenantEnabled](), kindOf[TenantMoved](),
	kindOf[TenantBackedUp](), kindOf[TenantRestored](),
}

// TenantCreated records a new tenant.
type TenantCreated struct{}

// Type implements Fact.
func (TenantCreated) Type() Type { return "tenant.created" }

// TenantUpdated records which members of a tenant changed.
type TenantUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (TenantUpdated) Type() Type { return "tenant.updated" }

// TenantDeleted records that a tenant is gone, with everything in it.
type TenantDeleted struct{}

// Type implements Fact.
func (TenantDeleted) Type() Type { return "tenant.deleted" }

// TenantDisabled records that a tenant answers nobody; everything that was granted is over.
type TenantDisabled struct{}

// Type implements Fact.
func (TenantDisabled) Type() Type { return "tenant.disabled" }

// TenantEnabled records that a tenant answers again.
type TenantEnabled struct{}

// Type implements Fact.
func (TenantEnabled) Type() Type { return "tenant.enabled" }

// TenantMoved records that the data of a tenant are elsewhere: from and to are shared, schema or database.
type TenantMoved struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Type implements Fact.
func (TenantMoved) Type() Type { return "tenant.moved" }

// TenantBackedUp records that somebody makes a backup of the tenant, with everything in it.
type TenantBackedUp struct{}

// Type implements Fact.
func (TenantBackedUp) Type() Type { return "tenant.backed_up" }

// EndsNothing implements Harmless.
func (TenantBackedUp) EndsNothing() {}

// TenantRestored records that the tenant was put back to an earlier time: what happened since is not known any more.
type TenantRestored struct {
	BackupAt   time.Time `json:"backup_at,omitzero"` // when the backup was made; none: its database was put back
	KeptTokens bool      `json:"kept_tokens"`        // whether sessions and tokens of then live on
}

// Type implements Fact.
func (TenantRestored) Type() Type { return "tenant.restored" }
