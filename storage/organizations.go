package storage

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Organizations implements organization.Organizations and organization.Writes.
type Organizations struct {
	*DB
	owners
	jobs *Jobs // only needed to delete organizations with many members

	connections *Connections // end what was begun with those of an organization, and are forgotten where it is suspended
}

func newOrganizations(db *DB) *Organizations {
	return &Organizations{DB: db, owners: organizationOwners(db)}
}

const organizationColumns = `id, slug, name, coalesce(external_id, ''), public_metadata, private_metadata, policy, branding, suspended_at, created_at, version, managed_by`

// toOrganization reads one of several: see organization.Organization.Unreadable.
func toOrganization(row pgx.CollectableRow) (o organization.Organization, err error) {
	err = scanOrganization(row, &o)
	return o, err
}

// scanOrganization reads the columns, and those that were asked for besides.
func scanOrganization(row pgx.CollectableRow, o *organization.Organization, besides ...any) error {
	var suspended *time.Time
	err := row.Scan(append([]any{
		&o.ID, &o.Slug, &o.Name, &o.ExternalID,
		&keptObject{&o.PublicMetadata, "public_metadata", &o.Unreadable}, &keptObject{&o.PrivateMetadata, "private_metadata", &o.Unreadable},
		&part[organization.Policy]{&o.Policy, "policy", &o.Unreadable}, &part[organization.Branding]{&o.Branding, "branding", &o.Unreadable},
		&suspended, &o.CreatedAt, &o.Version, &o.ManagedBy,
	}, besides...)...)
	o.SuspendedAt = value(suspended)
	return err
}

