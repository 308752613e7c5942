package storage

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/organization/invitation"
	"plinto/storage/internal/pg"
)

// OrganizationInvitations implements invitation.Invitations.
type OrganizationInvitations struct{ *DB }

const invitationColumns = `id, organization_id, email, roles, inviter_id, coalesce(client_id, ''), lang, created_at, sent_at, expires_at,
	accepted_at, accepted_by, revoked_at, expires_at <= now(), made_by`

// invitationState is invitation.Invitation.State.
const invitationState = `CASE WHEN accepted_at IS NOT NULL THEN 'accepted' WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'open' END`

// scanInvitation reads the columns, and those that were asked for besides.
func scanInvitation(row pgx.CollectableRow, i *invitation.Invitation, besides ...any) error {
	var inviter, user *uuid.UUID
	var accepted, revoked *time.Time
	var by string
	err := row.Scan(append([]any{
		&i.ID, &i.Organization, &i.Email, &i.Roles, &inviter, &i.ClientID, &i.Lang, &i.CreatedAt, &i.SentAt, &i.ExpiresAt,
		&accepted, &user, &revoked, &i.Expired, &by,
	}, besides...)...)
	i.Inviter, i.AcceptedBy, i.AcceptedAt, i.RevokedAt = value(inviter), value(user), value(accepted), value(revoked)
	i.By.Type, i.By.ID, _ = strings.Cut(by, ":")
	return err
}

// madeBy is how it is stored who made an invitation.
func madeBy(by event.Actor) string {
	if by == (event.Actor{}) {
		return ""
	}
	return by.Type + ":" + by.ID
}

// value is what a column holds, the zero value of NULL.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func toInvitation(row pgx.CollectableRow) (i invitation.Invitation, err error) {
	err = scanInvitation(row, &i)
	return i, err
}

// Create implements invitation.Invitations. The row of the organization is locked, so that of many
// who invite at once no more find room than there is.
func (s *OrganizationInvitations) Create(ctx context.Context, i invitation.Invitation, canonical string, m invitation.Mailed, life time.Duration, limit int) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		_, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT id FROM organizations WHERE id = $1 FOR UPDATE`, i.Organization)
		if err != nil {
			return pg.Absent(err, organization.ErrNotFound)
		}
		if _, err = pg.Exec(ctx, s.DB, `
			UPDATE organization_invitations SET revoked_at = now(), letter = NULL
			WHERE organization_id = $1 AND canonical = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at <= now()`,
			i.Organization, canonical); err != nil {
			return err
		}
		n, err := pg.One(ctx, s.DB, pgx.RowTo[int], `
			SELECT count(*) FROM organization_invitations
			WHERE organization_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()`, i.Organization)
		switch {
		case err != nil:
			return err
		case n >= limit:
			return invitation.ErrFull
		}
		added, err := pg.Exec(ctx, s.DB, `
			INSERT INTO organization_invitations (id, organization_id, canonical, email, roles, inviter_id, client_id, lang, hash, letter, expires_at, made_by)
			VALUES ($1, $2, $3, $4, coalesce($5, '{}'::text[]), nullif($6, '00000000-0000-0000-0000-000000000000'::uuid), nullif($7, ''), $8, $9, $10, now() + $11::interval, $12)
			ON CONFLICT (tenant_id, organization_id, canonical) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING`,
			i.ID, i.Organization, canonical, i.Email, i.Roles, i.Inviter, i.ClientID, i.Lang, m.Hash, m.Letter, life, madeBy(i.By))
		if err == nil && added == 0 {
			err = invitation.ErrInvited
		}
		return err
	})
	return pg.Wrap("create invitation", err)
}

// ByID implements invitation.Invitations.
func (s *OrganizationInvitations) ByID(ctx context.Context, id uuid.UUID) (i invitation.Invitation, m invitation.Mailed, err error) {
	i, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (i invitation.Invitation, err error) {
		err = scanInvitation(row, &i, &m.Hash, &m.Letter)
		return i, err
	}, `SELECT `+invitationColumns+`, hash, letter FROM organization_invitations WHERE id = $1`, id)
	return i, m, pg.Wrap("find invitation", pg.Absent(err, invitation.ErrNotFound))
}

// OpenFor implements invitation.Invitations.
func (s *OrganizationInvitations) OpenFor(ctx context.Context, organization uuid.UUID, canonical string) (i invitation.Invitation, m invitation.Mailed, err error) {
	i, err = pg.One(ctx, s.DB, func(row pgx.CollectableRow) (i invitation.Invitation, err error) {
		err = scanInvitation(row, &i, &m.Hash, &m.Letter)
		return i, err
	}, `SELECT `+invitationColumns+`, hash, letter FROM organization_invitations
		WHERE organization_id = $1 AND canonical = $2 AND expires_at > now() AND accepted_at IS NULL AND revoked_at IS NULL
			AND EXISTS (SELECT FROM organizations o WHERE o.id = $1 AND o.suspended_at IS NULL)`, organization, canonical)
	return i, m, pg.Wrap("find open invitation", pg.Absent(err, invitation.ErrNotFound))
}

// List implements invitation.Invitations.
func (s *OrganizationInvitations) List(ctx context.Context, org uuid.UUID, state invitation.State, w keyset.Window) ([]invitation.Invitation, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT ` + invitationColumns + ` FROM organization_invitations
		WHERE organization_id = $1 AND id > $2 AND ($4 = '' OR ` + invitationState + ` = $4) ORDER BY id LIMIT $3`
	if descending {
		sql = `SELECT ` + invitationColumns + ` FROM organization_invitations
		WHERE organization_id = $1 AND id < $2 AND ($4 = '' OR ` + invitationState + ` = $4) ORDER BY id DESC LIMIT $3`
	}
	page, err := pg.Query(ctx, s.DB, toInvitation, sql, org, from, limit, string(state))
	return page, pg.Wrap("list invitations", err)
}

