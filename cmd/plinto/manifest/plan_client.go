package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/secret"
	"plinto/provider"
)

// clients compares the declared clients.
func (s *scene) clients(ctx context.Context) error {
	for i := range s.declared.Clients {
		if err := s.client(ctx, &s.declared.Clients[i]); err != nil {
			return fmt.Errorf("compare client %s: %w", s.declared.Clients[i].ClientID, err)
		}
	}
	if !s.prune || s.fresh || s.declared.Clients == nil {
		return nil
	}
	stored, err := s.target().Clients.List(ctx)
	if err != nil {
		return fmt.Errorf("list clients: %w", err)
	}
	for _, c := range stored {
		if slices.ContainsFunc(s.declared.Clients, func(d Client) bool { return d.ClientID == c.ClientID }) {
			continue
		}
		s.add(Change{Action: Delete, Kind: "client", Name: c.ClientID, write: func(ctx context.Context) error {
			return s.target().Clients.Delete(ctx, c.ID)
		}})
	}
	return nil
}

func (s *scene) client(ctx context.Context, c *Client) error {
	var stored *provider.Client
	if !s.fresh {
		found, err := s.target().Clients.ByClientID(ctx, c.ClientID)
		if err == nil {
			stored = found
		} else if !errors.Is(err, provider.ErrClientNotFound) {
			return err
		}
	}
	want := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: c.ClientID}
	if stored != nil {
		want = *stored
	}
	want.Metadata, want.FirstParty = c.Metadata, c.FirstParty
	want.DisabledAt = disabledAt(want.DisabledAt, c.Disabled)
	fresh := s.secret(c, stored)
	verify := func(ctx context.Context) error { return s.target().CheckSector(ctx, stored, &want.Metadata) }
	if stored == nil {
		change := compared("client", c.ClientID, false, nil, func(ctx context.Context) error { return s.createClient(ctx, want, fresh) })
		change.prepare = verify
		s.add(change)
		return nil
	}
	fields, err := clientDifferences(stored, &want)
	if err != nil {
		return err
	}
	changed := len(fields) > 0
	if fresh != nil {
		fields = append(fields, Field{"client_secret", "", fresh.shown()})
	}
	change := compared("client", c.ClientID, true, fields, func(ctx context.Context) error {
		return s.updateClient(ctx, want, fresh, changed)
	})
	change.prepare = verify
	s.add(change)
	return nil
}

var errSectorUnverified = errors.New("sector_identifier_uri cannot be verified here")

// CheckSector verifies the sector_identifier_uri of metadata that are about to be
// stored, unless nothing that it stands for changes. before is the client as it is
// stored, or nil.
func (t *Target) CheckSector(ctx context.Context, before *provider.Client, m *provider.Metadata) error {
	if m.SectorIdentifierURI == "" {
		return nil
	}
	if before != nil && before.SectorIdentifierURI == m.SectorIdentifierURI && before.SubjectType == m.SubjectType &&
		slices.Equal(before.RedirectURIs, m.RedirectURIs) {
		return nil
	}
	if t.VerifySector == nil {
		return errSectorUnverified
	}
	return t.VerifySector(ctx, m)
}

// A freshSecret is a secret a client does not have yet.
type freshSecret struct {
	plain secret.String
	made  bool // by us: to be shown once
}

func (f *freshSecret) shown() string {
	if f.made {
		return "(to be made)"
	}
	return "(new)"
}

// secret returns the secret to store, or nil: the declared one unless the client
// has it, and a new one for a client that needs one and has none.
func (s *scene) secret(c *Client, stored *provider.Client) *freshSecret {
	now := time.Now()
	if !c.ClientSecret.Empty() {
		if stored != nil && s.target().Secrets.Matches(s.part.acting.ID, stored, c.ClientSecret.Reveal(), now) {
			return nil
		}
		return &freshSecret{plain: c.ClientSecret}
	}
	needs := c.Metadata.HasSecret()
	has := stored != nil && slices.ContainsFunc(stored.Secrets, func(s provider.ClientSecret) bool {
		return (s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt)) && (s.Sealed != nil || !c.Metadata.NeedsReadableSecret())
	})
	if !needs || has {
		return nil
	}
	return &freshSecret{plain: secret.NewString(provider.NewClientSecret(c.Metadata)), made: true}
}

// keep hashes a fresh secret, and notes one of our making for the operator.
func (s *scene) keep(c *provider.Client, f *freshSecret) []provider.ClientSecret {
	if f == nil {
		return nil
	}
	if f.made {
		s.plan.made = append(s.plan.made, MadeSecret{s.declared.Slug, c.ClientID, f.plain.Reveal()})
	}
	return []provider.ClientSecret{s.target().Secrets.Keep(s.part.acting.ID, c, f.plain.Reveal())}
}

func (s *scene) createClient(ctx context.Context, c provider.Client, fresh *freshSecret) error {
	c.Secrets = s.keep(&c, fresh)
	return s.target().Clients.Create(ctx, c)
}

func (s *scene) updateClient(ctx context.Context, c provider.Client, fresh *freshSecret, changed bool) error {
	if changed {
		if err := s.target().Clients.Update(ctx, c); err != nil {
			return err
		}
	}
	if fresh == nil {
		return nil
	}
	return s.target().Clients.ReplaceSecrets(ctx, c.ID, s.keep(&c, fresh))
}
