package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
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

	must(t, w.ends.End(w.ctx(), one.session.ID))
	must(t, w.ends.End(w.ctx(), one.session.ID)) // ended already: nothing more
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

func TestSession_endThatFailsTellsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.wants = event.LogoutQueued{}
	s, failed := w.issued(), errors.New("failed")
	w.tellable(s)
	err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
		_, err := w.ends.EndAll(ctx, s.user.ID, uuid.Nil)
		must(t, err)
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
	must(t, w.ends.End(w.ctx(), s.session.ID))
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
