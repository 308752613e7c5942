package storage

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/memory"
	"plinto/storage/internal/pg"
)

// Whoever was cut off asks again for everything before its first answer, although what it holds is
// not a minute old: what it did not hear is not announced again. No time has to pass for that, so
// the test waits for none: as soon as the process hears what happens now, it must know.
func TestMemory_isDroppedBeforeTheFirstAnswerAfterAnOutage_CAC_05(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard, clients, back := w.cutOff()
	s := w.redeemed()
	id := "c" + s.client.String()
	disabled := func() bool {
		c, err := clients.ByClientID(w.ctx(), id)
		must(t, err)
		return !c.DisabledAt.IsZero()
	}
	w.within(time.Minute, "the client is held", func() bool { return w.counted.Count(func() { disabled() }) == 0 })
	w.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query IN ('LISTEN ` + pg.ChangesChannel + `', '` + pg.Question + `')`)
	w.within(time.Minute, "the listener notices", func() bool { return !heard.Current() })
	w.sql(`UPDATE clients SET disabled_at = now() WHERE id = $1`, s.client)
	changed := time.Now()
	close(back)
	w.within(time.Minute, "the instance listens again", func() bool {
		again := heard.Current() && heard.UpTo().After(changed) // before it is asked
		if known := disabled(); again && !known {
			t.Fatal("it listens again, and its first answer is from before the outage")
		}
		return again
	})
}

// cutOff returns an instance that listens and, once its connection ended, cannot listen again
// until back is closed.
func (w *world) cutOff() (heard *memory.Announcements, clients *Clients, back chan struct{}) {
	w.t.Helper()
	heard, back = memory.NewAnnouncements(), make(chan struct{})
	clients = newClients(pg.NewDB(w.app), copyOptions{heard: heardBy(heard, nil)})
	config := w.platform.Config().ConnConfig.Copy()
	var dials atomic.Int32
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 {
			select {
			case <-back:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	l := pg.NewListener(config, heard, slog.New(slog.DiscardHandler))
	l.On("clients", clients.cache.Invalidate)
	l.OnMissed(clients.cache.RevalidateAll)
	go l.Run(w.t.Context())
	w.eventually("the instance listens", heard.Current)
	return heard, clients, back
}
