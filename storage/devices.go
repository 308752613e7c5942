package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/storage/internal/pg"
)

// Devices implements identity.DeviceWrites and device.Devices.
type Devices struct{ *DB }

// deviceKnown is whether device d of user u is known.
const deviceKnown = `d.mark = u.not_before`

// deviceRemembered is whether the second factor is not asked for at device d, which is known. @tenant_mark is the tenant's not-before.
const deviceRemembered = `(d.remembered_until > now() AND d.remembered_at >= @tenant_mark)`

// Sight implements identity.DeviceWrites. What was remembered under another mark is over.
func (s *Devices) Sight(ctx context.Context, seen identity.Sighting) error {
	return pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		WITH fewer AS (
			DELETE FROM user_devices WHERE user_id = @user AND id IN (
				SELECT id FROM user_devices WHERE user_id = @user AND hash <> @hash
				ORDER BY used_at DESC OFFSET @most FOR UPDATE SKIP LOCKED)
		)
		INSERT INTO user_devices AS d (id, user_id, hash, mark, ip, agent, remembered_at, remembered_until)
		VALUES (@id, @user, @hash, coalesce(@mark::timestamptz, '-infinity'), @ip, @agent,
			CASE WHEN @remember::interval > '0' THEN now() END, CASE WHEN @remember::interval > '0' THEN now() + @remember::interval END)
		ON CONFLICT (tenant_id, user_id, hash) DO UPDATE SET mark = excluded.mark, ip = excluded.ip, agent = excluded.agent, used_at = now(),
			created_at = CASE WHEN d.mark = excluded.mark THEN d.created_at ELSE now() END,
			remembered_at = CASE WHEN excluded.remembered_at IS NOT NULL THEN excluded.remembered_at WHEN d.mark = excluded.mark THEN d.remembered_at END,
			remembered_until = CASE WHEN excluded.remembered_at IS NOT NULL THEN excluded.remembered_until WHEN d.mark = excluded.mark THEN d.remembered_until END`,
		pg.Named{
			"id": uuid.Must(uuid.NewV7()), "user": seen.UserID, "hash": seen.Hash, "mark": zeronull.Timestamptz(seen.Mark),
			"ip": printable(seen.IP), "agent": printable(seen.Agent), "remember": seen.RememberFor, "most": identity.MaxDevices - 1,
		})
}

// List implements device.Devices.
func (s *Devices) List(ctx context.Context, user uuid.UUID) ([]identity.Device, error) {
	all, err := pg.Query(ctx, s.DB, func(row pgx.CollectableRow) (d identity.Device, err error) {
		err = row.Scan(&d.ID, &d.IP, &d.Agent, &d.CreatedAt, &d.UsedAt, (*zeronull.Timestamptz)(&d.RememberedUntil))
		return d, err
	}, `
		SELECT d.id, d.ip, d.agent, d.created_at, d.used_at, CASE WHEN `+deviceRemembered+` THEN d.remembered_until END
		FROM user_devices d JOIN users u ON u.id = d.user_id
		WHERE d.user_id = @user AND `+deviceKnown+` ORDER BY d.used_at DESC, d.id`, pg.Named{"user": user, "tenant_mark": mark(ctx)})
	return all, pg.Wrap("list devices", err)
}

// Revoke implements device.Devices.
func (s *Devices) Revoke(ctx context.Context, user, id uuid.UUID) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		// Its cookie may say that it is known, as it did before there were rows.
		if _, err := pg.Exec(ctx, s.DB, `UPDATE users SET known_by_cookie = false WHERE id = $1 AND known_by_cookie`, user); err != nil {
			return err
		}
		gone, err := pg.Exec(ctx, s.DB, `
			DELETE FROM user_devices d USING users u WHERE u.id = d.user_id AND d.user_id = $1 AND d.id = $2 AND `+deviceKnown, user, id)
		if err == nil && gone == 0 {
			err = identity.ErrDeviceUnknown
		}
		return err
	})
	return pg.Wrap("revoke device", err)
}

// SessionsOf implements device.Devices.
func (s *Devices) SessionsOf(ctx context.Context, user, id uuid.UUID) ([]uuid.UUID, error) {
	all, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID],
		`SELECT id FROM sessions WHERE user_id = $1 AND waived_by = $2 AND ended_at IS NULL`, user, id)
	return all, pg.Wrap("find sessions of device", err)
}

// ForgetAll implements device.Devices.
func (s *Devices) ForgetAll(ctx context.Context, user uuid.UUID) (int, error) {
	forgotten, err := pg.Exec(ctx, s.DB, `
		UPDATE user_devices d SET remembered_at = NULL, remembered_until = NULL FROM users u
		WHERE u.id = d.user_id AND d.user_id = @user AND `+deviceRemembered+` AND `+deviceKnown, pg.Named{"user": user, "tenant_mark": mark(ctx)})
	return int(forgotten), pg.Wrap("forget devices", err)
}
