package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

const (
	remindersEvery    = time.Hour
	remindersAtOnce   = 500 // of a kind, in one place and run
	remindersOfTenant = 20  // of these: its contacts get a mail of each. The next run goes on
)

// Reminders of what ends come 14 days before, or when a third of the time is left for which it was good; of what was made for less than a day
// there is none. It has to be in use: within 45 days, or a third of that time.
const (
	// apiKeyEnding is of an API key k to remind of.
	apiKeyEnding = `k.expires_at > now() AND k.expires_at <= now() + interval '14 days' AND k.told_end IS DISTINCT FROM k.expires_at
		AND k.expires_at - k.created_at >= interval '1 day' AND k.expires_at - now() <= (k.expires_at - k.created_at) / 3
		AND k.used_at > now() - least(interval '45 days', (k.expires_at - k.created_at) / 3)`
	// endingSecrets are secrets s that end, and when the end was given to each: when the next secret of the client was made.
	endingSecrets = `client_secrets s CROSS JOIN LATERAL (
		SELECT coalesce(min(n.created_at), s.created_at) AS began FROM client_secrets n
		WHERE n.tenant_id = s.tenant_id AND n.client_id = s.client_id AND n.created_at > s.created_at) r`
	// secretEnding is of a secret of them to remind of.
	secretEnding = `s.used_at IS NOT NULL AND s.expires_at > now() AND s.expires_at <= now() + interval '14 days' AND s.told_end IS DISTINCT FROM s.expires_at
		AND s.expires_at - r.began >= interval '1 day' AND s.expires_at - now() <= (s.expires_at - r.began) / 3
		AND s.used_at > now() - least(interval '45 days', (s.expires_at - r.began) / 3)`
)

// A reminding has it told that API keys and secrets of clients end before long which are still used.
type reminding struct {
	system  *System
	tenants *Tenants
	keys    *apikey.Service
	secrets *provider.SecretReminders
}

func (r *reminding) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "credential_reminders", Every: remindersEvery, Run: r.run}
}

// run goes by what ends first. What it looked at is noted, also where nobody is to be told, so that it is in the way of nothing.
func (r *reminding) run(ctx context.Context) error {
	return errors.Join(
		r.each(ctx, "API key", r.endingKeys, r.keys.Remind),
		r.each(ctx, "client secret", r.endingSecrets, r.secrets.Remind))
}

// each reminds of what ends of a kind, of one tenant no more than so much, also where something is looked for again.
func (r *reminding) each(ctx context.Context, kind string, find func(context.Context, []uuid.UUID) ([]due, error), remind func(context.Context, uuid.UUID) error) error {
	told := map[uuid.UUID]int{}
	return eachDue(ctx, r.tenants, find, func(ctx context.Context, at due) error {
		if told[at.TenantID]++; told[at.TenantID] > remindersOfTenant {
			return nil
		}
		if err := remind(ctx, at.ID); err != nil {
			return fmt.Errorf("%s %s: %w", kind, at.ID, err)
		}
		return nil
	})
}

func (r *reminding) endingKeys(ctx context.Context, without []uuid.UUID) ([]due, error) {
	found, err := pg.SystemQuery(ctx, r.system, pgx.RowToStructByPos[due], `
		SELECT tenant_id, id, tenant_id FROM (
			SELECT k.tenant_id, k.id, k.expires_at, row_number() OVER (PARTITION BY k.tenant_id ORDER BY k.expires_at, k.id) AS nth
			FROM api_keys k WHERE `+apiKeyEnding+` AND k.tenant_id <> ALL($3)) e
		WHERE nth <= $2 ORDER BY expires_at, id LIMIT $1`, remindersAtOnce, remindersOfTenant, without)
	return found, pg.Wrap("find API keys that end", err)
}

func (r *reminding) endingSecrets(ctx context.Context, without []uuid.UUID) ([]due, error) {
	found, err := pg.SystemQuery(ctx, r.system, pgx.RowToStructByPos[due], `
		SELECT tenant_id, id, tenant_id FROM (
			SELECT s.tenant_id, s.id, s.expires_at, row_number() OVER (PARTITION BY s.tenant_id ORDER BY s.expires_at, s.id) AS nth
			FROM `+endingSecrets+` WHERE `+secretEnding+` AND s.tenant_id <> ALL($3)) e
		WHERE nth <= $2 ORDER BY expires_at, id LIMIT $1`, remindersAtOnce, remindersOfTenant, without)
	return found, pg.Wrap("find client secrets that end", err)
}
