package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/provider"
)

// clients compares the declared clients.
func (s *scene) clients(ctx context.Context) error {
	for i := range s.declared.Clients {
		if s.declared.ResourceServers == nil { // otherwise those of the manifest were looked at
			s.declared.Clients[i].warnOfScopes(&s.plan.warned, s.servers)
		}
		if err := s.client(ctx, &s.declared.Clients[i]); err != nil {
			return fmt.Errorf("compare client %s: %w", s.declared.Clients[i].ClientID, err)
		}
	}
	if !s.prune || s.fresh || s.declared.Clients == nil {
		return nil
	}
	for c, err := range keyset.All(ctx, s.target().Clients.List, clientKey) {
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		if provider.MadeByPlinto(c.ClientID) || slices.ContainsFunc(s.declared.Clients, func(d Client) bool { return d.ClientID == c.ClientID }) {
			continue
		}
		s.add(Change{Action: Delete, Kind: "client", Name: c.ClientID, write: func(ctx context.Context) error {
			return s.target().Registrar.Delete(ctx, c.ClientID)
		}})
	}
	return nil
}

func clientKey(c *provider.Client) string { return c.ClientID }

func (s *scene) client(ctx context.Context, c *Client) error {
	var stored *provider.Client
	if !s.fresh {
		found, err := s.target().Clients.Current(ctx, c.ClientID)
		if err == nil {
			stored = found
		} else if !errors.Is(err, provider.ErrClientNotFound) {
			return err
		}
	}
	w := &clientWrite{scene: s, declared: c, fresh: s.secret(c, stored)}
	verify := func(ctx context.Context) error { return s.target().CheckSector(ctx, stored, &c.Metadata) }
	if stored == nil {
		change := compared("client", c.ClientID, false, nil, w.create)
		change.prepare = verify
		s.add(s.manage(ownedClients, c.managed, change, w.id))
		return nil
	}
	want := *stored
	c.into(&want)
	fields, err := clientDifferences(stored, &want)
	if err != nil {
		return err
	}
	w.changed = len(fields) > 0
	if w.switched = c.Disabled == stored.DisabledAt.IsZero(); w.switched {
		fields = append(fields, switched(c.Disabled))
	}
	if w.fresh != nil {
		fields = append(fields, Field{"client_secret", "", w.fresh.shown()})
	}
	change := compared("client", c.ClientID, true, fields, w.update)
	change.prepare = verify
	s.add(s.manage(ownedClients, c.managed, change, w.id))
	return nil
}

// into puts what is declared into a client.
func (c *Client) into(stored *provider.Client) {
	stored.Metadata, stored.FirstParty = c.Metadata, c.FirstParty
}

var errSectorUnverified = errors.New("sector_identifier_uri cannot be verified here")

// CheckSector verifies the sector_identifier_uri of metadata that are about to be
// stored, unless nothing that it stands for changes. before is the client as it is
// stored, or nil.
func (t *Target) CheckSector(ctx context.Context, before *provider.Client, m *provider.Metadata) error {
	if provider.SectorChecked(before, m) {
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
	ends  bool // another one, at once
}

func (f *freshSecret) shown() string {
	switch {
	case f.made && f.ends:
		return "(to be made; the one before ends at once)"
	case f.made:
		return "(to be made)"
	case f.ends:
		return "(new; the one before ends at once)"
	}
	return "(new)"
}

// secret returns the secret to store, or nil: the declared one unless the client
// has it, and a new one for a client that needs one and has none.
func (s *scene) secret(c *Client, stored *provider.Client) *freshSecret {
	now := time.Now()
	live := func(s provider.ClientSecret) bool { return s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt) }
	ends := stored != nil && slices.ContainsFunc(stored.Secrets, live)
	if !c.ClientSecret.Empty() {
		if stored != nil && s.target().Registrar.Secrets.Matches(s.part.acting.ID, stored, c.ClientSecret.Reveal(), now) {
			return nil
		}
		return &freshSecret{plain: c.ClientSecret, ends: ends}
	}
	needs := c.Metadata.HasSecret()
	has := stored != nil && slices.ContainsFunc(stored.Secrets, func(s provider.ClientSecret) bool {
		return live(s) && (s.Sealed != nil || !c.Metadata.NeedsReadableSecret())
	})
	if !needs || has {
		return nil
	}
	return &freshSecret{plain: secret.NewString(provider.NewClientSecret(c.Metadata)), made: true, ends: ends}
}

// A clientWrite stores one client.
type clientWrite struct {
	*scene
	declared *Client
	fresh    *freshSecret // nil to leave alone
	changed  bool         // metadata or first_party
	switched bool         // disabled or enabled
}

// note keeps a fresh secret of our making for the operator.
func (w *clientWrite) note() {
	if w.fresh != nil && w.fresh.made {
		w.plan.generated = append(w.plan.generated, GeneratedSecret{Tenant: w.scene.declared.Slug, ClientID: w.declared.ClientID, Secret: w.fresh.plain.Reveal()})
	}
}

// id is that of the client once it is there.
func (w *clientWrite) id(ctx context.Context) (uuid.UUID, error) {
	c, err := w.target().Clients.Current(ctx, w.declared.ClientID)
	if err != nil {
		return uuid.Nil, err
	}
	return c.ID, nil
}

func (w *clientWrite) create(ctx context.Context) error {
	c := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: w.declared.ClientID}
	w.declared.into(&c)
	if w.declared.Disabled {
		c.DisabledAt = time.Now()
	}
	if w.fresh != nil {
		w.note()
		c.Secrets = []provider.ClientSecret{w.target().Registrar.Secrets.Keep(w.part.acting.ID, &c, w.fresh.plain.Reveal())}
	}
	return w.target().Registrar.Create(ctx, c)
}

func (w *clientWrite) update(ctx context.Context) error {
	r, id := w.target().Registrar, w.declared.ClientID
	if w.changed {
		_, err := r.Update(ctx, id, func(c *provider.Client) error {
			w.declared.into(c)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if w.fresh != nil {
		w.note()
		if err := r.SetSecret(ctx, id, w.fresh.plain); err != nil {
			return err
		}
	}
	switch {
	case !w.switched:
		return nil
	case w.declared.Disabled:
		return r.Disable(ctx, id)
	default:
		return r.Enable(ctx, id)
	}
}
