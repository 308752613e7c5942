package event

var tenantKinds = []kind{
	kindOf[TenantCreated](), kindOf[TenantUpdated](), kindOf[TenantDeleted](), kindOf[TenantDisabled](), kindOf[TenantEnabled](), kindOf[TenantMoved](),
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