// ByID implements organization.Organizations.
func (s *Organizations) ByID(ctx context.Context, id uuid.UUID) (organization.Organization, error) {
	o, err := wholeOrganization(pg.One(ctx, s.DB, toOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`, id))
	return o, pg.Wrap("find organization", pg.Absent(err, organization.ErrNotFound))
}

// Many implements organization.Organizations.
func (s *Organizations) Many(ctx context.Context, ids []uuid.UUID) ([]organization.Organization, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := pg.Query(ctx, s.DB, toOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = ANY($1)`, ids)
	return found, pg.Wrap("find organizations", err)
}

// BySlug implements organization.Organizations.
func (s *Organizations) BySlug(ctx context.Context, slug string) (organization.Organization, error) {
	o, err := wholeOrganization(pg.One(ctx, s.DB, toOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE slug = $1`, slug))
	return o, pg.Wrap("find organization", pg.Absent(err, organization.ErrNotFound))
}

// ByExternalID implements organization.Organizations.
func (s *Organizations) ByExternalID(ctx context.Context, external string) (organization.Organization, error) {
	o, err := wholeOrganization(pg.One(ctx, s.DB, toOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE external_id = $1`, external))
	return o, pg.Wrap("find organization", pg.Absent(err, organization.ErrNotFound))
}

// List implements organization.Organizations.
func (s *Organizations) List(ctx context.Context, after string, limit int) ([]organization.Organization, error) {
	page, err := pg.Query(ctx, s.DB, toOrganization, `
		SELECT `+organizationColumns+` FROM organizations WHERE slug > $1 ORDER BY slug LIMIT $2`, after, limit)
	return page, pg.Wrap("list organizations", err)
}

// Page implements organization.Organizations.
func (s *Organizations) Page(ctx context.Context, prefix string, w keyset.Window) ([]organization.Organization, error) {
	from, descending, limit := w.Scan()
	sql := `
		SELECT ` + organizationColumns + ` FROM organizations
		WHERE id > $2 AND ($1 = '' OR starts_with(lower(slug), lower($1)) OR starts_with(lower(name), lower($1)))
		ORDER BY id LIMIT $3`
	if descending {
		sql = `
		SELECT ` + organizationColumns + ` FROM organizations
		WHERE id < $2 AND ($1 = '' OR starts_with(lower(slug), lower($1)) OR starts_with(lower(name), lower($1)))
		ORDER BY id DESC LIMIT $3`
	}
	page, err := pg.Query(ctx, s.DB, toOrganization, sql, prefix, from, limit)
	return page, pg.Wrap("list organizations", err)
}

func toJoined(row pgx.CollectableRow) (j organization.Joined, err error) {
	err = scanOrganization(row, &j.Organization, &j.Member.UserID, &j.Member.Roles, &j.Member.Since)
	return j, err
}

const joinedColumns = `o.id, o.slug, o.name, coalesce(o.external_id, ''), o.public_metadata, o.private_metadata, o.policy, o.branding, o.suspended_at,
	o.created_at, o.version, o.managed_by, m.user_id, m.roles, m.created_at`

// Of implements organization.Organizations.
func (s *Organizations) Of(ctx context.Context, userID uuid.UUID, w keyset.Window) ([]organization.Joined, error) {
	from, descending, limit := w.Scan()
	sql := `
		SELECT ` + joinedColumns + ` FROM memberships m JOIN organizations o ON o.id = m.organization_id
		WHERE m.user_id = $1 AND m.organization_id > $2 ORDER BY m.organization_id LIMIT $3`
	if descending {
		sql = `
		SELECT ` + joinedColumns + ` FROM memberships m JOIN organizations o ON o.id = m.organization_id
		WHERE m.user_id = $1 AND m.organization_id < $2 ORDER BY m.organization_id DESC LIMIT $3`
	}
	page, err := pg.Query(ctx, s.DB, toJoined, sql, userID, from, limit)
	return page, pg.Wrap("list organizations of user", err)
}

func toMember(row pgx.CollectableRow) (m organization.Member, err error) {
	err = row.Scan(&m.UserID, &m.Roles, &m.Since)
	return m, err
}

// Members implements organization.Organizations.
func (s *Organizations) Members(ctx context.Context, id uuid.UUID, w keyset.Window) ([]organization.Member, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT user_id, roles, created_at FROM memberships WHERE organization_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3`
	if descending {
		sql = `SELECT user_id, roles, created_at FROM memberships WHERE organization_id = $1 AND user_id < $2 ORDER BY user_id DESC LIMIT $3`
	}
	page, err := pg.Query(ctx, s.DB, toMember, sql, id, from, limit)
	return page, pg.Wrap("list members", err)
}

// Member implements organization.Organizations.
func (s *Organizations) Member(ctx context.Context, id, userID uuid.UUID) (organization.Member, error) {
	m, err := pg.One(ctx, s.DB, toMember, `
		SELECT user_id, roles, created_at FROM memberships WHERE organization_id = $1 AND user_id = $2`, id, userID)
	return m, pg.Wrap("find member", pg.Absent(err, organization.ErrNoMember))
}

// CountMembers implements organization.Organizations.
func (s *Organizations) CountMembers(ctx context.Context, id uuid.UUID) (int, error) {
	n, err := pg.One(ctx, s.DB, pgx.RowTo[int], `SELECT count(*) FROM memberships WHERE organization_id = $1`, id)
	return n, pg.Wrap("count members", err)
}

// Create implements organization.Writes.
func (s *Organizations) Create(ctx context.Context, o organization.Organization) error {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO organizations (id, slug, name, external_id, public_metadata, private_metadata, policy, branding)
		VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7, $8)
		ON CONFLICT ON CONSTRAINT organizations_slug_key DO NOTHING`,
		o.ID, o.Slug, o.Name, o.ExternalID, object(o.PublicMetadata), object(o.PrivateMetadata), o.Policy, o.Branding)
	if err == nil && n == 0 {
		err = organization.ErrSlugTaken
	}
	return pg.Wrap("create organization", organizationTaken(err))
}

// organizationTaken names what another organization has.
func organizationTaken(err error) error {
	switch pg.Constraint(err) {
	case "organizations_slug_key":
		return organization.ErrSlugTaken
	case "organizations_external_id_key":
		return organization.ErrExternalTaken
	default:
		return err
	}
}

// object is what is stored of a document.
func object(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage(`{}`)
	}
	return raw
}

