package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
)

// change changes the users who are there, and returns the lines of those who are not.
func (w *worker) change(ctx context.Context, tasks []*task) (fresh []*task, err error) {
	var ids []string
	for _, t := range tasks {
		if !t.over && t.ExternalID != "" {
			ids = append(ids, t.ExternalID)
		}
	}
	there := map[string]*identity.Credential{}
	if len(ids) > 0 {
		held, err := w.Users.Held(ctx, ids)
		if err != nil {
			return nil, err
		}
		for i := range held {
			there[held[i].User.Kept.ExternalID] = &held[i]
		}
	}
	for _, t := range tasks {
		if t.over {
			continue
		}
		user := there[t.ExternalID]
		if user == nil {
			fresh = append(fresh, t)
			continue
		}
		if err := w.update(ctx, t, user); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// update changes one user, in a transaction of its own. What its rules say about the line is no error.
func (w *worker) update(ctx context.Context, t *task, there *identity.Credential) error {
	changed := false
	err := w.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := w.Act(ctx, there.User.ID); err != nil {
			return err
		}
		u, err := w.Directory.Manage(ctx, event.ActorFrom(ctx, w.job.Actor), there.User.ID, t.edit)
		if err != nil {
			return err
		}
		after, err := w.Directory.Managed.Managed(ctx, u.ID)
		if err != nil {
			return err
		}
		changed = after.Version != there.User.Version
		if err := w.block(ctx, t, &there.User, &changed); err != nil {
			return err
		}
		if t.PasswordHash != "" && there.PasswordHash == "" {
			set, err := w.Directory.SetFirst(ctx, event.ActorFrom(ctx, w.job.Actor), u.ID, identity.Hashed(t.PasswordHash))
			if err != nil {
				return err
			}
			changed = changed || set
		}
		if w.job.DryRun {
			return errDry
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errDry) && fault.KindOf(err) == "":
		return fmt.Errorf("import line %d: %w", t.out.Line, err)
	case err != nil && !errors.Is(err, errDry):
		t.refuse(err)
	case changed:
		t.become(updated, &there.User)
	default:
		t.become(unchanged, &there.User)
	}
	return nil
}

// block lets a user in or keeps them out, where the line says so.
func (w *worker) block(ctx context.Context, t *task, u *identity.User, changed *bool) error {
	switch actor := event.ActorFrom(ctx, w.job.Actor); {
	case t.Blocked == nil || *t.Blocked != u.Active():
		return nil
	case *t.Blocked:
		*changed = true
		return w.Directory.Disable(ctx, actor, u.ID)
	default:
		*changed = true
		return w.Directory.Enable(ctx, actor, u.ID)
	}
}

// newcomers are the users to create, with their lines.
type newcomers struct {
	users []identity.NewUser
	tasks []*task
}

// newUsers are those of the lines that can be created as far as the lines tell.
func (w *worker) newUsers(ctx context.Context, fresh []*task) (n newcomers) {
	for _, t := range fresh {
		if w.job.DryRun && t.ExternalID != "" && w.rehearsal.seen[w.nameKey(ctx, "external id", t.ExternalID)] {
			t.become(updated, nil) // an earlier line would have created the user
			continue
		}
		u, err := w.newUser(t)
		if err == nil && w.job.DryRun {
			err = w.first(ctx, &u.User)
		}
		if err != nil {
			t.refuse(err)
			continue
		}
		n.users, n.tasks = append(n.users, u), append(n.tasks, t)
	}
	return n
}

// create stores the new users of a step, in the transaction of ctx.
func (w *worker) create(ctx context.Context, n newcomers) error {
	if len(n.users) == 0 {
		return nil
	}
	actor := event.ActorFrom(ctx, w.job.Actor)
	errs, err := w.Directory.StoreMany(ctx, actor, n.users)
	if err != nil {
		return err
	}
	for i, t := range n.tasks {
		if errs[i] != nil {
			t.refuse(errs[i])
			continue
		}
		if err := w.complete(ctx, actor, t, &n.users[i].User); err != nil {
			return err
		}
		if t.become(created, &n.users[i].User); w.job.DryRun {
			t.out.ID = "" // of nobody
		}
	}
	return nil
}

// complete stores what comes after the user.
func (w *worker) complete(ctx context.Context, actor event.Actor, t *task, u *identity.User) error {
	if t.ChangePassword {
		if err := w.Directory.RequirePassword(ctx, actor, u.ID); err != nil {
			return err
		}
	}
	for i := range t.TOTP {
		secret, err := mfa.ParseSecret(t.TOTP[i].Secret)
		if err != nil {
			return err
		}
		if err := w.Apps.Take(ctx, u, secret, t.TOTP[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// newUser is the user whom a line describes.
func (w *worker) newUser(t *task) (n identity.NewUser, err error) {
	n.User.Kept = new(identity.Kept)
	if err := t.edit(&n.User); err != nil {
		return n, errRow
	}
	if t.Blocked != nil && *t.Blocked {
		n.User.DisabledAt = w.Now()
	}
	if t.CreatedAt != nil && t.CreatedAt.Before(w.Now()) && t.CreatedAt.After(time.Unix(0, 0)) {
		n.User.CreatedAt = *t.CreatedAt
	}
	n.Password = identity.Hashed(t.PasswordHash)
	return n, nil
}
