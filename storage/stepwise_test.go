package storage

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event/webhook"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/internal/keyset"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// granted gives a user very many grants, each with a refresh token, and sessions.
func (w *world) granted(s story, n int) {
	w.t.Helper()
	of := w.tenants[0].ID.String()
	w.sql(`INSERT INTO grants (tenant_id, id, client_id, user_id, session_id, scopes, auth_time, expires_at)
		SELECT $1, gen_random_uuid(), $2, $3, gen_random_uuid(), '{openid}', now(), now() + interval '1 hour' FROM generate_series(1, $4::int) n`, of, s.client, s.user.ID, n)
	w.sql(`INSERT INTO refresh_tokens (tenant_id, hash, grant_id, expires_at)
		SELECT $1, decode(md5(g.id::text), 'hex'), g.id, g.expires_at FROM grants g WHERE user_id = $2 AND tenant_id = $1`, of, s.user.ID)
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		SELECT $1, gen_random_uuid(), decode(md5($2 || n::text), 'hex'), $2::uuid, now(), '1 hour', now() + interval '1 hour' FROM generate_series(1, $3::int) n`, of, s.user.ID.String(), n)
}

// lostAfter does a step of a deletion whose process is killed after it, and has the sweep find that.
func (w *world) lostAfter(jobs *Jobs, d deleter, target uuid.UUID) bulk.Job {
	w.t.Helper()
	job, err := jobs.Deleting(w.ctx(), target)
	must(w.t, err)
	if job.Kind != d.of.kind || job.Target != target {
		w.t.Errorf("the job is %+v", job)
	}
	step, err := d.step(w.ctx(), job.ID, target)
	must(w.t, err)
	if n := w.count(`SELECT lines FROM jobs WHERE id = $1`, job.ID); int64(n) != step || step == 0 {
		w.t.Errorf("%d rows are counted after a step of %d", n, step)
	}
	w.sql(`UPDATE jobs SET created_at = now() - interval '2 minutes'`)
	w.sql(`DELETE FROM river_job`)
	must(w.t, jobs.Sweep(w.t.Context()))
	if n := w.count(`SELECT count(*) FROM river_job WHERE args ->> 'task' = $1 AND args ->> 'of' = $2`, d.of.task, job.ID.String()); n != 1 {
		w.t.Errorf("%d tasks go on with it, want 1", n)
	}
	return job
}

// A user with many grants and sessions is gone at once for everybody, with all that is personal, and the rows go in
// steps of which each stays done when the process is killed after it.
func TestUsers_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := w.jobs
	s, other := w.offline(), w.offline()
	opaque := w.opaque(s)
	w.granted(s, 3000)
	kept := w.count(`SELECT count(*) FROM grants WHERE user_id <> $1`, s.user.ID)
	listed, err := w.users.List(w.ctx(), uuid.Nil, 10)
	must(t, err)
	must(t, w.directory().Delete(w.ctx(), byOperator, s.user.ID))

	w.dead("while it is being deleted", s, opaque)
	for name, err := range map[string]error{
		"by id": func() error { _, err := w.users.ByID(w.ctx(), s.user.ID); return err }(),
		"by address": func() error {
			_, err := w.users.Credential(w.ctx(), s.user.Email, nil)
			return err
		}(),
		"to be enabled": func() error { _, err := w.users.SetDisabled(w.ctx(), s.user.ID, false); return err }(),
		"to be kept":    func() error { _, err := w.users.CancelDeletion(w.ctx(), s.user.ID); return err }(),
		"a second time": w.directory().Delete(w.ctx(), byOperator, s.user.ID),
	} {
		if !errors.Is(err, identity.ErrUserNotFound) {
			t.Errorf("it is found %s: %v", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM users WHERE id = $1 AND (email IS NOT NULL OR username IS NOT NULL OR password_hash IS NOT NULL OR profile <> '{}')`, s.user.ID) +
		w.count(`SELECT count(*) FROM user_identifiers WHERE user_id = $1`, s.user.ID); n != 0 {
		t.Error("something personal is left")
	}
	again := testworld.User()
	again.Email = s.user.Email
	must(t, w.users.Create(w.ctx(), again, "hash")) // the address is free
	now, err := w.users.List(w.ctx(), uuid.Nil, 10)
	must(t, err)
	if len(now) != len(listed) || slices.ContainsFunc(now, func(u identity.User) bool { return u.ID == s.user.ID }) {
		t.Errorf("%d users are listed, want %d without the one that is being deleted", len(now), len(listed))
	}

	job := w.lostAfter(jobs, w.users.deleter(), s.user.ID)
	must(t, w.users.GoOnDeleting(testworld.In(w.tenants[1]), job.ID)) // of another tenant: there is no such job
	if w.count(`SELECT count(*) FROM users WHERE id = $1`, s.user.ID) != 1 {
		t.Error("another tenant went on with it")
	}
	must(t, w.users.GoOnDeleting(w.ctx(), job.ID))
	must(t, w.users.GoOnDeleting(w.ctx(), job.ID)) // the queue calls at least once
	if n := w.count(`SELECT count(*) FROM users WHERE id = $1`, s.user.ID) + w.count(`SELECT count(*) FROM grants WHERE user_id = $1`, s.user.ID) +
		w.count(`SELECT count(*) FROM sessions WHERE user_id = $1`, s.user.ID); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := w.count(`SELECT count(*) FROM grants`); n != kept {
		t.Errorf("%d grants of others, want %d", n, kept)
	}
	if n := w.count(`SELECT count(*) FROM jobs WHERE state = 'succeeded' AND lines >= 9000`); n != 1 {
		t.Error("the job does not say how much it did")
	}
	if _, err := w.rotate(other, other.refresh, random()); err != nil {
		t.Errorf("a stranger's refresh token: %v", err)
	}
}

