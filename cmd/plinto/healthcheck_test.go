package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// The command finds the server by the settings of the server itself, and says by its exit code
// whether it would be sent requests.
func TestHealthcheck_asksTheServerOfItsSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certify(t, certFile, keyFile, 1) // for id.example.com: not for 127.0.0.1
	for name, tls := range map[string][]string{
		"http":  nil,
		"https": {"PLINTO_TLS_CERT_FILE=" + certFile, "PLINTO_TLS_KEY_FILE=" + keyFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, append(tls, "PLINTO_OPERATIONS_LISTEN=127.0.0.1:0", "PLINTO_DRAIN_DELAY=30s")...)
			at := &terminal{t: t, dir: t.TempDir(), env: append(tls, "PLINTO_LISTEN="+s.address, "PLINTO_OPERATIONS_LISTEN="+operationsAt.FindStringSubmatch(s.text())[1])}
			at.ok("healthcheck")
			at.ok("healthcheck", "--operations")
			s.signal(syscall.SIGTERM)
			eventually(t, "it drains", func() bool {
				_, stderr, code := at.run("healthcheck")
				return code == exitFailed && strings.Contains(stderr, "answers 503")
			})
		})
	}
}

func TestHealthcheck_failsWhereNothingAnswers(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_LISTEN=" + closedPort(t)}}
	x.refused(exitFailed, "connection refused", "healthcheck")
	x.env = []string{"PLINTO_LISTEN=127.0.0.1:0"}
	x.refused(exitFailed, "nobody can know", "healthcheck")
	x.env = []string{"PLINTO_OPERATIONS_LISTEN=off"}
	x.refused(exitFailed, "there is no operations listener", "healthcheck", "--operations")
	x.env = []string{"PLINTO_LISTNE=:8080"} // the server would not have started
	x.refused(exitFailed, "PLINTO_LISTNE", "healthcheck")
}

func TestDialAddress_leadsToThisMachine(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:8080": "127.0.0.1:8080", "[::]:8080": "127.0.0.1:8080",
		"[::1]:8080": "[::1]:8080", "10.0.0.5:8081": "10.0.0.5:8081", "localhost:80": "localhost:80",
	} {
		if got, err := dialAddress(listen); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", listen, got, err, want)
		}
	}
}

// Servers of a new version are started beside the command that migrates, and wait for it.
func TestMigrate_waitsUntilAServerWouldStart(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	conn := storagetest.Owner(t, x.owner)
	var name, sum string
	if err := conn.QueryRow(t.Context(), `DELETE FROM schema_migrations WHERE name LIKE '0040%' RETURNING name, sum`).Scan(&name, &sum); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := x.run("migrate", "--wait", "1ns")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "waited 1ns for the database") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	p := start(t, x.env, "migrate", "--wait", "5m")
	p.until("the database lacks 1 migrations, from " + name)
	if _, err := conn.Exec(t.Context(), `INSERT INTO schema_migrations (name, sum) VALUES ($1, $2)`, name, sum); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(waitLimit):
		t.Fatal("it still waits")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != exitOK || strings.Count(p.text(), "lacks 1 migrations") != 1 {
		t.Errorf("exit %d: %s", code, p.text())
	}
	x.refused(exitUsage, "give one of --check and --wait", "migrate", "--wait", "1m", "--check")
}
