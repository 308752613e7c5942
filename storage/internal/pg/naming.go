package pg

import (
	"context"

	"github.com/google/uuid"

	"plinto/tenant"
)

// NameTenant tells row-level security whose rows this transaction may see. It fails (isMoved) for a tenant that was
// moved away from this place: a process that has not heard of that must neither read nor write what is left. The
// question travels with the naming, and the table is empty or nearly so.
const NameTenant = `SELECT set_config('plinto.tenant',
	CASE WHEN EXISTS (SELECT FROM tenant_fences WHERE tenant = $1::text::uuid) THEN tenant_moved() ELSE $1 END, true)`

// Statements that name more besides.
const (
	// nameLazily is of a transaction whose commit waits for no disk.
	nameLazily = NameTenant + `, set_config('synchronous_commit', 'off', true)`
	// nameOrganization is of one that sees one organization of the tenant.
	nameOrganization       = NameTenant + `, set_config('plinto.organization', $2, true)`
	nameOrganizationLazily = NameTenant + `, set_config('plinto.organization', $2, true), set_config('synchronous_commit', 'off', true)`

	// These are the same through a pooler.
	nameTenantPooled             = NameTenant + pooledDurably
	nameLazilyPooled             = nameLazily + pooledSettings
	nameOrganizationPooled       = nameOrganization + pooledDurably
	nameOrganizationLazilyPooled = nameOrganizationLazily + pooledSettings
)

// A naming is how a transaction tells row-level security whose rows it sees.
type naming struct {
	sql          string
	tenant       tenant.ID
	organization uuid.UUID // uuid.Nil: every one
}

// namingOf is that of a transaction that begins in ctx.
func (db *DB) namingOf(ctx context.Context, t *tenant.Tenant) naming {
	direct, pooled := NameTenant, nameTenantPooled
	confined := tenant.Confined(ctx)
	lazy, _ := ctx.Value(lazyKey{}).(bool)
	switch {
	case lazy && confined != uuid.Nil:
		direct, pooled = nameOrganizationLazily, nameOrganizationLazilyPooled
	case confined != uuid.Nil:
		direct, pooled = nameOrganization, nameOrganizationPooled
	case lazy:
		direct, pooled = nameLazily, nameLazilyPooled
	}
	if db.pooler == Transaction {
		direct = pooled
	}
	return naming{direct, t.ID, confined}
}

func (n *naming) queue(b *batch) {
	if n.organization == uuid.Nil {
		b.queue(n.sql, n.tenant.String())
		return
	}
	b.queue(n.sql, n.tenant.String(), n.organization.String())
}
