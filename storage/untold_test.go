package storage

import (
	"log/slog"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/memory"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// An instance that cannot reach Redis ends a session. One that can has no use of the copy that is
// still there: Postgres tells it. A listener that answered a later question has been told.
func TestSessionCopy_isNotReadWhereAnotherInstanceCouldNotTellRedisOfTheEnd_CAC_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reaches, err := openVolatile(w.redis.url.Reveal(), patient, nil)
	must(t, err)
	t.Cleanup(func() { _ = reaches.close() })
	there := newSessions(pg.NewDB(w.app), &hotCopies{redis: reaches, box: w.sessions.hot.box})
	heard := memory.NewAnnouncements()
	l := pg.NewListener(w.platform.Config().ConnConfig, heard, slog.New(slog.DiscardHandler))
	l.On(untold, func(tenant.ID) { there.hot.distrust() })
	go l.Run(t.Context())
	w.eventually("the other instance listens", heard.Current)
	s := w.session(w.user())
	signedIn := func() bool {
		got, err := there.ByToken(w.ctx(), s.TokenHash)
		return err == nil && got.ID == s.ID
	}
	if signedIn(); w.counted.Count(func() { signedIn() }) != 0 {
		t.Fatal("the other instance has no copy of the session")
	}
	w.redis.rest()
	must(t, w.ends.End(w.ctx(), s.ID, event.SessionLoggedOut))
	ended := time.Now()
	w.within(time.Minute, "the other instance hears", func() bool { return heard.Current() && heard.UpTo().After(ended) })
	if signedIn() {
		t.Error("signed in by a copy after the end")
	}
}
