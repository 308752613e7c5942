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

	// hurriedly follows each of these in a transaction that others wait for. It takes far longer than those that
	// hold the rows of tokens, and hardly anybody notices it.
	hurriedly = `, set_config('lock_timeout', '20', true)`
)

// A naming is how a transaction tells row-level security whose rows it sees.
type naming struct {
	sql          string
	tenant       tenant.ID
	organization uuid.UUID // uuid.Nil: every one
	hurried      bool      // whether it waits for locks for a moment only
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
	return naming{sql: direct, tenant: t.ID, organization: confined}
}

func (n *naming) queue(b *batch) {
	sql := n.sql
	if n.hurried {
		sql += hurriedly
	}
	if n.organization == uuid.Nil {
		b.queue(sql, n.tenant.String())
		return
	}
	b.queue(sql, n.tenant.String(), n.organization.String())
}
