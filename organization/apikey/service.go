package apikey

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
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// A Service makes and revokes keys and recognises them. It is the only way to do so: each change is
// one transaction with its event, or part of the transaction of ctx.
type Service struct {
	Store  Store
	Roles  *organization.RoleService
	Outbox event.Outbox
	Tx     identity.Transactor
	Now    func() time.Time
}

// New is what a key is made of.
type New struct {
	Name        string
	UserID      uuid.UUID     // uuid.Nil: of the tenant
	TTL         time.Duration // 0: DefaultTTL
	Permissions []organization.Permission
}

// Create makes a key and returns it with the secret, which nobody can read again. Whoever ctx says
// must have every right of it (organization.Confer), and so must its user; a key for somebody else is
// something done to them (organization.ActOn). ErrKey, ErrOwner, ErrTooMany, identity.ErrUserNotFound,
// organization.ErrCannotConfer, organization.ErrCannotActOn.
func (s *Service) Create(ctx context.Context, n New) (Key, secret.String, error) {
	if n.TTL == 0 {
		n.TTL = DefaultTTL
	}
	t := tenant.Must(ctx)
	if err := n.check(t, organization.Limited(ctx)); err != nil {
		return Key{}, secret.String{}, err
	}
	plain, now := secret.Token(SecretPrefix), s.Now()
	rights := slices.Sorted(slices.Values(n.Permissions))
	k := Key{
		ID: uuid.Must(uuid.NewV7()), Name: n.Name, Hint: plain[:hintLen], UserID: n.UserID,
		Permissions: slices.Compact(rights), CreatedAt: now, ExpiresAt: now.Add(n.TTL),
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.admit(ctx, &k); err != nil {
			return err
		}
		most := MaxOfUser
		if k.UserID == uuid.Nil {
			most = MaxOfTenant
		}
		if err := s.Store.Create(ctx, k, Hash(t.ID, plain), most); err != nil {
			return err
		}
		return s.append(ctx, &k, event.APIKeyCreated{User: owner(&k), Permissions: texts(k.Permissions), ExpiresAt: k.ExpiresAt})
	})
	if err != nil {
		return Key{}, secret.String{}, fmt.Errorf("create API key: %w", err)
	}
	return k, secret.NewString(plain), nil
}

func (n *New) check(t *tenant.Tenant, limited bool) error {
	wrong := func(pointer, message string) error { return ErrKey.At(fault.Field{Pointer: pointer, Message: message}) }
	longest := MaxOperatorTTL
	if limited {
		longest = MaxTTL
	}
	switch {
	case n.Name == "" || len(n.Name) > maxName:
		return wrong("/name", fmt.Sprintf("must have 1 to %d bytes", maxName))
	case n.TTL < time.Minute || n.TTL > longest:
		return wrong("/expires_in", fmt.Sprintf("must be a minute to %d days", longest/(24*time.Hour)))
	case len(n.Permissions) == 0:
		return wrong("/permissions", "must name a right")
	}
	for i, p := range n.Permissions {
		if !p.Manages() || p.OfSystem() && t.Slug != tenant.SystemSlug {
			return wrong(fmt.Sprintf("/permissions/%d", i), "is no right in this tenant's management API")
		}
	}
	return nil
}

// admit decides whether a key may be made. Changes of rights in the tenant wait meanwhile: nobody
// loses a right between the decision and the key.
func (s *Service) admit(ctx context.Context, k *Key) error {
	if err := s.Roles.Store.LockRights(ctx); err != nil {
		return err
	}
	if err := organization.Confer(ctx, uuid.Nil, k.Permissions); err != nil || k.UserID == uuid.Nil {
		return err
	}
	rights, _, err := s.Roles.Rights(ctx, k.UserID, uuid.Nil)
	if err != nil {
		return err
	}
	if err := organization.ActOn(ctx, uuid.Nil, rights); err != nil {
		return err
	}
	for _, p := range k.Permissions {
		if !slices.Contains(rights, p) {
			return ErrOwner.At(fault.Field{Message: "the user has not " + string(p)})
		}
	}
	return nil
}

