package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/tenant"
)

// A Service changes connections. It is the only way to: command line, manifest and APIs all call it. Each change is one
// transaction with its event, or part of the transaction of ctx. A change that changes nothing has no event.
type Service struct {
	Connections // as they are stored
	Writes      Writes
	Connectors  map[string]Connector // by kind, for Test
	Vault       Vault
	CheckURL    func(string) error // egress.Client.CheckURL
	Outbox      event.Outbox
	Tx          identity.Transactor
	Now         func() time.Time
	Endings     Endings
	Roles       *RoleGiver   // nil: rules are not looked at
	Metadata    MetadataRows // nil: metadata are read when a connection is made or changed alone
}

// Check returns what is wrong with a new connection: ErrSpec.
func (s *Service) Check(slug string, spec Spec) error { //nolint:gocritic // it is filled in
	spec.normalize()
	if err := checkSlug(slug); err != nil {
		return err
	}
	return spec.check(s.CheckURL)
}

// Create stores a new connection. given is the client secret that the provider gave, or empty for private_key_jwt, which gets
// a key. ErrSpec, ErrSecret, ErrSlugTaken, ErrTooMany, ErrOrganization.
func (s *Service) Create(ctx context.Context, slug string, spec Spec, given secret.String) (Connection, error) { //nolint:gocritic // it is filled in
	t, err := tenant.From(ctx)
	if err != nil {
		return Connection{}, err
	}
	if err := TakesKind(ctx, spec.Kind); err != nil {
		return Connection{}, err
	}
	c := Connection{ID: uuid.Must(uuid.NewV7()), Slug: slug, Spec: NewSpec(spec), CreatedAt: s.Now(), Version: 1}
	if err := s.introduce(ctx, &c); err != nil {
		return Connection{}, err
	}
	if err := s.Check(slug, c.Spec); err != nil {
		return Connection{}, err
	}
	c.RolesBy = decider(ctx)
	credentials, err := NewCredentials(c.AuthMethod, given)
	if err != nil {
		return Connection{}, err
	}
	if c.Sealed, err = s.Vault.seal(t.ID, c.ID, credentials); err != nil {
		return Connection{}, err
	}
	return c, s.change(ctx, c.ID, func(ctx context.Context) (event.Fact, error) {
		if err := s.mayRule(ctx, &c.Spec); err != nil {
			return nil, err
		}
		return event.ConnectionCreated{Slug: c.Slug}, s.Writes.Create(ctx, c)
	})
}

// mayDecide refuses whoever ctx says unless they have every right of a tenant. Whoever decides whom a connection believes can sign in as anybody who uses it, whatever rights
// these have. organization.ErrCannotConfer.
func mayDecide(ctx context.Context) error {
	return organization.Confer(ctx, uuid.Nil, slices.DeleteFunc(slices.Clone(organization.Permissions), organization.Permission.OfSystem))
}

const updateTries = 5

// Update changes the spec of a connection. edit gets it as it is stored; it is called again when somebody else changed it
// meanwhile. Another auth_method takes other credentials: given, as with Create; else an empty one leaves them as they are, unless
// they would be sent to another host: ErrSpec.
// ErrNotFound, ErrSpec, ErrSecret, ErrOrganization, fault.ErrChanged.
func (s *Service) Update(ctx context.Context, id uuid.UUID, edit func(*Spec), given secret.String) (Connection, error) {
	for range updateTries {
		c, err := s.update(ctx, id, edit, given)
		if !errors.Is(err, fault.ErrChanged) {
			return c, err
		}
	}
	return Connection{}, fmt.Errorf("update connection: %w", fault.ErrChanged)
}

