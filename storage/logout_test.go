package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/device"
)

// tellable gives a story's client a back-channel.
func (w *world) tellable(s story) {
	w.t.Helper()
	w.sql(`UPDATE clients SET metadata = '{"backchannel_logout_uri": "https://rp.example/out"}' WHERE id = $1`, s.client)
}

func TestSession_endQueuesALogoutForEachClientThatWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.wants = event.LogoutQueued{}
	one, silent, stranger := w.issued(), w.issued(), w.issued()
	silent.grant.ID, silent.grant.SessionID, silent.grant.UserID = uuid.New(), one.session.ID, one.user.ID
	silent.code.Hash, silent.code.FlowID, silent.code.SessionToken = random(), uuid.New(), one.session.TokenHash
	silent.grant.AuthTime = one.session.AuthTime
	must(t, w.issue(silent))
	again := one // a client with two grants is told once
	again.grant.ID, again.grant.Offline, again.code.Hash, again.code.FlowID = uuid.New(), true, random(), uuid.New()
	must(t, w.issue(again))
	w.tellable(one)
	w.tellable(stranger)

	must(t, w.ends.End(w.ctx(), one.session.ID, event.SessionLoggedOut))
	must(t, w.ends.End(w.ctx(), one.session.ID, event.SessionLoggedOut)) // ended already: nothing more
	if n := w.events(event.LogoutQueued{}); n != 1 {
		t.Fatalf("got %d logouts for one client, want 1", n)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'event_delivery'`); n != 1 {
		t.Errorf("got %d jobs", n)
	}
	if n := w.count(`SELECT count(*) FROM events WHERE type = $1 AND body #>> '{data,session_id}' = $2 AND body #>> '{data,client_id}' = $3 AND body ->> 'subject' = $4`,
		string(event.LogoutQueued{}.Type()), one.session.ID.String(), "c"+one.client.String(), one.user.PublicID()); n != 1 {
		t.Error("the event names others")
	}
	if !w.revoked(one) || !w.revoked(silent) || w.revoked(again) || w.revoked(stranger) {
		t.Error("want what hung on the session revoked, offline access and other sessions not")
	}
}

