package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tags are those of the Makefile.
const tags = "-tags=grpcnotrace"

// A source is a tree that is built.
type source struct {
	root     string
	revision string // of git; "" outside of it
	version  string // by git describe, or "devel"
	created  time.Time
	changed  bool   // there are changes that are not committed
	cache    string // of the Go command; "": the usual one

	architectures []string // of Linux, that the image is for, by their names in Go
}

// A program is a binary of one architecture.
type program struct{ arch, path string }

func readSource(ctx context.Context, root string) (*source, error) {
	s := &source{root: root, version: "devel", created: time.Unix(0, 0).UTC()}
	if revision, err := s.git(ctx, "rev-parse", "HEAD"); err == nil {
		s.revision = revision
		if s.version, err = s.git(ctx, "describe", "--tags", "--always", "--dirty"); err != nil {
			return nil, err
		}
		status, err := s.git(ctx, "status", "--porcelain")
		if err != nil {
			return nil, err
		}
		s.changed = status != ""
		at, err := s.git(ctx, "log", "-1", "--format=%ct")
		if err != nil {
			return nil, err
		}
		if s.created, err = epoch(at); err != nil {
			return nil, err
		}
	}
	if at := os.Getenv("SOURCE_DATE_EPOCH"); at != "" { // as reproducible-builds.org has it
		created, err := epoch(at)
		if err != nil {
			return nil, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
		s.created = created
	}
	return s, nil
}

func epoch(text string) (time.Time, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

// elsewhere is the same source in a directory of its own, where that can be had: git does not copy what is
// not committed.
func (s *source) elsewhere(ctx context.Context, dir string) (second *source, where string, err error) {
	copied := *s
	if s.changed || s.revision == "" {
		return &copied, "in the same directory: not everything is committed", nil
	}
	copied.root = dir
	if _, err := s.git(ctx, "clone", "--quiet", "--no-checkout", s.root, copied.root); err != nil {
		return nil, "", err
	}
	_, err = copied.git(ctx, "checkout", "--quiet", "--detach", s.revision)
	return &copied, "in two directories", err
}

// build compiles the program into dir. It is stamped with the version by the Go command itself.
func (s *source) build(ctx context.Context, arch, dir string) (program, error) {
	p := program{arch, filepath.Join(dir, "plinto-linux-"+arch)}
	cmd := s.goCommand(ctx, arch, "build", "-trimpath", "-buildvcs=auto", "-ldflags=-s -w", "-o", p.path, "./cmd/plinto")
	if text, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("build for %s: %w\n%s", arch, err, text)
	}
	return p, nil
}

// goCommand prepares the Go command for an architecture. What would make the result depend on the
// machine is set.
func (s *source) goCommand(ctx context.Context, arch string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS="+tags, "GOEXPERIMENT=", "GOWORK=off")
	if s.cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+s.cache)
	}
	return cmd
}

func (s *source) git(ctx context.Context, args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", s.root}, args...)...)
	if args[0] == "clone" {
		cmd = exec.CommandContext(ctx, "git", args...)
	}
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(text)), nil
}