func (s *Service) update(ctx context.Context, id uuid.UUID, edit func(*Spec), given secret.String) (Connection, error) {
	c, err := s.ByID(ctx, id)
	if err == nil && c.Unreadable != "" {
		err = ErrUnreadable
	}
	if err != nil {
		return c, err
	}
	before := c.Spec
	edit(&c.Spec)
	c.normalize()
	c.RolesBy = before.RolesBy
	if c.Kind != before.Kind {
		return c, wrong("kind", "never changes")
	}
	fields := differences(&before, &c.Spec)
	if slices.ContainsFunc(fields, func(f string) bool { return f == "group_roles" || f == "groups_claim" || f == "organization" }) {
		c.RolesBy = decider(ctx)
	}
	seals := !given.Empty() || otherCredentials(c.AuthMethod, before.AuthMethod)
	if len(fields) == 0 && !seals {
		return c, nil
	}
	if otherProvider(fields) {
		if err := s.introduce(ctx, &c); err != nil {
			return c, err
		}
	}
	if err := c.check(s.CheckURL); err != nil {
		return c, err
	}
	if seals {
		credentials, err := NewCredentials(c.AuthMethod, given)
		if err != nil {
			return c, err
		}
		if c.Sealed, err = s.Vault.seal(tenant.Must(ctx).ID, id, credentials); err != nil {
			return c, err
		}
		fields = append(fields, "secret")
	}
	return c, s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		if err := s.mayRule(ctx, &c.Spec); err != nil {
			return nil, err
		}
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return nil, err
		}
		if given.Empty() && c.SendsSecretElsewhere(&before) {
			return nil, wrong("client_secret", "has to be given with another issuer or token endpoint: it would be sent to another host")
		}
		return event.ConnectionUpdated{Fields: fields}, s.Writes.SetSpec(ctx, c)
	})
}

// otherCredentials reports whether one way to authenticate takes other credentials than another.
func otherCredentials(a, b string) bool {
	own := func(method string) bool { return method == AuthPrivateKey || method == AuthSigned }
	return a != b && (own(a) || own(b))
}

// Enable has people sign in with a connection again. ErrNotFound.
func (s *Service) Enable(ctx context.Context, id uuid.UUID) error {
	return s.setDisabled(ctx, id, false, event.ConnectionEnabled{})
}

// Disable has nobody sign in with a connection, also nobody who is on the way. What was begun with it counts for nothing while it is
// disabled: see DisableAndEnd. ErrNotFound.
func (s *Service) Disable(ctx context.Context, id uuid.UUID) error {
	return s.setDisabled(ctx, id, true, event.ConnectionDisabled{})
}

func (s *Service) setDisabled(ctx context.Context, id uuid.UUID, disabled bool, fact event.Fact) error {
	return s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return nil, err
		}
		if !disabled {
			if err := mayDecide(ctx); err != nil {
				return nil, err
			}
		}
		changed, err := s.Writes.SetDisabled(ctx, id, disabled)
		if err != nil || !changed {
			return nil, err
		}
		return fact, nil
	})
}

// Delete removes a connection with its identities: who has no other way to sign in recovers their account. What was begun with it
// ends. ErrNotFound.
func (s *Service) Delete(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return nil, err
		}
		ended, _, err := s.endAll(ctx, id, event.SessionConnectionDeleted)
		if err != nil {
			return nil, err
		}
		return event.ConnectionDeleted{Sessions: ended}, s.Writes.Delete(ctx, id)
	})
}

// Test tries what can be tried without a user. Metadata that the provider publishes are read as when they are due. ErrNotFound.
func (s *Service) Test(ctx context.Context, id uuid.UUID) (Report, error) {
	c, err := s.ByID(ctx, id)
	if err != nil {
		return Report{}, err
	}
	connector, ok := s.Connectors[c.Kind]
	if !ok {
		return Report{}, ErrMisconfigured
	}
	if c.ReadsMetadata() && s.Metadata != nil {
		if err := s.refresh(ctx, &c); err != nil {
			return Report{}, err
		}
	}
	return connector.Probe(ctx, &c), nil
}

// JWKS returns the public keys of a connection by its slug. ErrNotFound.
func (s *Service) JWKS(ctx context.Context, slug string) ([]byte, error) {
	c, err := s.BySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	credentials, err := s.Vault.Open(tenant.Must(ctx).ID, &c)
	if err != nil {
		return nil, err
	}
	return credentials.JWKS()
}

// change makes one change in a transaction, with the event that it returns; none when nothing changed.
func (s *Service) change(ctx context.Context, id uuid.UUID, do func(context.Context) (event.Fact, error)) error {
	actor := event.ActorFrom(ctx, event.Actor{Type: "system"})
	return s.Tx.InTx(event.WithActor(ctx, actor), func(ctx context.Context) error {
		fact, err := do(ctx)
		if err != nil || fact == nil {
			return err
		}
		subject := Connection{ID: id}
		return s.Outbox.Append(ctx, event.Event{
			Fact: fact, Outcome: "success", Actor: actor, Subject: subject.PublicID(),
		})
	})
}
