package binaries

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// install makes a directory of programs, of which "postgres" answers with version and the
// others do nothing.
func install(t *testing.T, version string, others ...string) (bin string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(others, "postgres") {
		script := "#!/bin/sh\necho '" + version + "'\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// A data directory is tied to the major version that made it, and half an installation
// cannot make one.
func TestFind_takesAWholeInstallationOfTheVersion(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		others  []string
		major   int
		want    bool
	}{
		"the newest":           {"postgres (PostgreSQL) 99.4 (Debian 99.4-1)", []string{"initdb", "pg_ctl"}, 0, true},
		"the one asked for":    {"postgres (PostgreSQL) 99.4", []string{"initdb", "pg_ctl"}, 99, true},
		"another version":      {"postgres (PostgreSQL) 99.4", []string{"initdb", "pg_ctl"}, 98, false},
		"not released yet":     {"postgres (PostgreSQL) 99devel", []string{"initdb", "pg_ctl"}, 99, true},
		"too old":              {"postgres (PostgreSQL) 14.9", []string{"initdb", "pg_ctl"}, 14, false},
		"without initdb":       {"postgres (PostgreSQL) 99.4", []string{"pg_ctl"}, 99, false},
		"without pg_ctl":       {"postgres (PostgreSQL) 99.4", []string{"initdb"}, 99, false},
		"what says no version": {"hello", []string{"initdb", "pg_ctl"}, 99, false},
	} {
		t.Run(name, func(t *testing.T) {
			bin := install(t, c.version, c.others...)
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			got, err := Find(t.Context(), c.major)
			if !c.want {
				if !errors.Is(err, ErrNotFound) {
					t.Errorf("got %+v, %v, want ErrNotFound", got, err)
				}
				return
			}
			if err != nil || got.Major != 99 || got.Program("initdb") != filepath.Join(bin, "initdb") {
				t.Errorf("got %+v, %v, want that in %s", got, err, bin)
			}
		})
	}
}