// An organization with many members is gone at once for everybody, with what was granted for it.
func TestOrganizations_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := w.jobs
	organizations, memberships := newOrganizations(w.db), &Memberships{w.db}
	organizations.jobs = jobs
	s := w.offline()
	opaque := w.opaque(s)
	o := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: "acme", Name: "Acme", ExternalID: "x"}
	must(t, organizations.Create(w.ctx(), o))
	small := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: "small", Name: "Small"}
	must(t, organizations.Create(w.ctx(), small))
	of := w.tenants[0].ID.String()
	w.sql(`INSERT INTO users (tenant_id, id) SELECT $1, gen_random_uuid() FROM generate_series(1, 3000) n`, of)
	w.sql(`INSERT INTO memberships (tenant_id, organization_id, user_id, created_at) SELECT $1, $2, id, now() - interval '1 hour' FROM users WHERE tenant_id = $1`, of, o.ID)
	w.sql(`UPDATE grants SET organization_id = $1 WHERE id = $2`, o.ID, s.grant.ID)
	if _, _, _, err := w.access.Inspect(w.ctx(), opaque); err != nil {
		t.Fatalf("a token for the organization before: %v", err)
	}
	must(t, organizations.Delete(w.ctx(), o.ID))
	if _, _, _, err := w.access.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
		t.Errorf("a token for it: %v", err)
	}
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("a refresh token for it: %v", err)
	}
	for name, err := range map[string]error{
		"by id":           func() error { _, err := organizations.ByID(w.ctx(), o.ID); return err }(),
		"by slug":         func() error { _, err := organizations.BySlug(w.ctx(), o.Slug); return err }(),
		"to be suspended": func() error { _, err := organizations.SetSuspended(w.ctx(), o.ID, false); return err }(),
		"a second time":   organizations.Delete(w.ctx(), o.ID),
	} {
		if !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("it is found %s: %v", name, err)
		}
	}
	if found, err := memberships.Of(w.ctx(), s.user.ID, 10); err != nil || len(found) != 0 {
		t.Errorf("a member may choose %d organizations (%v)", len(found), err)
	}
	if found, err := organizations.Of(w.ctx(), s.user.ID, keyset.Rows(uuid.Nil, 10)); err != nil || len(found) != 0 {
		t.Errorf("a member is shown %d organizations (%v)", len(found), err)
	}
	again := o
	again.ID = uuid.Must(uuid.NewV7())
	must(t, organizations.Create(w.ctx(), again)) // its names are free

	job := w.lostAfter(jobs, organizations.deleter(), o.ID)
	must(t, organizations.GoOnDeleting(w.ctx(), job.ID))
	if n := w.count(`SELECT count(*) FROM organizations WHERE id = $1`, o.ID) + w.count(`SELECT count(*) FROM memberships`) + w.count(`SELECT count(*) FROM grants WHERE organization_id IS NOT NULL`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	must(t, organizations.Delete(w.ctx(), small.ID)) // at once
	if n := w.count(`SELECT count(*) FROM organizations`) + w.count(`SELECT count(*) FROM jobs WHERE state = 'running'`); n != 1 {
		t.Errorf("%d organizations and jobs are left, want the one that has the names now", n)
	}
}

