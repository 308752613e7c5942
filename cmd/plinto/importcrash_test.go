package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/identity/bulk"
	"plinto/storage/storagetest"
)

const (
	// crashLines are those of an import that is killed: enough steps for every kill to find one in the middle.
	crashLines   = 6_000
	crashChanged = 300 // of them are about users who are there
)

// crashFile is a file of users, and one with those who are to be there before it.
func crashFile(t *testing.T) (before, file string) {
	t.Helper()
	var there, all strings.Builder
	for i := range crashLines {
		fmt.Fprintf(&all, `{"external_id": "e%d", "email": "u%d@example.com", "profile": {"name": "New"}}`+"\n", i, i)
		if i%(crashLines/crashChanged) == 0 && i/(crashLines/crashChanged) < crashChanged {
			fmt.Fprintf(&there, `{"external_id": "e%d", "email": "u%d@example.com", "profile": {"name": "Old"}}`+"\n", i, i)
		}
	}
	dir := t.TempDir()
	return writeFile(t, filepath.Join(dir, "before.ndjson"), there.String()), writeFile(t, filepath.Join(dir, "users.ndjson"), all.String())
}

// progress is what a job that is not over has done; lines is -1 when there is none.
func progress(t *testing.T, conn *pgx.Conn) (lines int64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), `SELECT coalesce((SELECT lines FROM jobs WHERE state = 'running'), -1)`).Scan(&lines); err != nil {
		t.Fatal(err)
	}
	return lines
}

// everyUserOnce compares users, events, the audit log and the report of the import with its file.
func (x *terminal) everyUserOnce(conn *pgx.Conn, report string) {
	x.t.Helper()
	var users, right, created, subjects, changed int
	err := conn.QueryRow(x.t.Context(), `
		SELECT count(*), count(DISTINCT email) FILTER (WHERE email = 'u' || substr(external_id, 2) || '@example.com' AND profile ->> 'name' = 'New'),
			(SELECT count(*) FROM audit_log WHERE type = 'user.created'), (SELECT count(DISTINCT subject) FROM audit_log WHERE type = 'user.created'),
			(SELECT count(*) FROM audit_log WHERE type = 'user.updated')
		FROM users WHERE external_id IS NOT NULL`).Scan(&users, &right, &created, &subjects, &changed)
	if err != nil || users != crashLines || right != users {
		x.t.Errorf("%d users, %d of them as the file has them (%v), want %d", users, right, err, crashLines)
	}
	if created != crashLines+1 || subjects != created || changed != crashChanged { // one user is the site's own
		x.t.Errorf("the log has %d users created, of %d subjects, and %d changed; want %d and %d", created, subjects, changed, crashLines+1, crashChanged)
	}
	seen := map[int64]bool{}
	for line := range strings.Lines(report) {
		var o bulk.Outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil || seen[o.Line] || o.Status == "refused" {
			x.t.Fatalf("the report has a line that is wrong, there twice or refused: %s", line)
		}
		seen[o.Line] = true
	}
	if len(seen) != crashLines {
		x.t.Errorf("the report is of %d lines, want %d", len(seen), crashLines)
	}
}

// BLK-03: a command that is killed again and again goes on each time, and does no line twice.
func TestImport_doesEachLineOnceWhenItIsKilled(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	conn := storagetest.Owner(t, owner)
	before, file := crashFile(t)
	s.ok("import", before)
	killed := 0
	for i := range 3 {
		p := start(t, s.env, "import", file)
		eventually(t, "the import goes on", func() bool { return progress(t, conn) >= int64(i+1)*crashLines/8 || p.ended() })
		p.signal(syscall.SIGKILL)
		if p.exit(waitLimit) == -1 && progress(t, conn) > 0 {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no import was killed in the middle")
	}
	report, stderr, code := s.run("import", file)
	if code != exitOK || !strings.Contains(stderr, "Going on after line") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	s.everyUserOnce(conn, report)
	t.Logf("%d imports killed in the middle", killed)
}

// BLK-03: servers that are killed while they work on a file that was uploaded do no line twice either.
func TestImport_ofAServerDoesEachLineOnceWhenItIsKilled(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	conn := storagetest.Owner(t, owner)
	before, file := crashFile(t)
	s.ok("import", before)
	var job bulk.Job
	s.bulk(func(ctx context.Context, service *bulk.Service) error {
		text, err := os.Open(file)
		if err != nil {
			return err
		}
		defer text.Close()
		u, err := service.Receive(ctx, text, false, true)
		if err == nil {
			job, err = service.Begin(ctx, u)
		}
		return err
	})
	killed := 0
	for i := range 2 {
		server, _ := s.serve()
		eventually(t, "the server works on the file", func() bool {
			lines := progress(t, conn)
			return lines >= int64(i+1)*crashLines/6 || lines < 0
		})
		server.signal(syscall.SIGKILL)
		server.exit(waitLimit)
		s.rescue(conn)
		if progress(t, conn) > 0 {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no server was killed in the middle")
	}
	s.serve()
	eventually(t, "the job is done", func() bool { return progress(t, conn) < 0 })
	var report strings.Builder
	s.bulk(func(ctx context.Context, service *bulk.Service) error {
		over, err := service.ByID(ctx, job.ID)
		if err == nil && over.State != bulk.Succeeded {
			t.Errorf("the job is over: %+v", over)
		}
		if err == nil {
			err = service.Report(ctx, &over, &report)
		}
		return err
	})
	s.everyUserOnce(conn, report.String())
	t.Logf("%d servers killed in the middle", killed)
}

// rescue gives the job of a process that was killed back to the queue, as the queue does after some minutes.
func (x *terminal) rescue(conn *pgx.Conn) {
	x.t.Helper()
	if _, err := conn.Exec(x.t.Context(), `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE args ->> 'task' = 'users.import' AND finalized_at IS NULL`); err != nil {
		x.t.Fatal(err)
	}
}

// ended reports whether the process is over.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}
