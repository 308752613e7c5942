// Package registry manages tenants: the one way to make, change, disable and delete one.
// Command line, manifest, set-up and APIs call it. It works across tenants, and is handed
// to operators' code only.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/brand"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/owner"
	"plinto/tenant"
)

// Writes stores tenants. Each method writes the columns of one kind of change and
// nothing else, within the transaction of ctx.
type Writes interface {
	owner.Rows
	// Prepare makes the tables of a tenant that shares none with others, where they lack. It needs no
	// transaction, and leaves one with shared tables alone. ErrPlacement.
	Prepare(ctx context.Context, t tenant.Tenant) error
	// Discard removes what Prepare made for a tenant that was not stored after all.
	Discard(ctx context.Context, t tenant.Tenant) error
	// Insert stores t. tenant.ErrSlugTaken, tenant.ErrHostTaken.
	Insert(ctx context.Context, t tenant.Tenant) error
	// SharesHost reports whether t and another tenant name the same host, as their own or as one of
	// those that their passkeys work on. Passkeys of one are looked at after the other.
	SharesHost(ctx context.Context, t tenant.Tenant) (bool, error)
	// SetDetails writes name, host and settings over those of t.Version.
	// fault.ErrChanged when the row has another version, tenant.ErrUnknown,
	// tenant.ErrHostTaken.
	SetDetails(ctx context.Context, t tenant.Tenant) error
	// SetLogos stores logos of a tenant beside those it has, and removes those that its
	// settings do not show. tenant.ErrLogoUnknown when one is shown that is not there.
	SetLogos(ctx context.Context, t tenant.Tenant, logos []brand.Logo) error
	// SetDisabled disables or enables a tenant, ends what there is of it, and reports whether it was otherwise.
	// tenant.ErrUnknown.
	SetDisabled(ctx context.Context, id tenant.ID, disabled bool) (changed bool, err error)
	// Remove deletes a tenant and everything in it. tenant.ErrUnknown, fault.ErrChanged when the row has
	// another version.
	Remove(ctx context.Context, id tenant.ID, version int64) error
}

// A Filter chooses tenants; what is zero chooses all.
type Filter struct {
	Slug, Host string // exactly
	Prefix     string // of slug or name, in small or capital letters
}

// A Finder lists tenants by their ids, which are in order of creation.
type Finder interface {
	// Find returns the rows of a window (keyset.Window.Scan).
	Find(ctx context.Context, f Filter, w keyset.Window) ([]tenant.Tenant, error)
	Count(ctx context.Context, f Filter) (int64, error)
}

// ErrPlacement refuses tenants of an isolation that this process cannot make tables for.
var ErrPlacement = fault.New(fault.Invalid, "isolation_unavailable",
	"A tenant with tables of its own needs a role that may make them. Set PLINTO_MIGRATE_DATABASE_URL, or run plinto tenant create where it is set.")

// ErrSystem refuses to delete the tenant in which operators sign in.
var ErrSystem = fault.New(fault.Conflict, "system_tenant", "The system tenant cannot be suspended or deleted: operators sign in there.")

// A Transactor runs fn in one transaction across tenants.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// A Service changes tenants, each change with its audit row in one transaction. A change
// that changes nothing has none.
type Service struct {
	Tenants tenant.Registry
	Writes  Writes
	Outbox  event.Outbox // appends to the audit log of the tenant of ctx
	Tx      Transactor
	Moves   Moves // nil where no tenant is moved
	Backups Backups
}

// Create stores a tenant with its id and the logos that its settings show, disabled when t
// is, and returns it as it is read. tenant.ErrSlugTaken, tenant.ErrHostTaken,
// tenant.ErrLogoUnknown.
func (s *Service) Create(ctx context.Context, t tenant.Tenant, logos ...brand.Logo) (*tenant.Tenant, error) {
	if err := s.Writes.Prepare(ctx, t); err != nil {
		return nil, err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.alone(ctx, &t); err != nil {
			return err
		}
		if err := s.Writes.Insert(ctx, t); err != nil {
			return err
		}
		if err := s.setLogos(ctx, &tenant.Tenant{}, &t, logos); err != nil {
			return err
		}
		if err := s.appendEvent(ctx, &t, event.TenantCreated{}); err != nil || t.DisabledAt.IsZero() {
			return err
		}
		_, err := s.Writes.SetDisabled(ctx, t.ID, true)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, s.Writes.Discard(context.WithoutCancel(ctx), t))
	}
	return s.Tenants.Current(ctx, t.Slug)
}

// updateTries bounds how often an edit is made anew because somebody else was first.
const updateTries = 5