// List returns up to limit keys that stand after the id, in order of id: of a user, or of all owners
// (uuid.Nil).
func (s *Service) List(ctx context.Context, user, after uuid.UUID, limit int) ([]Key, error) {
	return s.Store.List(ctx, user, after, limit)
}

// Revoke ends a key at once. Whoever ctx says must have the rights of it. ErrNotFound,
// organization.ErrCannotActOn.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) error {
	return s.revoke(ctx, id, func(ctx context.Context, k *Key) error { return organization.ActOn(ctx, uuid.Nil, k.Permissions) })
}

// RevokeOf is Revoke by the user whose key it is, who may have lost rights of it. Keys of others are
// not found.
func (s *Service) RevokeOf(ctx context.Context, user, id uuid.UUID) error {
	return s.revoke(ctx, id, func(_ context.Context, k *Key) error {
		if user == uuid.Nil || k.UserID != user {
			return ErrNotFound
		}
		return nil
	})
}

func (s *Service) revoke(ctx context.Context, id uuid.UUID, may func(context.Context, *Key) error) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		k, err := s.Store.Find(ctx, id)
		if err != nil {
			return err
		}
		if err := may(ctx, &k); err != nil {
			return err
		}
		if err := s.Store.Revoke(ctx, id); err != nil {
			return err
		}
		return s.append(ctx, &k, event.APIKeyRevoked{User: owner(&k)})
	})
	if err != nil {
		return fmt.Errorf("revoke API key: %w", err)
	}
	return nil
}

// Authenticate returns the key that a caller presents, and what it may do: the rights of the key, as
// far as its user has them now. ErrUnknown. It takes one round trip, none for what is no key.
func (s *Service) Authenticate(ctx context.Context, plain string) (Key, organization.Authority, error) {
	if !secret.WellFormed(SecretPrefix, plain) {
		return Key{}, organization.Authority{}, ErrUnknown
	}
	hash := Hash(tenant.Must(ctx).ID, plain)
	read := func(ctx context.Context) (Key, organization.Authority, error) {
		found, err := s.Store.Use(ctx, hash)
		if err != nil {
			return Key{}, organization.Authority{}, err
		}
		return found.Key, organization.Authority{Rights: found.rights(tenant.Must(ctx))}, nil
	}
	k, a, err := read(ctx)
	if err != nil {
		return Key{}, organization.Authority{}, fmt.Errorf("authenticate API key: %w", err)
	}
	a.Again = func(ctx context.Context) (organization.Authority, error) {
		if err := s.Roles.Store.LockRights(ctx); err != nil {
			return organization.Authority{}, err
		}
		_, now, err := read(ctx)
		return now, err
	}
	return k, a, nil
}

// Rights returns what a key gives now: nothing when it is over.
func (s *Service) Rights(ctx context.Context, id uuid.UUID) ([]organization.Permission, error) {
	k, err := s.Store.Find(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil || k.UserID == uuid.Nil {
		return k.Permissions, err
	}
	has, _, err := s.Roles.Rights(ctx, k.UserID, uuid.Nil)
	return slices.DeleteFunc(k.Permissions, func(r organization.Permission) bool { return !slices.Contains(has, r) }), err
}

// rights are what the key gives now.
func (p *Presented) rights(t *tenant.Tenant) []organization.Permission {
	if p.UserID == uuid.Nil {
		return p.Permissions
	}
	has := organization.Resolve(append(organization.BuiltInRoles(t), p.Held.Roles...), organization.TenantRole, p.Held.Tenant...)
	return slices.DeleteFunc(slices.Clone(p.Permissions), func(r organization.Permission) bool { return !slices.Contains(has, r) })
}

func (s *Service) append(ctx context.Context, k *Key, fact event.Fact) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: k.PublicID(),
	})
}

// owner is the public id of the key's user, or "".
func owner(k *Key) string {
	if k.UserID == uuid.Nil {
		return ""
	}
	return tid.Format(identity.UserPrefix, k.UserID)
}

func texts(all []organization.Permission) []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = string(p)
	}
	return out
}