// What deletes in steps finds its rows by an index.
func TestDeletions_readIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, of := range deletions {
		for _, rows := range slices.Concat(of.many, of.rows) {
			if plan := w.planIn(rows.sql, rows.args(uuid.New())...); of.kind != kind || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s: %s\n%s", kind, rows.sql, plan)
			}
		}
	}
}

// DEL-20: an endpoint with very many deliveries is gone at once for everybody, and its rows go in steps.
func TestWebhooks_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	system := pg.NewSystem(w.platform)
	hooks := newWebhooks(w.db, system, newTenants(system, nil, copyOptions{heard: always}), nil, copyOptions{heard: always})
	hooks.deletions = w.jobs
	endpoint := func(deliveries int) webhook.Endpoint {
		t.Helper()
		e := webhook.Endpoint{ID: uuid.Must(uuid.NewV7()), Spec: webhook.NewSpec("https://hooks.example/", "", webhook.Full, []string{"*"}), Sealed: []byte("sealed")}
		must(t, hooks.Create(w.ctx(), e))
		of := w.tenants[0].ID.String()
		w.sql(`INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
			SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'user.created', now(), now(), now() FROM generate_series(1, $3::int) n`, of, e.ID, deliveries)
		w.sql(`INSERT INTO webhook_attempts (tenant_id, id, delivery_id, at, latency_ms)
			SELECT $1, gen_random_uuid(), id, now(), 1 FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2`, of, e.ID)
		return e
	}
	many, few := endpoint(2*deletedDeliveries+10), endpoint(5)
	must(t, hooks.Delete(w.ctx(), many.ID))
	if all, err := hooks.List(w.ctx()); err != nil || len(all) != 1 || all[0].ID != few.ID {
		t.Errorf("it is listed while it is being deleted: %v, %v", all, err)
	}
	for name, err := range map[string]error{
		"to be enabled": func() error { _, err := hooks.Enable(w.ctx(), many.ID, time.Now()); return err }(),
		"a second time": hooks.Delete(w.ctx(), many.ID),
	} {
		if !errors.Is(err, webhook.ErrNotFound) {
			t.Errorf("it is found %s: %v", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM webhook_endpoints WHERE id = $1 AND (sealed <> '' OR disabled_at IS NULL)`, many.ID); n != 0 {
		t.Error("it is left enabled, or with its keys")
	}
	job := w.lostAfter(w.jobs, hooks.deleter(), many.ID)
	must(t, hooks.GoOnDeleting(w.ctx(), job.ID))
	if n := w.count(`SELECT count(*) FROM webhook_endpoints`); n != 1 {
		t.Errorf("%d endpoints are left, want the other", n)
	}
	if n := w.count(`SELECT count(*) FROM webhook_deliveries`) + w.count(`SELECT count(*) FROM webhook_attempts`); n != 10 {
		t.Errorf("%d deliveries and attempts are left, want those of the other", n)
	}
	must(t, hooks.Delete(w.ctx(), few.ID)) // with one statement
	if n := w.count(`SELECT count(*) FROM webhook_endpoints`) + w.count(`SELECT count(*) FROM jobs WHERE state = 'running'`); n != 0 {
		t.Errorf("%d endpoints and jobs are left", n)
	}
}
