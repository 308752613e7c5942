package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func start(t *testing.T, dir string) *Postgres {
	t.Helper()
	p, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log", "postgres.log"))
		t.Fatalf("start: %v\n%s", err, log)
	}
	return p
}

func stop(t *testing.T, p *Postgres) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	if pid := p.layout.postmaster(); pid != 0 {
		t.Fatalf("postgres %d outlived its stop", pid)
	}
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(ctx)
	var got string
	if err := conn.QueryRow(ctx, sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

const (
	write = "CREATE TABLE notes AS SELECT 'kept' AS body"
	read  = "SELECT body FROM notes"
)

func writeNote(t *testing.T, p *Postgres) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, p.URL("postgres", Superuser))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, write); err != nil {
		t.Fatal(err)
	}
}

func TestPostgres_keepsItsDataFromRunToRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir)
	writeNote(t, first)
	stop(t, first)
	second := start(t, dir)
	defer stop(t, second)
	if got := query(t, second.URL("postgres", Superuser), read); got != "kept" {
		t.Errorf("got note %q, want kept", got)
	}
	if got := query(t, second.URL("postgres", Superuser), "SHOW fsync"); got != "on" {
		t.Errorf("got fsync %s, want on", got)
	}
}

func TestPostgres_endsWithAKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killed := start(t, dir)
	writeNote(t, killed)
	pid := killed.layout.postmaster()
	// What the kernel does for a dead process.
	if err := errors.Join(killed.guard.pipe.Close(), killed.lock.Close()); err != nil {
		t.Fatal(err)
	}
	if gone, err := waitGone(t.Context(), pid, 10*time.Second); !gone {
		t.Fatalf("postgres %d goes on without its owner: %v", pid, err)
	}
	if err := killed.guard.cmd.Wait(); err != nil {
		t.Errorf("guard: %v", err)
	}
	next := start(t, dir)
	defer stop(t, next)
	if got := query(t, next.URL("postgres", Superuser), read); got != "kept" {
		t.Errorf("got note %q, want kept", got)
	}
}

func TestPostgres_takesOverFromAKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killed := start(t, dir)
	writeNote(t, killed)
	orphan := killed.layout.postmaster()
	if err := killed.lock.Close(); err != nil { // what the kernel does for a dead process
		t.Fatal(err)
	}
	next := start(t, dir)
	defer stop(t, next)
	if got := query(t, next.URL("postgres", Superuser), read); got != "kept" {
		t.Errorf("got note %q, want kept", got)
	}
	if got := next.layout.postmaster(); got == orphan {
		t.Errorf("the orphaned postgres %d still runs", got)
	}
}

func TestPostgres_startsAfterItsServerCrashed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir)
	pid := first.layout.postmaster()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if gone, err := waitGone(t.Context(), pid, 10*time.Second); !gone {
		t.Fatalf("postgres survived kill -9: %v", err)
	}
	if err := first.Stop(); err != nil {
		t.Errorf("stop of a dead server: %v", err)
	}
	stop(t, start(t, dir))
}

func TestPostgres_refusesADirectoryInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	defer stop(t, start(t, dir))
	if _, err := Start(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("got error %v, want %v", err, ErrInUse)
	}
}

func TestPostgres_startsAfterAFirstStartThatWasCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	half := filepath.Join(dir, "data")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop(t, start(t, dir))
}

func TestPostgres_leavesAProcessWithAReusedPidAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stop(t, start(t, dir))
	stale := fmt.Sprintf("%d\n%s\n", os.Getpid(), filepath.Join(dir, "data"))
	if err := os.WriteFile(layout(dir).pidFile(), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	stop(t, start(t, dir)) // this process would be dead by now
}

func TestPostgres_wantsAPasswordOverTCP(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir)
	defer stop(t, p)
	without := fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=disable", Superuser, p.port)
	if conn, err := pgx.Connect(t.Context(), without); err == nil {
		conn.Close(t.Context())
		t.Error("connected over TCP without a password")
	}
	info, err := os.Stat(filepath.Join(dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("got mode %o of the password file, want 600", got)
	}
}

func TestPostgres_worksInADirectoryWithALongName(t *testing.T) {
	t.Parallel()
	p := start(t, filepath.Join(t.TempDir(), strings.Repeat("long name ", 12)))
	defer func() {
		stop(t, p)
		if _, err := os.Stat(p.layout.socket()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want the socket's directory gone", err)
		}
	}()
	if got := query(t, p.URL("postgres", Superuser), "SELECT 'yes'"); got != "yes" {
		t.Errorf("got %q, want yes", got)
	}
}
