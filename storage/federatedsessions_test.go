package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
)

// A federatedWorld is a connection with an identity of a user, and what was begun with it.
type federatedWorld struct {
	*world
	connections *Connections
	identities  *Identities
	service     *federation.Service
	c           federation.Connection
	i           federation.Identity
}

func newFederatedWorld(w *world) *federatedWorld {
	identities, connections, c, i := w.identified()
	return w.federated(identities, connections, c, i)
}

// begunWith has the session of a story be begun with an identity of a connection of its own.
func (w *world) begunWith(s *story) *federatedWorld {
	w.t.Helper()
	connections, identities := newConnections(w.db, copyOptions{heard: never}), &Identities{w.db}
	c := federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "of-" + s.session.ID.String()}
	must(w.t, connections.Create(w.ctx(), c))
	i := federation.Identity{ID: uuid.Must(uuid.NewV7()), Connection: c.ID, Issuer: "https://idp.example", Subject: "s", UserID: s.user.ID}
	must(w.t, w.adds(identities, i))
	w.sql(`UPDATE sessions SET connection_id = $2, identity_id = $3, connection_epoch = 0 WHERE id = $1`, s.session.ID, c.ID, i.ID)
	return w.federated(identities, connections, c, i)
}

func (w *world) federated(identities *Identities, connections *Connections, c federation.Connection, i federation.Identity) *federatedWorld {
	w.t.Helper()
	connections.jobs, connections.ender, connections.begun = w.jobs, w.ends, w.sessions
	connections.roles = &federation.RoleGiver{Given: identities, Roles: &organization.RoleService{Store: &Roles{DB: w.db}, Outbox: w.outbox, Tx: w.db}}
	endings := federation.Endings{Ender: w.ends, Begun: w.sessions}
	return &federatedWorld{w, connections, identities, &federation.Service{
		Connections: connections, Writes: connections, Outbox: w.outbox, Tx: w.db, Now: time.Now, Endings: endings,
	}, c, i}
}

func (w *federatedWorld) upstream(sid string) identity.Upstream {
	u := identity.Upstream{Connection: w.c.ID, Identity: w.i.ID, Epoch: w.c.Epoch}
	if sid != "" {
		u.SID = []byte(sid)
	}
	return u
}

// begins stores a session that was begun with the identity.
func (w *federatedWorld) begins(sid string) identity.Session {
	w.t.Helper()
	s := testworld.Session(identity.User{ID: w.i.UserID}, func(s *identity.Session) { s.AMR, s.Upstream = []string{"fed"}, w.upstream(sid) })
	must(w.t, w.sessions.Create(w.ctx(), s))
	return s
}

// tells is a story of a session that was begun with the identity, up to a refresh token of offline access.
func (w *federatedWorld) tells() story {
	w.t.Helper()
	s := story{user: identity.User{ID: w.i.UserID}, client: w.client(), session: w.begins("")}
	s.grant, s.code = testworld.Grant(s.client, s.session), testworld.Code(s.session)
	s.grant.Offline = true
	must(w.t, w.issue(s))
	s.refresh = random()
	_, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{Hash: s.refresh, IdleTTL: time.Hour})
	must(w.t, err)
	return s
}

func (w *federatedWorld) unlinks() {
	w.t.Helper()
	ins := &federation.SignIns{Identities: w.identities, Outbox: w.outbox, Tx: w.db, Endings: w.service.Endings}
	must(w.t, ins.Unlink(w.ctx(), event.Actor{Type: "operator"}, &identity.User{ID: w.i.UserID}, w.i.ID))
}

