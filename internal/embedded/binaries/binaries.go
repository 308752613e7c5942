package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Oldest is the oldest major version of Postgres that Plinto runs on.
const Oldest = 15

// ErrNotFound says that this machine has no Postgres of a wanted version.
var ErrNotFound = errors.New("no PostgreSQL 15 or newer found (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql)")

// An Installation is one set of Postgres programs.
type Installation struct {
	Prefix string // the directory that holds bin/postgres, bin/initdb and bin/pg_ctl
	Major  int    // for example 15
}

// Program returns the path of a program of the installation.
func (i Installation) Program(name string) string { return filepath.Join(i.Prefix, "bin", name) }

// Find returns the newest installation, or the one of the given major version
// when that is not zero: a data directory is tied to the version that made it.
func Find(ctx context.Context, major int) (Installation, error) {
	best := Installation{}
	for _, dir := range candidates(ctx) {
		found, err := inspect(ctx, dir)
		if err != nil || found.Major < Oldest || (major != 0 && found.Major != major) {
			continue
		}
		if found.Major > best.Major {
			best = found
		}
	}
	if best.Major == 0 {
		return best, ErrNotFound
	}
	return best, nil
}

// candidates lists the directories Postgres programs are usually kept in.
func candidates(ctx context.Context) []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // the PostgreSQL project's RPMs
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // only a malformed pattern errs
		dirs = append(dirs, found...)
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect asks the programs in dir for their version.
func inspect(ctx context.Context, dir string) (Installation, error) {
	if filepath.Base(dir) != "bin" {
		return Installation{}, fmt.Errorf("inspect %s: not a bin directory", dir)
	}
	found := Installation{Prefix: filepath.Dir(dir)}
	for _, name := range []string{"initdb", "pg_ctl"} {
		if _, err := os.Stat(found.Program(name)); err != nil {
			return found, fmt.Errorf("inspect %s: %w", dir, err)
		}
	}
	out, err := exec.CommandContext(ctx, found.Program("postgres"), "--version").Output()
	if err != nil {
		return found, fmt.Errorf("ask postgres for its version: %w", err)
	}
	match := version.FindSubmatch(out)
	if match == nil {
		return found, fmt.Errorf("read version of postgres: got %q", out)
	}
	found.Major, err = strconv.Atoi(string(match[1]))
	return found, err
}
