package testservice

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// NewArchiving starts a Postgres of the test's own that archives its WAL, as one does that is backed up.
func NewArchiving(t testing.TB) *PostgresServer {
	t.Helper()
	return NewPostgres(t, PostgresOptions{
		Access: "host replication all 127.0.0.1/32 trust\n",
		Settings: []string{
			"wal_level=replica", "max_wal_senders=5", "archive_mode=on",
			"archive_command=mkdir -p ../archive && test ! -f ../archive/%f && cp %p ../archive/%f",
		},
	})
}

// BaseBackup copies the server as it runs, by pg_basebackup; Rewound needs one.
func (s *PostgresServer) BaseBackup(t testing.TB) {
	t.Helper()
	copying := s.command(s.programs.Program("pg_basebackup"), "--pgdata", "base", "--wal-method", "none", "--checkpoint", "fast", "--no-sync", "--dbname", s.URL())
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
}

// RestorePoint names this moment, and has the WAL up to it archived.
func (s *PostgresServer) RestorePoint(t testing.TB, name string) {
	t.Helper()
	s.run(t, `SELECT pg_create_restore_point('`+name+`')`)
	var file string
	s.ask(t, &file, `SELECT pg_walfile_name(pg_switch_wal())`)
	err := s.waitUntil(func() error {
		_, err := os.Stat(filepath.Join(s.dir, "archive", file))
		return err
	})
	if err != nil {
		t.Fatalf("archive WAL: %v", err)
	}
}

// Rewound starts another server with what s had at a restore point, from its base backup and its archive.
func (s *PostgresServer) Rewound(t testing.TB, to string) *PostgresServer {
	t.Helper()
	r, err := s.rewound(to)
	if err != nil {
		t.Fatalf("restore Postgres: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Remove(); err != nil {
			t.Errorf("remove restored Postgres: %v", err)
		}
	})
	err = r.waitUntil(func() error {
		var recovers bool
		r.ask(t, &recovers, `SELECT pg_is_in_recovery()`)
		if recovers {
			return errors.New("it recovers")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("wait for the restored Postgres: %v", err)
	}
	return r
}

func (s *PostgresServer) rewound(to string) (*PostgresServer, error) {
	made, err := newProcess(syscall.SIGQUIT, false)
	if err != nil {
		return nil, err
	}
	r := &PostgresServer{process: *made, programs: s.programs, password: s.password, options: PostgresOptions{
		Access: s.options.Access,
		Settings: append(slices.Clone(s.options.Settings),
			"restore_command=cp "+filepath.Join(s.dir, "archive")+"/%f %p", "recovery_target_name="+to, "recovery_target_action=promote"),
	}}
	fail := func(err error) (*PostgresServer, error) { return nil, errors.Join(err, r.Remove()) }
	rules := filepath.Join(r.dir, "access")
	if err := os.WriteFile(rules, []byte(s.options.Access+access), 0o600); err != nil {
		return fail(fmt.Errorf("write access file: %w", err))
	}
	if err := r.own(rules); err != nil {
		return fail(err)
	}
	if out, err := r.command("cp", "-a", filepath.Join(s.dir, "base"), "data").CombinedOutput(); err != nil {
		return fail(fmt.Errorf("copy the base backup: %w\n%s", err, out))
	}
	if out, err := r.command("touch", filepath.Join("data", "recovery.signal")).CombinedOutput(); err != nil {
		return fail(fmt.Errorf("ask for recovery: %w\n%s", err, out))
	}
	if r.port, err = freePort(); err == nil {
		err = r.Start()
	}
	if err != nil {
		return fail(err)
	}
	return r, nil
}