func TestFederatedSession_comesBackAsItWasCreated(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	want := w.begins("theirs")
	for range 2 { // from Postgres, then from Redis
		got, err := w.sessions.ByToken(w.ctx(), want.TokenHash)
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(identity.Session{}, "CreatedAt")); diff != "" {
			t.Errorf("session differs (-want +got):\n%s", diff)
		}
	}
	renewed := want
	renewed.TokenHash, renewed.Upstream = random(), identity.Upstream{}
	must(t, w.sessions.Renew(w.ctx(), want.TokenHash, renewed))
	if got, err := w.sessions.Current(w.ctx(), renewed.TokenHash); err != nil || got.Upstream.Identity != uuid.Nil {
		t.Errorf("renewed without a provider, it hangs on %+v (%v)", got.Upstream, err)
	}
}

// FED-35, FED-36: session, code, refresh token and access token each look at the identity and its connection when they are used.
func TestFederatedSession_hangsOnIdentityAndConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(w *federatedWorld)
		lost string
		back func(w *federatedWorld) bool // does what takes it back, and reports whether sessions serve again
	}{
		"unlinked":           {(*federatedWorld).unlinks, "identity_unlinked", nil},
		"connection deleted": {func(w *federatedWorld) { must(w.t, w.service.Delete(w.ctx(), w.c.ID)) }, "identity_unlinked", nil},
		"connection disabled": {func(w *federatedWorld) { must(w.t, w.service.Disable(w.ctx(), w.c.ID)) }, "connection_disabled", func(w *federatedWorld) bool {
			must(w.t, w.service.Enable(w.ctx(), w.c.ID))
			return true
		}},
		"its sessions ended": {func(w *federatedWorld) {
			_, err := w.connections.EndEpoch(w.ctx(), w.c.ID)
			must(w.t, err)
		}, "connection_sessions_ended", nil},
	} {
		w := newFederatedWorld(newWorld(t))
		s, waiting := w.tells(), w.begins("")
		opaque := w.opaque(s)
		other := w.session(w.user())
		if _, err := w.sessions.Current(w.ctx(), s.session.TokenHash); err != nil {
			t.Fatal(err)
		}
		c.end(w)
		if _, err := w.sessions.Current(w.ctx(), waiting.TokenHash); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: the session: %v", name, err)
		}
		late := story{user: s.user, client: s.client, session: waiting}
		late.grant, late.code = testworld.Grant(s.client, waiting), testworld.Code(waiting)
		if err := w.issue(late); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: a code: %v", name, err)
		}
		if _, _, _, err := w.access.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: the access token: %v", name, err)
		}
		if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
			t.Errorf("%s: the refresh token: %v", name, err)
		}
		if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'grant.revoked' AND data ->> 'reason' = $1`, c.lost); n != 1 {
			t.Errorf("%s: %d grants are revoked for %s", name, n, c.lost)
		}
		if !w.signedIn(other) {
			t.Errorf("%s: ends a session that was begun without it", name)
		}
		if c.back != nil && c.back(w) != w.signedIn(waiting) {
			t.Errorf("%s: taken back, the session serves: %v", name, w.signedIn(waiting))
		}
	}
}

// The look at them is part of the statements that there are anyway.
// FED-35, FED-36: another process hears of it, whose memory has a token of offline access that hangs on nothing else.
func TestFederatedSession_endsTokensThatOthersHold(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"identity taken":      `DELETE FROM user_identities WHERE id = $1`,
		"connection disabled": `UPDATE connections SET disabled_at = now() WHERE id = (SELECT connection_id FROM user_identities WHERE id = $1)`,
		"epoch moved":         `UPDATE connections SET epoch = epoch + 1 WHERE id = (SELECT connection_id FROM user_identities WHERE id = $1)`,
	} {
		w := newFederatedWorld(newWorld(t))
		here, s := w.listening(), w.tells()
		opaque := w.opaque(s)
		_, _, _, err := here.Inspect(w.ctx(), opaque)
		must(t, err)
		w.sql(sql, w.i.ID)
		w.eventually(name, func() bool {
			_, _, _, err := here.Inspect(w.ctx(), opaque)
			return errors.Is(err, provider.ErrTokenUnknown)
		})
	}
}

// FED-35: a copy of a session in Redis serves no longer than its connection does.
func TestFederatedSession_isNotReadFromACopyWhenItsConnectionIsOver(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"disabled":    `UPDATE connections SET disabled_at = now() WHERE id = $1`,
		"deleted":     `DELETE FROM connections WHERE id = $1`,
		"epoch moved": `UPDATE connections SET epoch = epoch + 1 WHERE id = $1`,
	} {
		w := newFederatedWorld(newWorld(t))
		w.sessions.stands = w.connections.stands
		s := w.begins("")
		w.signedIn(s)
		if _, ok := w.sessions.hot.find(w.ctx(), s.TokenHash); !ok {
			t.Fatal("no copy is made")
		}
		w.sql(sql, w.c.ID)
		w.within(2*copyUnannounced, name, func() bool {
			_, err := w.sessions.ByToken(w.ctx(), s.TokenHash)
			return errors.Is(err, identity.ErrNoSession)
		})
	}
}

func TestFederatedSession_costsNoStatementMore(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorldWith(t, nil))
	plain, federated := w.redeemed(), w.tells()
	for name, do := range map[string]func(s *story){
		"read":    func(s *story) { w.signedIn(s.session) },
		"refresh": func(s *story) { _, err := w.rotate(*s, s.refresh, random()); must(t, err) },
	} {
		want, got := w.counted.Count(func() { do(&plain) }), w.counted.Count(func() { do(&federated) })
		if got != want {
			t.Errorf("%s: %d statements, and %d without a provider", name, got, want)
		}
	}
}

// Whom a provider signs out is one account of one connection, or one session of it.
func TestEndBegun_endsThoseThatAreNamed(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	for name, c := range map[string]struct {
		of    identity.Begun
		stays string // the sessions of "one", "two" and "" that serve afterwards
	}{
		"the account":            {identity.Begun{Connection: w.c.ID, Identity: w.i.ID}, ""},
		"one session of it":      {identity.Begun{Connection: w.c.ID, Identity: w.i.ID, SID: []byte("one")}, "two"},
		"one session":            {identity.Begun{Connection: w.c.ID, SID: []byte("one")}, "two nameless"},
		"another connection":     {identity.Begun{Connection: uuid.New(), SID: []byte("one")}, "one two nameless"},
		"another's account":      {identity.Begun{Connection: w.c.ID, Identity: uuid.New()}, "one two nameless"},
		"the connection's epoch": {identity.Begun{Connection: w.c.ID}, "one two nameless"},
	} {
		sessions := map[string]identity.Session{"one": w.begins("one"), "two": w.begins("two"), "nameless": w.begins("")}
		_, err := w.ends.EndBegun(w.ctx(), w.sessions, c.of, 100, event.SessionUpstreamLogout)
		must(t, err)
		stays := ""
		for _, which := range []string{"one", "two", "nameless"} {
			if w.signedIn(sessions[which]) {
				stays += which + " "
			}
		}
		if stays != c.stays && stays != c.stays+" " {
			t.Errorf("%s: %q stay, want %q", name, stays, c.stays)
		}
		_, err = w.sessions.EndBegun(w.ctx(), identity.Begun{Connection: w.c.ID, Identity: w.i.ID}, 100)
		must(t, err)
	}
}

// FED-38: of many who bring a logout token at once, one uses it.
func TestUseLogout_takesATokenOnce(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	hash := random()
	var mu sync.Mutex
	var all sync.WaitGroup
	used := 0
	for range 20 {
		all.Go(func() {
			of, err := w.identities.UseLogout(w.ctx(), hash, time.Now().Add(time.Minute), w.i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && of == w.i.ID {
				used++
			} else if !errors.Is(err, federation.ErrLogoutRepeated) {
				t.Errorf("%s: %v", of, err)
			}
		})
	}
	all.Wait()
	if used != 1 {
		t.Errorf("%d used it", used)
	}
	other := w.i
	other.Subject = "somebody else"
	if of, err := w.identities.UseLogout(w.ctx(), random(), time.Now().Add(time.Minute), other); err != nil || of != uuid.Nil {
		t.Errorf("of somebody unknown: %s, %v", of, err)
	}
}

// gave has n identities of the connection have given their users a role of the tenant.
func (w *federatedWorld) gave(n int, role string) {
	w.t.Helper()
	w.sql(`WITH gave AS (UPDATE user_identities SET given = jsonb_build_array(jsonb_build_object('organization', $3::uuid, 'role', $2::text))
			WHERE id IN (SELECT id FROM user_identities WHERE connection_id = $1 LIMIT $4) RETURNING tenant_id, user_id)
		INSERT INTO user_roles (tenant_id, user_id, key) SELECT tenant_id, user_id, $2 FROM gave`, w.c.ID, role, uuid.Nil, n)
}

// crowded gives the connection identities of users of their own, each with a session.
func (w *federatedWorld) crowded(n int) {
	w.t.Helper()
	of := w.tenants[0].ID.String()
	w.sql(`INSERT INTO users (tenant_id, id) SELECT $1, gen_random_uuid() FROM generate_series(1, $2::int)`, of, n)
	w.sql(`INSERT INTO user_identities (tenant_id, id, connection_id, issuer, subject, user_id)
		SELECT $1, gen_random_uuid(), $2, 'https://idp.example', u.id::text, u.id FROM users u WHERE tenant_id = $1 AND email IS NULL`, of, w.c.ID)
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, connection_id, identity_id, connection_epoch)
		SELECT $1, gen_random_uuid(), decode(md5(i.id::text), 'hex'), i.user_id, now(), '1 hour', now() + interval '1 hour', i.connection_id, i.id, 0
		FROM user_identities i WHERE i.tenant_id = $1`, of)
}

