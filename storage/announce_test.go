package storage

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/storage/schema"
)

// Workers look for jobs when they are told of some, and seldom by themselves: so they are told
// of every job that is committed, also of those that follow each other at once.
func TestQueue_announcesEveryJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// As the version before left it.
	w.sql(`DROP TRIGGER tell_queue ON river_job`)
	_, err := schema.Migrate(t.Context(), w.owner.Config().ConnString(), nil)
	must(t, err)
	conn, err := w.platform.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	var schema string
	must(t, conn.QueryRow(t.Context(), `SELECT current_schema()`).Scan(&schema))
	_, err = conn.Exec(t.Context(), `LISTEN `+pgx.Identifier{schema + ".river_insert"}.Sanitize())
	must(t, err)
	const jobs = 20
	for range jobs {
		w.append(w.ctx(), event.Event{ID: uuid.New(), Fact: w.told.wants, Outcome: "success"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for n := 0; n < jobs; n++ {
		heard, err := conn.Conn().WaitForNotification(ctx)
		if err != nil {
			t.Fatalf("%d announcements, want at least %d: %v", n, jobs, err)
		}
		var said struct{ Queue string }
		if err := json.Unmarshal([]byte(heard.Payload), &said); err != nil || said.Queue != "default" {
			t.Errorf("announced %s: %v", heard.Payload, err)
		}
	}
}
