package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/provider"
	"plinto/storage/internal/pg"
)

// Consents implements provider.Consents.
type Consents struct{ *DB }

func newConsents(db *DB) *Consents { return &Consents{db} }

// consentColumns are read by toConsent.
const consentColumns = `user_id, client_id, shown, client_name, redirect_host, scopes, resources, granted_at`

func toConsent(row pgx.CollectableRow) (c provider.Consent, err error) {
	var scopes, resources []string
	err = row.Scan(&c.UserID, &c.ClientID, &c.Shown, &c.Name, &c.RedirectHost, &scopes, &resources, &c.GrantedAt)
	for i := range min(len(scopes), len(resources)) {
		c.Permissions = append(c.Permissions, provider.Permission{Resource: resources[i], Scope: scopes[i]})
	}
	return c, err
}

// Of implements provider.Consents.
func (s *Consents) Of(ctx context.Context, userID, clientID uuid.UUID, shown []byte) (provider.Consent, error) {
	consent, err := pg.One(ctx, s.DB, toConsent, `
		SELECT `+consentColumns+` FROM user_consents
		WHERE user_id = $1 AND (client_id = $2) IS TRUE AND (shown = $3) IS TRUE`, userID, clientID, shown)
	if errors.Is(err, pgx.ErrNoRows) {
		return provider.Consent{}, nil
	}
	return consent, pg.Wrap("find consent", err)
}

// Allow implements provider.Consents.
func (s *Consents) Allow(ctx context.Context, c provider.Consent) error {
	var scopes, resources []string
	for _, p := range c.Permissions {
		scopes, resources = append(scopes, p.Scope), append(resources, p.Resource)
	}
	err := s.InTx(ctx, func(ctx context.Context) error {
		_, err := pg.Exec(ctx, s.DB, `
			INSERT INTO user_consents (user_id, client_id, shown, client_name, redirect_host, scopes, resources)
			VALUES (@user, @client, @shown, @name, @host, @scopes, @resources)
			ON CONFLICT (tenant_id, user_id, client_id, shown) DO UPDATE
			SET (scopes, resources, granted_at) = (
				SELECT array_agg(p.scope ORDER BY p.resource, p.scope), array_agg(p.resource ORDER BY p.resource, p.scope), now()
				FROM (SELECT DISTINCT scope, resource FROM unnest(
					user_consents.scopes || EXCLUDED.scopes, user_consents.resources || EXCLUDED.resources) a (scope, resource)) p)`,
			pg.Named{
				"user": c.UserID, "client": c.ClientID, "shown": c.Shown, "name": c.Name, "host": c.RedirectHost,
				"scopes": list(scopes), "resources": list(resources),
			})
		if err != nil {
			return err
		}
		_, err = pg.Exec(ctx, s.DB, `
			DELETE FROM user_consents WHERE user_id = $1 AND client_id = $2 AND shown IN (
				SELECT shown FROM user_consents WHERE user_id = $1 AND client_id = $2 ORDER BY granted_at DESC, shown OFFSET $3)`,
			c.UserID, c.ClientID, provider.MaxConsents)
		return err
	})
	return pg.Wrap("allow consent", err)
}

// List implements provider.Consents.
func (s *Consents) List(ctx context.Context, userID uuid.UUID) ([]provider.Consent, error) {
	all, err := pg.Query(ctx, s.DB, toConsent, `
		SELECT `+consentColumns+` FROM user_consents WHERE user_id = $1 ORDER BY granted_at DESC, client_id, shown`, userID)
	return all, pg.Wrap("list consents", err)
}

// Revoke implements provider.Consents. There may be grants without a remembered
// consent; they end too.
func (s *Consents) Revoke(ctx context.Context, userID, clientID uuid.UUID) (ended bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		forgotten, err := pg.Exec(ctx, s.DB, `DELETE FROM user_consents WHERE user_id = $1 AND (client_id = $2) IS TRUE`, userID, clientID)
		if err != nil {
			return err
		}
		// What instances of the previous version go by while they still run.
		if _, err := pg.Exec(ctx, s.DB, `DELETE FROM consents WHERE user_id = $1 AND (client_id = $2) IS TRUE`, userID, clientID); err != nil {
			return err
		}
		revoked, err := pg.Exec(ctx, s.DB, `
			UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL`,
			userID, clientID)
		ended = forgotten+revoked > 0
		return err
	})
	return ended && err == nil, pg.Wrap("revoke consent", err)
}

// Forget implements provider.Consents.
func (s *Consents) Forget(ctx context.Context, clientID uuid.UUID) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, s.DB, `DELETE FROM user_consents WHERE client_id = $1`, clientID); err != nil {
			return err
		}
		_, err := pg.Exec(ctx, s.DB, `DELETE FROM consents WHERE client_id = $1`, clientID) // of the previous version
		return err
	})
	return pg.Wrap("forget consents", err)
}