// Renew implements invitation.Invitations.
func (s *OrganizationInvitations) Renew(ctx context.Context, org, id uuid.UUID, m invitation.Mailed, life time.Duration) error {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE organization_invitations SET hash = $3, letter = $4, sent_at = now(), expires_at = now() + $5::interval
		WHERE organization_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, org, id, m.Hash, m.Letter, life)
	if err == nil && n == 0 {
		_, err = s.over(ctx, org, id)
	}
	return pg.Wrap("renew invitation", err)
}

// over says why an invitation is not open: ErrOver, with whether it was revoked, or ErrNotFound.
func (s *OrganizationInvitations) over(ctx context.Context, org, id uuid.UUID) (revoked bool, err error) {
	revoked, err = pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT revoked_at IS NOT NULL FROM organization_invitations WHERE organization_id = $1 AND id = $2`, org, id)
	if err == nil {
		return revoked, invitation.ErrOver
	}
	return false, pg.Absent(err, invitation.ErrNotFound)
}

// Revoke implements invitation.Invitations.
func (s *OrganizationInvitations) Revoke(ctx context.Context, org, id uuid.UUID) (changed bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `
		UPDATE organization_invitations SET revoked_at = now(), letter = NULL
		WHERE organization_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, org, id)
	if err == nil && n == 0 {
		var revoked bool
		if revoked, err = s.over(ctx, org, id); revoked {
			return false, nil
		}
	}
	return n > 0, pg.Wrap("revoke invitation", err)
}

// Accept implements invitation.Invitations.
func (s *OrganizationInvitations) Accept(ctx context.Context, id uuid.UUID, hash []byte, user uuid.UUID) (invitation.Invitation, error) {
	i, err := pg.One(ctx, s.DB, toInvitation, `
		UPDATE organization_invitations i SET accepted_at = now(), accepted_by = $3, letter = NULL
		WHERE id = $1 AND hash = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
			AND EXISTS (SELECT FROM organizations o WHERE o.id = i.organization_id AND o.suspended_at IS NULL)
		RETURNING `+invitationColumns, id, hash, user)
	return i, pg.Wrap("accept invitation", pg.Absent(err, invitation.ErrOver))
}
