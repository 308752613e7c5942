package registry

import (
	"context"
	"errors"
	"io"
	"time"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A Bundle is a file with everything of one tenant, sealed by a key of the operator's.
type Bundle struct {
	Tenant  tenant.Tenant // as it was, where it was
	TakenAt time.Time     // by the clock of its database
}

// A Restoration is what becomes of a tenant that is put back to an earlier time.
type Restoration struct {
	Tenant tenant.Tenant // as it is to be, where it is to be
	// KeepTokens has sessions and tokens of then live on. Whatever ended or used them since is forgotten.
	KeepTokens bool
	Event      event.Event // that it is told of
}

// Backups makes and restores bundles. None of its methods needs a transaction.
type Backups interface {
	// Save writes a bundle of a tenant, of one moment, while it is served. tenant.ErrMoving, ErrOwner.
	Save(ctx context.Context, t *tenant.Tenant, to io.Writer, key secret.Keeper, tell func(Progress)) (Bundle, error)
	// Room returns whether there is nothing of a tenant where it is to be, so that all of it is removed when restoring fails. It
	// refuses one that is there, or whose audit log is elsewhere.
	Room(ctx context.Context, t tenant.Tenant) (empty bool, err error)
	// Load restores a bundle as plan says, in tables that have been made. Nobody finds the tenant before it is whole, and a bundle that was
	// changed or cut off, or that is of another version, is refused. tenant.ErrSlugTaken, tenant.ErrHostTaken, ErrOwner.
	Load(ctx context.Context, from io.Reader, key secret.Keeper, plan func(Bundle) (Restoration, error), tell func(Progress)) error
	// Rewound ends what a tenant has that must not happen twice, after its database was put back to an earlier time.
	Rewound(ctx context.Context, of Restoration) error
}

// ErrOwner refuses backups where this process cannot work as the owner of the tables.
var ErrOwner = fault.New(fault.Invalid, "owner_needed",
	"Backups are made and restored as the role that owns the tables. Set PLINTO_MIGRATE_DATABASE_URL.")

// ErrSystemBackup refuses to make somebody's tenant that of the operators unless it is said.
var ErrSystemBackup = fault.New(fault.Invalid, "backup_of_system",
	"The backup is of the tenant system, whose users manage all tenants of an installation. Restore it with --as system if it is your own.")

// Backup writes everything of a tenant into a bundle that key seals. It is in the audit log before the first byte is written.
func (s *Service) Backup(ctx context.Context, slug string, to io.Writer, key secret.Keeper, tell func(Progress)) (Bundle, error) {
	t, err := s.readable(ctx, slug)
	if err != nil {
		return Bundle{}, err
	}
	if err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.appendEvent(ctx, t, event.TenantBackedUp{}) }); err != nil {
		return Bundle{}, err
	}
	return s.Backups.Save(ctx, t, to, key, tell)
}

// A Restore says what to restore, and as what.
type Restore struct {
	From io.Reader
	Key  secret.Keeper
	Slug string  // "": that of the bundle
	Host *string // nil: that of the bundle; "": none
	// Placement is where the tenant is to be; without an isolation, as it was.
	Placement tenant.Placement
	// Enabled has the tenant answer at once. Otherwise it is disabled until what was ended since the backup is ended again.
	Enabled    bool
	KeepTokens bool
	Now        time.Time
}

// as is the tenant that the bundle's is to be.
func (r *Restore) as(b *Bundle) (tenant.Tenant, error) {
	t := b.Tenant
	switch {
	case r.Slug != "":
		t.Slug = r.Slug
	case t.Slug == tenant.SystemSlug:
		return t, ErrSystemBackup
	}
	if r.Host != nil {
		t.Host = *r.Host
	}
	if r.Placement.Isolation != "" {
		t.Placement = r.Placement
	}
	if !r.Enabled && t.DisabledAt.IsZero() {
		t.DisabledAt = r.Now
	}
	return t, errors.Join(tenant.CheckSlug(t.Slug), tenant.CheckHost(t.Host), t.Placement.Check())
}

// Restore restores a tenant that the installation does not have, with its ids, keys and audit log, and returns it as it is read,
// and what the bundle says. Sessions and tokens are over, unless they are kept. Nothing is left of it when it fails.
func (s *Service) Restore(ctx context.Context, r Restore, tell func(Progress)) (*tenant.Tenant, Bundle, error) {
	var of Bundle
	var t tenant.Tenant
	remove := false
	err := s.Backups.Load(ctx, r.From, r.Key, func(b Bundle) (_ Restoration, err error) {
		of = b
		if t, err = r.as(&b); err != nil {
			return Restoration{}, err
		}
		empty, err := s.Backups.Room(ctx, t)
		if err != nil {
			return Restoration{}, err
		}
		if err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.alone(ctx, &t) }); err != nil {
			return Restoration{}, err
		}
		remove = empty
		if err := s.Writes.Prepare(ctx, t); err != nil {
			return Restoration{}, err
		}
		return Restoration{Tenant: t, KeepTokens: r.KeepTokens, Event: restored(ctx, &t, b.TakenAt, r.KeepTokens)}, nil
	}, tell)
	if err != nil && remove && !errors.Is(err, tenant.ErrGoingOn) { // what is there is somebody else's who is at it
		err = errors.Join(err, s.Writes.Discard(context.WithoutCancel(ctx), t))
	}
	if err != nil {
		return nil, of, err
	}
	back, err := s.Tenants.Current(ctx, t.Slug)
	return back, of, err
}

// Rewound ends sessions, tokens and what was to be sent of a tenant whose database was put back to an earlier time. It can be
// done again.
func (s *Service) Rewound(ctx context.Context, slug string, keepTokens bool) error {
	t, err := s.readable(ctx, slug)
	if err != nil {
		return err
	}
	return s.Backups.Rewound(ctx, Restoration{Tenant: *t, KeepTokens: keepTokens, Event: restored(ctx, t, time.Time{}, keepTokens)})
}

func restored(ctx context.Context, t *tenant.Tenant, takenAt time.Time, kept bool) event.Event {
	fact := event.TenantRestored{BackupAt: takenAt.UTC(), KeptTokens: kept}
	return event.Event{Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: t.Slug}
}