// Update implements organization.Writes. The version is compared in the statement that
// writes: of two who read the same row one writes.
func (s *Organizations) Update(ctx context.Context, o organization.Organization) error {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE organizations SET slug = $3, name = $4, external_id = nullif($5, ''), public_metadata = $6, private_metadata = $7,
			policy = $8, branding = $9, updated_at = now()
		WHERE id = $1 AND version = $2`,
		o.ID, o.Version, o.Slug, o.Name, o.ExternalID, object(o.PublicMetadata), object(o.PrivateMetadata), o.Policy, o.Branding)
	if err == nil && n == 0 {
		err = s.missing(ctx, o.ID)
	}
	return pg.Wrap("update organization", organizationTaken(err))
}

// SetSuspended implements organization.Writes.
func (s *Organizations) SetSuspended(ctx context.Context, id uuid.UUID, suspended bool) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE organizations SET suspended_at = CASE WHEN $2 THEN now() END, updated_at = now()
		WHERE id = $1 AND (suspended_at IS NOT NULL) <> $2`, id, suspended)
	if err == nil && n == 0 {
		if err = s.missing(ctx, id); errors.Is(err, fault.ErrChanged) {
			err = nil // it is so already
		}
	}
	if t, is := tenant.From(ctx); is == nil && n > 0 && s.connections != nil {
		pg.Afterwards(ctx, func() { s.connections.cache.Invalidate(t.ID) })
	}
	return n > 0, pg.Wrap("suspend organization", err)
}

// missing says why a row was not found under its version.
func (s *Organizations) missing(ctx context.Context, id uuid.UUID) error {
	there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM organizations WHERE id = $1)`, id)
	return changedOr(organization.ErrNotFound, there, err)
}

// SetMember implements organization.Writes.
func (s *Organizations) SetMember(ctx context.Context, id uuid.UUID, m organization.Member) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO memberships (organization_id, user_id, roles) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE SET roles = excluded.roles
			WHERE memberships.roles <> excluded.roles`, id, m.UserID, list(m.Roles))
	return n > 0, pg.Wrap("set member", notMember(err))
}

// AddMember implements organization.Writes. The roles are put together by the statement that writes.
func (s *Organizations) AddMember(ctx context.Context, id uuid.UUID, m organization.Member) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `
		INSERT INTO memberships (organization_id, user_id, roles) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE
			SET roles = memberships.roles || ARRAY(SELECT role FROM unnest(excluded.roles) AS role WHERE role <> ALL (memberships.roles))
			WHERE NOT memberships.roles @> excluded.roles`, id, m.UserID, list(m.Roles))
	return n > 0, pg.Wrap("add member", notMember(err))
}

// notMember says which half of a membership is not there.
func notMember(err error) error {
	switch pg.Constraint(err) {
	case "memberships_organization_fkey":
		return organization.ErrNotFound
	case "memberships_user_fkey":
		return identity.ErrUserNotFound
	}
	return err
}

// RemoveMember implements organization.Writes.
func (s *Organizations) RemoveMember(ctx context.Context, id, userID uuid.UUID) (bool, error) {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, id, userID)
	return n > 0, pg.Wrap("remove member", err)
}

func (s *Organizations) deleter() deleter {
	return deleter{DB: s.DB, jobs: s.jobs, of: &organizationSteps, first: s.endSome}
}

// GoOnDeleting works on the job that deletes an organization: see deleter.goOn.
func (s *Organizations) GoOnDeleting(ctx context.Context, job uuid.UUID) error {
	return s.deleter().goOn(ctx, job)
}

// Delete implements organization.Writes. Where much hangs on the organization, a job goes on with it.
func (s *Organizations) Delete(ctx context.Context, id uuid.UUID) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		locked, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT id FROM organizations WHERE id = $1 FOR UPDATE`, id)
		if err == nil && len(locked) == 0 {
			err = organization.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.endBegun(ctx, id); err != nil {
			return err
		}
		if begun, err := s.deleter().begin(ctx, id); err != nil || begun {
			return err
		}
		return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `DELETE FROM organizations WHERE id = $1`, id)
	})
	return pg.Wrap("delete organization", err)
}
