package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/storage/storagetest"
)

// idle is how long processes that have nothing to do are watched. By hand, on a machine that
// does nothing else: make test TESTFLAGS="-run Idle -count=1 -v" PACKAGES="./cmd/plinto -args -idle 60s"
var idle = flag.Duration("idle", 0, "how long TestIdle watches idle processes")

// ticks are the clock ticks of a second in /proc (sysconf(_SC_CLK_TCK) on Linux).
const ticks = 100

// cpuOf returns the CPU time that a process has used, user and system.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0 // it is gone
	}
	fields := strings.Fields(string(text)[strings.LastIndexByte(string(text), ')')+1:])
	var sum int
	for _, f := range fields[11:13] { // utime and stime, fields 14 and 15 of proc(5)
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks
}

// memoryOf returns what a process has in memory, in bytes (resident set, proc(5)).
func memoryOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// backends returns the CPU time of each process of Postgres that serves the database, and of
// those that serve all.
func backends(t *testing.T, conn *pgx.Conn) map[int]time.Duration {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT pid FROM pg_stat_activity WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	used := map[int]time.Duration{}
	for _, pid := range pids {
		used[pid] = cpuOf(t, pid)
	}
	return used
}

func TestIdle_processesUseLittle(t *testing.T) {
	if *idle == 0 {
		t.Skip("it measures, and wants a machine that does nothing else: -args -idle 60s")
	}
	for name, args := range map[string][]string{"serve": {"serve"}, "worker": {"worker"}} {
		t.Run(name, func(t *testing.T) {
			database, owner := storagetest.URL(t)
			s := newSite(t, database)
			tapped, through := tap(t, database)
			conn := storagetest.Owner(t, owner)
			marker := `"msg":"serving"`
			if name == "worker" {
				marker = `"msg":"working"`
			}
			p := start(t, append(append([]string{"PLINTO_LISTEN=127.0.0.1:0"}, s.env...), "DATABASE_URL="+through), args...)
			p.until(marker)
			<-time.After(10 * time.Second) // what is done at the start
			before, process, memory := backends(t, conn), cpuOf(t, p.cmd.Process.Pid), memoryOf(t, p.cmd.Process.Pid)
			tapped.reset()
			<-time.After(*idle)
			process = cpuOf(t, p.cmd.Process.Pid) - process
			if now := memoryOf(t, p.cmd.Process.Pid); now > memory+memory/10 {
				t.Errorf("its memory grew from %d to %d bytes", memory, now)
			} else {
				t.Logf("%s, idle: %.1f MB in memory, %+.1f MB meanwhile", name, float64(now)/1e6, float64(now-memory)/1e6)
			}
			n, which := tapped.statements()
			asked := float64(n) / idle.Seconds()
			t.Logf("%s, idle: %.2f statements a second%s", name, asked, which)
			if asked > 1 {
				t.Errorf("it sends %.2f statements a second, want at most 1", asked)
			}
			var stores time.Duration
			for pid, used := range backends(t, conn) {
				stores += used - before[pid]
			}
			share := func(d time.Duration) float64 { return 100 * d.Seconds() / idle.Seconds() }
			t.Logf("%s, idle for %s: %.2f %% of a core, Postgres %.2f %%", name, *idle, share(process), share(stores))
			if share(process) > 1 {
				t.Errorf("it uses %.2f %% of a core, want at most 1 %%", share(process))
			}
		})
	}
}
