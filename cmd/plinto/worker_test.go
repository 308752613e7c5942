package main

import (
	"syscall"
	"testing"

	"plinto/storage/storagetest"
)

// A server that was told so works off nothing; a worker does, and stops when it is told to.
func TestWorker_worksOffWhatServersLeave(t *testing.T) {
	t.Parallel()
	database, ownerURL := storagetest.URL(t)
	owner := storagetest.Owner(t, ownerURL)
	s := newSite(t, database)
	jobs := func(state string) (n int) {
		t.Helper()
		if err := owner.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE queue = 'upkeep' AND state = $1::river_job_state`, state).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	server := start(t, append([]string{"PLINTO_LISTEN=127.0.0.1:0"}, s.env...), "serve", "--workers=false")
	server.until(`"msg":"serving"`)
	if _, err := owner.Exec(t.Context(), `INSERT INTO river_job (kind, args, max_attempts, queue, state)
		VALUES ('cleanup', '{"task": "cleanup"}', 1, 'upkeep', 'available')`); err != nil {
		t.Fatal(err)
	}
	if n := jobs("available"); n != 1 {
		t.Errorf("%d jobs wait beside a server without workers, want 1", n)
	}
	worker := start(t, s.env, "worker")
	eventually(t, "the worker does the job", func() bool { return jobs("available") == 0 && jobs("completed") > 0 })
	worker.signal(syscall.SIGTERM)
	if code := worker.exit(waitLimit); code != exitOK {
		t.Errorf("the worker exits with %d: %s", code, worker.text())
	}
	server.signal(syscall.SIGTERM)
	if code := server.exit(waitLimit); code != exitOK {
		t.Errorf("the server exits with %d: %s", code, server.text())
	}
}
