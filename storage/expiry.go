package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

const (
	expiryEvery = time.Minute
	expiryBatch = 200 // sessions of one transaction: short locks
	expiryMax   = 100 // batches of one run: the next goes on
)

// sessionEnds is when a session ends if nobody uses it: see sessions_by_end (0013). It is
// that of sessionStands, in a form that has an index.
const sessionEnds = `least(s.expires_at AT TIME ZONE 'UTC', (s.seen_at AT TIME ZONE 'UTC') + s.idle_ttl)`

// An expiry ends sessions whose limits have passed, so that their end is told too. They
// serve nobody before that: every read looks at the limits.
type expiry struct {
	system   *System
	tenants  *Tenants
	sessions *Sessions
	ender    *identity.SessionEnder
}

func (e *expiry) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "session_expiry", Every: expiryEvery, Run: e.run}
}

type expired struct {
	TenantID, ID uuid.UUID
	At           time.Time
}

// sessionOver is of a session s whose limits have passed, and whose end is to be told.
const sessionOver = `s.ended_at IS NULL AND ` + sessionEnds + ` <= now() AT TIME ZONE 'UTC'`

// run ends all that is over, the oldest first. One tenant that cannot be served leaves the
// others to be.
func (e *expiry) run(ctx context.Context) error {
	var failed error
	after := expired{}
	for range expiryMax {
		found, err := pg.SystemQuery(ctx, e.system, pgx.RowToStructByPos[expired], `
			SELECT s.tenant_id, s.id, `+sessionEnds+` FROM sessions s
			WHERE s.ended_at IS NULL AND `+sessionEnds+` BETWEEN $1 AND now() AT TIME ZONE 'UTC' AND (`+sessionEnds+`, s.id) > ($1, $2)
			ORDER BY 3, s.id LIMIT $3`, after.At, after.ID, expiryBatch)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, pg.Wrap("find expired sessions", err))
		}
		after = found[len(found)-1]
		failed = errors.Join(failed, e.end(ctx, found))
		if len(found) < expiryBatch {
			break
		}
	}
	return failed
}

// end ends sessions, those of a tenant together.
func (e *expiry) end(ctx context.Context, found []expired) (failed error) {
	slices.SortStableFunc(found, func(a, b expired) int { return bytes.Compare(a.TenantID[:], b.TenantID[:]) })
	for len(found) > 0 {
		of, ids := found[0].TenantID, []uuid.UUID(nil)
		for len(found) > 0 && found[0].TenantID == of {
			ids, found = append(ids, found[0].ID), found[1:]
		}
		err := e.tenants.within(ctx, of, func(ctx context.Context) error {
			_, err := e.ender.Expire(ctx, e.sessions, ids)
			return err
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("tenant %s: %w", tenant.ID(of), err))
		}
	}
	return failed
}

// endExpired ends those of the sessions $1 that are over. They are locked as endEvicted does.
const endExpired = `
	UPDATE sessions SET ended_at = now()
	WHERE ended_at IS NULL AND id = ANY(ARRAY(
		SELECT s.id FROM sessions s WHERE s.id = ANY($1) AND ` + sessionOver + ` ORDER BY s.id FOR UPDATE))
	RETURNING id, user_id, token_hash`

// EndExpired implements identity.Expirable.
func (s *Sessions) EndExpired(ctx context.Context, ids []uuid.UUID) ([]identity.EndedSession, error) {
	ended, err := s.end(ctx, endExpired, ids)
	return ended, pg.Wrap("end expired sessions", err)
}
