package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/federation"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

const (
	certificateChecksEvery = 12 * time.Hour
	certificateBatch       = 200 // connections
)

// A certificateCheck has it told that certificates of providers of SAML expire.
type certificateCheck struct {
	system      *System
	tenants     *Tenants
	connections *federation.Service
}

func (c *certificateCheck) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "certificate_checks", Every: certificateChecksEvery, Run: c.run}
}

type certified struct{ TenantID, ID uuid.UUID }

// run looks at one connection after the other. One that cannot be looked at leaves the others to be.
func (c *certificateCheck) run(ctx context.Context) (failed error) {
	after := certified{}
	for {
		found, err := pg.SystemQuery(ctx, c.system, pgx.RowToStructByPos[certified], `
			SELECT tenant_id, id FROM connections
			WHERE spec ->> 'kind' = 'saml' AND disabled_at IS NULL AND (tenant_id, id) > ($1, $2) ORDER BY tenant_id, id LIMIT $3`,
			after.TenantID, after.ID, certificateBatch)
		if err != nil {
			return errors.Join(failed, pg.Wrap("find certificates", err))
		}
		for _, at := range found {
			failed = errors.Join(failed, c.look(ctx, at))
		}
		if len(found) < certificateBatch {
			return failed
		}
		after = found[len(found)-1]
	}
}

func (c *certificateCheck) look(ctx context.Context, at certified) error {
	err := c.tenants.within(ctx, at.TenantID, func(ctx context.Context) error { return c.connections.WarnOfCertificates(ctx, at.ID) })
	if err != nil {
		return fmt.Errorf("look at certificates of connection %s: %w", at.ID, err)
	}
	return nil
}

// Once implements federation.Writes. The INSERT is the gate.
func (s *Connections) Once(ctx context.Context, said []byte, until time.Time) (first bool, err error) {
	n, err := pg.Exec(ctx, s.DB, `INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, said, until)
	return n == 1, pg.Wrap("note what was said", err)
}
