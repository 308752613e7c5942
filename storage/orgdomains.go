package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

// OrganizationDomains implements domain.Domains.
type OrganizationDomains struct{ *DB }

const domainColumns = `id, organization_id, domain, token, created_at, verified_at, checked_at, failures`

func toDomain(row pgx.CollectableRow) (d domain.Domain, err error) {
	var verified, checked *time.Time
	err = row.Scan(&d.ID, &d.Organization, &d.Name, &d.Token, &d.CreatedAt, &verified, &checked, &d.Failures)
	if verified != nil {
		d.VerifiedAt = *verified
	}
	if checked != nil {
		d.CheckedAt = *checked
	}
	return d, err
}

// Add implements domain.Domains. The row of the organization is locked, so that of many who add
// domains at once no more find room than there is.
func (s *OrganizationDomains) Add(ctx context.Context, d domain.Domain, limit int) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		_, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT id FROM organizations WHERE id = $1 FOR UPDATE`, d.Organization)
		if err != nil {
			return pg.Absent(err, organization.ErrNotFound)
		}
		n, err := pg.One(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM organization_domains WHERE organization_id = $1`, d.Organization)
		switch {
		case err != nil:
			return err
		case n >= limit:
			return domain.ErrTooMany
		}
		added, err := pg.Exec(ctx, s.DB, `
			INSERT INTO organization_domains (id, organization_id, domain, token) VALUES ($1, $2, $3, $4)
			ON CONFLICT ON CONSTRAINT organization_domains_domain_key DO NOTHING`, d.ID, d.Organization, d.Name, d.Token)
		if err == nil && added == 0 {
			err = domain.ErrHeld
		}
		return err
	})
	return pg.Wrap("add domain", err)
}

// ByID implements domain.Domains.
func (s *OrganizationDomains) ByID(ctx context.Context, org, id uuid.UUID) (domain.Domain, error) {
	d, err := pg.One(ctx, s.DB, toDomain, `SELECT `+domainColumns+` FROM organization_domains WHERE organization_id = $1 AND id = $2`, org, id)
	return d, pg.Wrap("find domain", pg.Absent(err, domain.ErrNotFound))
}

// List implements domain.Domains.
func (s *OrganizationDomains) List(ctx context.Context, org uuid.UUID, w keyset.Window) ([]domain.Domain, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT ` + domainColumns + ` FROM organization_domains WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3`
	if descending {
		sql = `SELECT ` + domainColumns + ` FROM organization_domains WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`
	}
	page, err := pg.Query(ctx, s.DB, toDomain, sql, org, from, limit)
	return page, pg.Wrap("list domains", err)
}

// Claim implements domain.Domains. Of organizations that claim a domain at once the unique index lets
// one have it. That the other has it already is asked first, so that it is no error of the database.
func (s *OrganizationDomains) Claim(ctx context.Context, d *domain.Domain) (fresh bool, err error) {
	held, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM organization_domains WHERE verified = $1 AND organization_id <> $2)`, d.Name, d.Organization)
	if err == nil && held {
		err = domain.ErrTaken
	}
	if err != nil {
		return false, pg.Wrap("claim domain", err)
	}
	before, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		UPDATE organization_domains o SET verified = o.domain, verified_at = coalesce(o.verified_at, now()), checked_at = now(), failures = 0
		FROM (SELECT id, verified IS NOT NULL AS before FROM organization_domains WHERE organization_id = $1 AND id = $2 FOR UPDATE) was
		WHERE o.organization_id = $1 AND o.id = was.id AND o.token = $3 RETURNING was.before`, d.Organization, d.ID, d.Token)
	if pg.Constraint(err) == "organization_domains_verified_key" {
		err = domain.ErrTaken
	}
	return err == nil && !before, pg.Wrap("claim domain", pg.Absent(err, domain.ErrNotFound))
}

// Missed implements domain.Domains.
func (s *OrganizationDomains) Missed(ctx context.Context, d *domain.Domain, max int, apart time.Duration) (domain.Miss, error) {
	miss, err := pg.One(ctx, s.DB, pgx.RowToStructByPos[domain.Miss], `
		UPDATE organization_domains o SET failures = was.next, checked_at = CASE WHEN was.counts THEN now() ELSE o.checked_at END,
			verified = CASE WHEN was.next < $3 THEN o.verified END, verified_at = CASE WHEN was.next < $3 THEN o.verified_at END
		FROM (
			SELECT id, verified, counts, failures + counts::integer AS next FROM (
				SELECT id, verified, failures, verified IS NULL OR failures = 0 OR checked_at < now() - $4::interval AS counts
				FROM organization_domains WHERE organization_id = $1 AND id = $2 FOR UPDATE) locked
		) was
		WHERE o.organization_id = $1 AND o.id = was.id
		RETURNING CASE WHEN was.counts AND was.verified IS NOT NULL THEN was.next ELSE 0 END, was.verified IS NOT NULL AND o.verified IS NULL`,
		d.Organization, d.ID, max, apart)
	return miss, pg.Wrap("note missing record", pg.Absent(err, domain.ErrNotFound))
}

// Remove implements domain.Domains.
func (s *OrganizationDomains) Remove(ctx context.Context, org, id uuid.UUID) error {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM organization_domains WHERE organization_id = $1 AND id = $2`, org, id)
	if err == nil && n == 0 {
		err = domain.ErrNotFound
	}
	return pg.Wrap("remove domain", err)
}