// A connection with many identities is gone at once for everybody, and its sessions end one by one, with their events, in steps of which
// each stays done when the process is killed after it.
func TestConnections_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	w.crowded(2500)
	w.gave(2*givenAtOnce+50, "administrator")
	mine := w.begins("")
	must(t, w.service.Delete(w.ctx(), w.c.ID))
	if _, err := w.connections.BySlug(w.ctx(), "idp"); !errors.Is(err, federation.ErrNotFound) {
		t.Errorf("it is found: %v", err)
	}
	if w.signedIn(mine) {
		t.Error("a session that was begun with it serves")
	}
	must(t, w.connections.Create(w.ctx(), federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "idp"})) // another may have its slug
	if n := w.count(`SELECT count(*) FROM sessions WHERE connection_id = $1 AND ended_at IS NULL`, w.c.ID); n == 0 {
		t.Error("everything was done in the first transaction")
	}
	jobs := w.connections.jobs
	w.connections.deleteAll(t, w.world, jobs)
	for sql, want := range map[string]int{
		`SELECT count(*) FROM user_identities WHERE connection_id = $1`:                                                                                                           0,
		`SELECT count(*) FROM connections WHERE id = $1`:                                                                                                                          0,
		`SELECT count(*) FROM sessions WHERE connection_id = $1 AND ended_at IS NULL`:                                                                                             0,
		`SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND data ->> 'reason' = 'connection_deleted' AND $1::uuid IS NOT NULL`:                                       2502,
		`SELECT count(*) FROM user_roles WHERE key = 'administrator' AND $1::uuid IS NOT NULL`:                                                                                    0,
		`SELECT count(DISTINCT subject) FROM audit_log WHERE type = 'user.role_removed' AND data ->> 'role' = 'administrator' AND actor_type = 'system' AND $1::uuid IS NOT NULL`: 2*givenAtOnce + 50,
	} {
		if n := w.count(sql, w.c.ID); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
}

