package bulk

import (
	"context"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A rehearsal is what a step of a dry run knows of the lines before it. They stored no user who could tell, so their
// names are kept with the job: in memory they would grow with the file, and be lost between two turns.
type rehearsal struct {
	seen  map[string]bool // names of this step's lines, by their keys
	added [][]byte        // those that are new
}

// nameKeys are the names by which two users of a file would be one, as keys that show nothing of them.
func (w *worker) nameKeys(ctx context.Context, u *identity.User) (keys []string) {
	var names []string
	for _, typed := range []string{u.Email, u.Username} {
		if c, err := identity.Canonical(typed); err == nil && (len(names) == 0 || names[0] != c) {
			names = append(names, c)
		}
	}
	for _, name := range names {
		keys = append(keys, w.nameKey(ctx, "identifier", name))
	}
	if u.Kept.ExternalID != "" {
		keys = append(keys, w.nameKey(ctx, "external id", u.Kept.ExternalID))
	}
	return keys
}

func (w *worker) nameKey(ctx context.Context, kind, name string) string {
	return string(secret.MAC(w.names.Of(tenant.Must(ctx).ID), tenant.Must(ctx).ID.String(), w.job.ID.String(), kind, name))
}

// rehearse finds out which names of new users earlier lines have.
func (w *worker) rehearse(ctx context.Context, fresh []*task) error {
	w.rehearsal = rehearsal{seen: map[string]bool{}}
	var asked [][]byte
	for _, t := range fresh {
		u, err := w.newUser(t)
		if err != nil {
			continue // which newUsers says
		}
		for _, key := range w.nameKeys(ctx, &u.User) {
			asked = append(asked, []byte(key))
		}
	}
	known, err := w.Jobs.Named(ctx, w.job.ID, asked)
	for _, key := range known {
		w.rehearsal.seen[string(key)] = true
	}
	return err
}

// first refuses what an earlier line of a dry run has.
func (w *worker) first(ctx context.Context, u *identity.User) error {
	keys := w.nameKeys(ctx, u)
	for _, key := range keys {
		if w.rehearsal.seen[key] {
			return errTwin
		}
	}
	for _, key := range keys {
		w.rehearsal.seen[key] = true
		w.rehearsal.added = append(w.rehearsal.added, []byte(key))
	}
	return nil
}