// Verified implements domain.Domains.
func (s *OrganizationDomains) Verified(ctx context.Context, name string) (uuid.UUID, error) {
	org, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT organization_id FROM organization_domains WHERE verified = $1`, name)
	return org, pg.Wrap("find verified domain", pg.Absent(err, domain.ErrNotFound))
}

// Manager returns the nth of the members of an organization who have one of the roles, may sign in and read their mail, in order of who
// joined first; uuid.Nil: there are fewer.
func (s *OrganizationDomains) Manager(ctx context.Context, org uuid.UUID, roles []string, nth int) (uuid.UUID, error) {
	found, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT m.user_id FROM memberships m JOIN organizations o ON o.id = m.organization_id AND o.suspended_at IS NULL
			JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL AND u.email IS NOT NULL AND u.email_verified
		WHERE m.organization_id = $1 AND m.roles && $2 ORDER BY m.created_at, m.user_id OFFSET $3 LIMIT 1`, org, list(roles), nth)
	if err != nil || len(found) == 0 {
		return uuid.Nil, pg.Wrap("find manager of domains", err)
	}
	return found[0], nil
}

const (
	domainChecksEvery = time.Hour
	domainChecksMax   = 200 // domains of one run: the next goes on
)

// A domainCheck looks at verified domains whose time has come.
type domainCheck struct {
	system  *System
	tenants *Tenants
	domains *domain.Service
}

func (c *domainCheck) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "domain_checks", Every: domainChecksEvery, Run: c.run}
}

// run looks at one domain after the other, of tenants in turns. One that cannot be looked at leaves the others to be.
func (c *domainCheck) run(ctx context.Context) error {
	return eachDue(ctx, c.tenants, func(ctx context.Context, without []uuid.UUID) ([]due, error) {
		found, err := pg.SystemQuery(ctx, c.system, pgx.RowToStructByPos[due], `
			SELECT tenant_id, id, organization_id FROM (
				SELECT tenant_id, id, organization_id, checked_at, row_number() OVER (PARTITION BY tenant_id ORDER BY checked_at, id) AS nth
				FROM organization_domains
				WHERE verified IS NOT NULL AND checked_at < now() - CASE WHEN failures = 0 THEN $1::interval ELSE $2::interval END AND tenant_id <> ALL($4)) d
			ORDER BY nth, checked_at, id LIMIT $3`, domain.Every, domain.Again, domainChecksMax, without)
		return found, pg.Wrap("find due domains", err)
	}, func(ctx context.Context, d due) error {
		if err := c.domains.Check(ctx, d.Organization, d.ID); err != nil {
			return fmt.Errorf("check domain %s: %w", d.ID, err)
		}
		return nil
	})
}
