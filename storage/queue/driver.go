package queue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// pingEvery is how often the connection on which jobs are announced is asked for a sign of life. The queue wants one every
// five seconds, which are a fifth of all that an idle server sends. A connection that a network lost is noticed as much later;
// its jobs are found by then, as every lane looks when the store misses announcements (Worker.Look), and once in pollEvery.
const pingEvery = 20 * time.Second

// A driver is that of Postgres with fewer signs of life.
type driver struct{ *riverpgxv5.Driver }

func newDriver(pool *pgxpool.Pool) driver { return driver{riverpgxv5.New(pool)} }

// GetListener implements riverdriver.Driver.
func (d driver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{Listener: d.Driver.GetListener(params), now: time.Now}
}

// A listener is used by one goroutine, as the queue's are.
type listener struct {
	riverdriver.Listener
	now    func() time.Time
	pinged time.Time
}

// Connect implements riverdriver.Listener.
func (l *listener) Connect(ctx context.Context) error {
	err := l.Listener.Connect(ctx)
	if err == nil {
		l.pinged = l.now()
	}
	return err
}

// Ping implements riverdriver.Listener. It asks when the last answer is old.
func (l *listener) Ping(ctx context.Context) error {
	if l.now().Sub(l.pinged) < pingEvery {
		return nil
	}
	err := l.Listener.Ping(ctx)
	if err == nil {
		l.pinged = l.now()
	}
	return err
}