// Update changes name, host and settings of the tenant of that slug, and returns it. edit
// gets the tenant as it is stored; it is called again when somebody else changed the
// tenant meanwhile, so it must depend on nothing else. Whether the tenant is disabled is
// left alone. logos are those that the settings newly show. tenant.ErrUnknown,
// tenant.ErrHostTaken, tenant.ErrLogoUnknown.
func (s *Service) Update(ctx context.Context, slug string, edit func(*tenant.Tenant) error, logos ...brand.Logo) (*tenant.Tenant, error) {
	for range updateTries {
		before, err := s.readable(ctx, slug)
		if err != nil {
			return nil, err
		}
		after := *before
		if err := edit(&after); err != nil {
			return nil, err
		}
		after.ID, after.Slug, after.DisabledAt, after.Version = before.ID, before.Slug, before.DisabledAt, before.Version
		fields := differences(before, &after)
		if len(fields) == 0 {
			return before, nil
		}
		err = s.Tx.InTx(ctx, func(ctx context.Context) error {
			if err := owner.Admit(ctx, s.Writes, uuid.UUID(after.ID)); err != nil {
				return err
			}
			if err := s.alone(ctx, &after); err != nil {
				return err
			}
			if err := s.Writes.SetDetails(ctx, after); err != nil {
				return err
			}
			if err := s.setLogos(ctx, before, &after, logos); err != nil {
				return err
			}
			return s.appendEvent(ctx, &after, event.TenantUpdated{Fields: fields})
		})
		if !errors.Is(err, fault.ErrChanged) {
			return &after, err
		}
	}
	return nil, fmt.Errorf("update tenant: %w", fault.ErrChanged)
}

// readable returns a tenant to change or to work with. tenant.ErrUnknown, tenant.ErrUnreadable: what cannot be read would be written over.
func (s *Service) readable(ctx context.Context, slug string) (*tenant.Tenant, error) {
	t, err := s.Tenants.Current(ctx, slug)
	if err != nil {
		return nil, err
	}
	return t, t.Check()
}

// Disable lets a tenant answer nobody, and ends all sessions and everything that was
// granted.
func (s *Service) Disable(ctx context.Context, slug string) error {
	return s.setDisabled(ctx, slug, true, event.TenantDisabled{})
}

// Enable lets a tenant answer again. What there was before stays dead, also what a server
// made that had not heard yet that the tenant was disabled.
func (s *Service) Enable(ctx context.Context, slug string) error {
	return s.setDisabled(ctx, slug, false, event.TenantEnabled{})
}

func (s *Service) setDisabled(ctx context.Context, slug string, disabled bool, fact event.Fact) error {
	t, err := s.Tenants.Current(ctx, slug)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := owner.Admit(ctx, s.Writes, uuid.UUID(t.ID)); err != nil {
			return err
		}
		changed, err := s.Writes.SetDisabled(ctx, t.ID, disabled)
		if err != nil || !changed {
			return err
		}
		return s.appendEvent(ctx, t, fact)
	})
}

// Delete removes a tenant, as it was read, and everything in it. tenant.ErrUnknown, fault.ErrChanged, ErrSystem.
func (s *Service) Delete(ctx context.Context, t *tenant.Tenant) error {
	if t.Slug == tenant.SystemSlug {
		return ErrSystem
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := owner.Admit(ctx, s.Writes, uuid.UUID(t.ID)); err != nil {
			return err
		}
		if err := s.Writes.Remove(ctx, t.ID, t.Version); err != nil {
			return err
		}
		return s.appendEvent(ctx, t, event.TenantDeleted{})
	})
}

// alone refuses a host that is also one of another tenant.
func (s *Service) alone(ctx context.Context, t *tenant.Tenant) error {
	shares, err := s.Writes.SharesHost(ctx, *t)
	if err == nil && shares {
		err = tenant.ErrPasskeyHostTaken
	}
	return err
}

// setLogos stores what after shows and before did not.
func (s *Service) setLogos(ctx context.Context, before, after *tenant.Tenant, logos []brand.Logo) error {
	if slices.Equal(before.Settings.Branding.Logos(), after.Settings.Branding.Logos()) {
		return nil
	}
	return s.Writes.SetLogos(ctx, *after, logos)
}

func (s *Service) appendEvent(ctx context.Context, t *tenant.Tenant, fact event.Fact) error {
	return s.Outbox.Append(tenant.With(ctx, t), event.Event{
		Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: t.Slug,
	})
}

// differences returns the members in which two tenants differ, for events.
func differences(a, b *tenant.Tenant) (fields []string) {
	if a.Name != b.Name {
		fields = append(fields, "name")
	}
	if a.Host != b.Host {
		fields = append(fields, "host")
	}
	if !bytes.Equal(written(a.Settings), written(b.Settings)) {
		fields = append(fields, "settings")
	}
	return fields
}

// written is settings as they are stored.
func written(s tenant.Settings) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // Settings hold nothing that cannot be written
	}
	return text
}