// deleteAll does what is queued, with a process that dies after the first step.
func (s *Connections) deleteAll(t *testing.T, w *world, jobs *Jobs) {
	t.Helper()
	id := uuid.UUID{}
	must(t, w.owner.QueryRow(context.Background(), `SELECT target FROM jobs WHERE kind = $1`, bulk.ConnectionDeletion).Scan(&id))
	job := w.lostAfter(jobs, s.deleter(), id)
	must(t, s.GoOnDeleting(w.ctx(), job.ID))
	if state := w.count(`SELECT count(*) FROM jobs WHERE id = $1 AND state = 'succeeded'`, job.ID); state != 1 {
		t.Error("the job is not done")
	}
}

// Sessions beyond what one transaction ends count for nothing at once, and a job tells of them; those that were begun meanwhile stay.
func TestConnections_endManySessionsByAJob(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	w.crowded(identity.MaxEnded + 300)
	ended, err := w.service.DisableAndEnd(w.ctx(), w.c.ID)
	if err != nil || ended != identity.MaxEnded+301 {
		t.Fatalf("%d end (%v)", ended, err)
	}
	must(t, w.service.Enable(w.ctx(), w.c.ID))
	if w.c, err = w.connections.ByID(w.ctx(), w.c.ID); err != nil {
		t.Fatal(err)
	}
	later := w.begins("")
	job, err := w.connections.jobs.Deleting(w.ctx(), w.c.ID)
	if err != nil || job.Kind != bulk.ConnectionSessions {
		t.Fatalf("job %+v (%v)", job, err)
	}
	must(t, w.connections.GoOnEnding(w.ctx(), job.ID))
	if n := w.count(`SELECT count(*) FROM sessions WHERE connection_id = $1 AND ended_at IS NULL`, w.c.ID); n != 1 || !w.signedIn(later) {
		t.Errorf("%d are open, and the one that was begun later serves: %v", n, w.signedIn(later))
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND data ->> 'reason' = 'connection_disabled'`); n != ended {
		t.Errorf("%d events for %d sessions", n, ended)
	}
	if n := w.count(`SELECT lines FROM jobs WHERE id = $1 AND state = 'succeeded'`, job.ID); fmt.Sprint(n) == "0" {
		t.Error("the job counted nothing")
	}
}

// The deletion of an organization ends what was begun with its connections, in steps where that is much.
func TestOrganizations_endWhatWasBegunWithTheirConnections(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]int{"few": 3, "many": identity.MaxEnded + 300} {
		w := newFederatedWorld(newWorld(t))
		organizations := newOrganizations(w.db)
		organizations.jobs, organizations.connections = w.connections.jobs, w.connections
		o := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: "acme", Name: "Acme"}
		must(t, organizations.Create(w.ctx(), o))
		w.sql(`UPDATE connections SET organization_id = $1`, o.ID)
		w.crowded(many)
		must(t, organizations.Delete(w.ctx(), o.ID))
		if _, err := w.connections.ByID(w.ctx(), w.c.ID); !errors.Is(err, federation.ErrNotFound) {
			t.Errorf("%s: the connection is found: %v", name, err)
		}
		if many > identity.MaxEnded {
			job, err := w.connections.jobs.Deleting(w.ctx(), o.ID)
			must(t, err)
			must(t, organizations.GoOnDeleting(w.ctx(), job.ID))
		}
		for sql, want := range map[string]int{
			`SELECT count(*) FROM connections`:                                                                         0,
			`SELECT count(*) FROM user_identities`:                                                                     0,
			`SELECT count(*) FROM sessions WHERE ended_at IS NULL`:                                                     0,
			`SELECT count(*) FROM jobs WHERE state = 'running'`:                                                        0,
			`SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND data ->> 'reason' = 'connection_deleted'`: many + 1,
		} {
			if n := w.count(sql); n != want {
				t.Errorf("%s: %s: %d, want %d", name, sql, n, want)
			}
		}
	}
}
