package main

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/cmd/plinto/app"
	"plinto/event/webhook"
	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// A tally counts what came, by event.
type tally struct {
	mu   sync.Mutex
	came map[string]int
}

func (c *tally) add(event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came[event]++
}

// of returns how often something about an event came.
func (c *tally) of(event string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.came[event]
}

// letters is a mail server that counts letters by the left part of their Message-ID, which
// is the event's id.
func letters(t *testing.T, taken *tally) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go takeLetters(conn, taken)
		}
	}()
	return "smtp://" + l.Addr().String()
}

func takeLetters(conn net.Conn, taken *tally) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	says, letter, id := "220 test", false, ""
	for {
		if says != "" {
			_, _ = io.WriteString(conn, says+"\r\n") // who is gone sends nothing more
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case letter && line == ".":
			taken.add(id)
			says, letter = "250 taken", false
		case letter && strings.EqualFold(name, "Message-ID"):
			id, _, _ = strings.Cut(strings.TrimPrefix(value, "<"), "@")
		case letter:
		case strings.EqualFold(line, "DATA"):
			says, letter = "354 go on", true
			continue
		default:
			says = "250 fine"
		}
		if letter {
			says = ""
		}
	}
}

// hourLater moves what waits for a time back by an hour: the process that had it is dead.
const hourLater = `
	WITH jobs AS (UPDATE river_job SET attempted_at = attempted_at - interval '1 hour', scheduled_at = scheduled_at - interval '1 hour'
			WHERE state IN ('running', 'retryable', 'scheduled')),
		drains AS (UPDATE webhook_drains SET leased_until = leased_until - interval '1 hour', not_before = not_before - interval '1 hour',
			wake_at = wake_at - interval '1 hour'),
		deliveries AS (UPDATE webhook_deliveries SET due_at = due_at - interval '1 hour' WHERE state = 'pending')
	DELETE FROM river_leader`

// However often the workers are killed, each event reaches the webhook and brings its letter:
// once, or again where the death came between the answer and its record.
func TestDeliveries_comeWhenWorkersAreKilled(t *testing.T) {
	t.Parallel()
	hooks, mails := &tally{came: map[string]int{}}, &tally{came: map[string]int{}}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hooks.add(r.Header.Get("Webhook-Id")) }))
	t.Cleanup(receiver.Close)
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	s.env = append(s.env, "PLINTO_EGRESS_ALLOW_LOOPBACK=true", "SMTP_URL="+letters(t, mails))
	store, err := storage.Open(t.Context(), storage.Config{URL: secret.NewString(database), Subscriptions: app.Subscriptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	conn := storagetest.Owner(t, owner)
	s.ok("webhook", "create", receiver.URL, "--events", "authentication.succeeded")
	var user uuid.UUID
	if err := conn.QueryRow(t.Context(), `SELECT id FROM users WHERE email = $1`, demoUser).Scan(&user); err != nil {
		t.Fatal(err)
	}
	const each = 10
	midway := 0
	for range *crashes {
		s.signedIn(store, user, each)
		workers := []*process{start(t, s.env, "worker"), start(t, s.env, "worker")}
		for _, p := range workers {
			p.until(`"msg":"working"`)
		}
		<-time.After(rand.N(150 * time.Millisecond)) // the moment is any
		for _, p := range workers {
			p.signal(syscall.SIGKILL)
		}
		for _, p := range workers {
			p.exit(waitLimit)
		}
		midway += s.count(conn, `SELECT count(*) FROM river_job WHERE state = 'running' AND attempted_at > now() - interval '30 minutes'`)
		if _, err := conn.Exec(t.Context(), hourLater); err != nil {
			t.Fatal(err)
		}
	}
	start(t, s.env, "worker")
	s.everyEventReaches(conn, hooks, mails, each**crashes)
	again := s.again(hooks) + s.again(mails)
	t.Logf("%d jobs were cut, %d letters and webhooks came again", midway, again)
	if midway == 0 {
		t.Error("no job was cut")
	}
	if again > midway*each { // a cut turn of the webhook may have sent all it read
		t.Errorf("%d came again, of %d jobs cut", again, midway)
	}
}

// dueNow moves what waits for another try back by an hour, and jobs of the dead: Postgres may
// finish what a process asked for after its death, and after hourLater.
const dueNow = `
	WITH jobs AS (UPDATE river_job SET scheduled_at = scheduled_at - interval '1 hour', attempted_at = attempted_at - interval '1 hour'
			WHERE state IN ('retryable', 'scheduled') OR state = 'running' AND attempted_at < now() - interval '30 seconds'),
		drains AS (UPDATE webhook_drains SET not_before = not_before - interval '1 hour', wake_at = wake_at - interval '1 hour')
	UPDATE webhook_deliveries SET due_at = due_at - interval '1 hour' WHERE state = 'pending'`

// everyEventReaches waits until each event was received both ways, and nothing waits.
func (s *site) everyEventReaches(conn *pgx.Conn, hooks, mails *tally, want int) {
	s.t.Helper()
	rows, _ := conn.Query(s.t.Context(), `SELECT id FROM events WHERE type = 'authentication.succeeded'`) // the error is also in rows
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(ids) != want {
		s.t.Fatalf("%d events, want %d (%v)", len(ids), want, err)
	}
	missing := func() (n int) {
		for _, id := range ids {
			if hooks.of(webhook.EventID(id)) == 0 || mails.of(id.String()) == 0 {
				n++
			}
		}
		return n
	}
	waiting := func() int {
		return s.count(conn, `SELECT (SELECT count(*) FROM webhook_deliveries WHERE state <> 'delivered')
			+ (SELECT count(*) FROM river_job WHERE kind <> 'cleanup' AND state <> 'completed' AND NOT (kind = 'task' AND state = 'discarded'))`)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	late := time.After(2 * time.Minute) // lost jobs of webhooks are looked for once a minute
	for missing()+waiting() > 0 {
		select {
		case <-tick.C:
			if _, err := conn.Exec(s.t.Context(), dueNow); err != nil {
				s.t.Fatal(err)
			}
		case <-late:
			rows, _ := conn.Query(s.t.Context(), `SELECT kind || ' ' || queue || ' ' || state || ' after ' || attempt || ' of ' || max_attempts || ' x ' || count(*)
				FROM river_job WHERE kind <> 'cleanup' AND state <> 'completed' GROUP BY kind, queue, state, attempt, max_attempts`) // the error is also in rows
			jobs, err := pgx.CollectRows(rows, pgx.RowTo[string])
			s.t.Fatalf("%d of %d events did not come, %d wait: %v (%v)", missing(), want, waiting(), jobs, err)
		}
	}
	if n := s.count(conn, `SELECT count(*) FROM webhook_deliveries`); n != want {
		s.t.Errorf("%d deliveries are recorded, want %d", n, want)
	}
}

// again returns how much came more than once.
func (*site) again(c *tally) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.came {
		n += times - 1
	}
	return n
}

func (s *site) count(conn *pgx.Conn, sql string) (n int) {
	s.t.Helper()
	if err := conn.QueryRow(s.t.Context(), sql).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}