// Each way to end a session is here, with the reason its event gives. A new reason has no
// way yet, and fails.
func TestSession_endSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people, ways := w.directory(), map[event.SessionEnd]bool{}
	for why, end := range map[event.SessionEnd]func(story) error{
		event.SessionLoggedOut: func(s story) error { return w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut) },
		event.SessionReplaced: func(s story) error {
			starter := &identity.SessionStarter{Sessions: w.sessions, Outbox: w.outbox, Tx: w.db}
			_, err := starter.Start(w.ctx(), identity.Proof{User: w.user()}, identity.Browser{Current: &s.session})
			return err
		},
		event.SessionExpired: func(s story) error {
			w.sql(`UPDATE sessions SET seen_at = now() - idle_ttl WHERE id = $1`, s.session.ID)
			_, err := w.ends.Expire(w.ctx(), w.sessions, []uuid.UUID{s.session.ID})
			return err
		},
		event.SessionPasswordChanged: func(s story) error {
			return people.SetHashed(w.ctx(), byOperator, s.user.ID, "new hash", uuid.Nil)
		},
		event.SessionSignedOut: func(s story) error { return people.SignOut(w.ctx(), byOperator, s.user.ID, uuid.Nil) },
		event.SessionEndedByUser: func(s story) error {
			_, err := w.ends.EndOf(w.ctx(), w.sessions, s.user.ID, s.session.ID, event.SessionEndedByUser)
			return err
		},
		event.SessionEndedByOperator: func(s story) error {
			_, err := w.ends.EndOf(w.ctx(), w.sessions, s.user.ID, s.session.ID, event.SessionEndedByOperator)
			return err
		},
		event.SessionUserDisabled: func(s story) error { return people.Disable(w.ctx(), byOperator, s.user.ID) },
		event.SessionUserEnabled: func(s story) error {
			w.sql(`UPDATE users SET disabled_at = now() WHERE id = $1`, s.user.ID)
			return people.Enable(w.ctx(), byOperator, s.user.ID)
		},
		event.SessionDeviceRevoked: func(s story) error {
			devices := &Devices{w.db}
			must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
				return devices.Sight(ctx, identity.Sighting{UserID: s.user.ID, Hash: []byte("a browser"), Mark: s.user.NotBefore, RememberFor: time.Hour})
			}))
			all, err := devices.List(w.ctx(), s.user.ID)
			must(t, err)
			w.sql(`UPDATE sessions SET waived_by = $2 WHERE id = $1`, s.session.ID, all[0].ID)
			return (&device.Service{Devices: devices, Ender: w.ends, Outbox: w.outbox, Tx: w.db}).Revoke(w.ctx(), byOperator, &s.user, all[0].ID)
		},
		event.SessionUserDeleted: func(s story) error { return people.Delete(w.ctx(), byOperator, s.user.ID) },
		event.SessionIdentityUnlinked: func(s story) error {
			w.begunWith(&s).unlinks()
			return nil
		},
		event.SessionConnectionDisabled: func(s story) error {
			of := w.begunWith(&s)
			_, err := of.service.DisableAndEnd(w.ctx(), of.c.ID)
			return err
		},
		event.SessionConnectionDeleted: func(s story) error {
			of := w.begunWith(&s)
			return of.service.Delete(w.ctx(), of.c.ID)
		},
		event.SessionUpstreamLogout: func(s story) error {
			of := w.begunWith(&s)
			_, err := w.ends.EndBegun(w.ctx(), w.sessions, identity.Begun{Connection: of.c.ID, Identity: of.i.ID}, 10, event.SessionUpstreamLogout)
			return err
		},
	} {
		s, other := w.issued(), w.issued()
		must(t, end(s))
		if got := w.whyEnded(s.session.ID); got != string(why) {
			t.Errorf("%s: the event says %q", why, got)
		}
		if got := w.whyEnded(other.session.ID); got != "" {
			t.Errorf("%s: the session of another user ended, %q", why, got)
		}
		ways[why] = true
	}
	for _, why := range event.SessionEnds() {
		if !ways[why] {
			t.Errorf("no session here ends with %q", why)
		}
	}
}

// whyEnded is the reason that the audit log gives for the end of a session, "" for none.
func (w *world) whyEnded(session uuid.UUID) (why string) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.ctx(), `SELECT coalesce(min(data ->> 'reason'), '') FROM audit_log WHERE type = $1 AND data ->> 'session_id' = $2`,
		string(event.SessionEnded{}.Type()), session.String()).Scan(&why))
	return why
}

func TestSession_endThatFailsTellsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.wants = event.LogoutQueued{}
	s, failed := w.issued(), errors.New("failed")
	w.tellable(s)
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
		must(t, w.directory().SignOut(ctx, byOperator, s.user.ID, uuid.Nil))
		return failed
	})
	if !errors.Is(err, failed) || w.events(event.LogoutQueued{}) != 0 || w.count(`SELECT count(*) FROM river_job`) != 0 || !w.signedIn(s.session) {
		t.Errorf("got %v, %d events", err, w.events(event.LogoutQueued{}))
	}
}

func TestSessions_participantsAreTheEnabledClientsOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut))
	found, err := w.sessions.Participants(w.ctx(), s.session.ID)
	must(t, err)
	if len(found) != 1 || found[0].ID != s.client {
		t.Errorf("got %v, want the client of the ended session", found)
	}
	if found, err := w.sessions.Participants(w.other(), s.session.ID); err != nil || len(found) != 0 {
		t.Errorf("another tenant: got %v, %v", found, err)
	}
	w.sql(`UPDATE clients SET disabled_at = now() WHERE id = $1`, s.client)
	if found, err := w.sessions.Participants(w.ctx(), s.session.ID); err != nil || len(found) != 0 {
		t.Errorf("a disabled client: got %v, %v", found, err)
	}
}
