package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	root := flag.String("root", "../..", "the top of the repository")
	arch := flag.String("arch", "amd64,arm64", "the architectures")
	cold := flag.Bool("cold", false, "make the second build without anything compiled before")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *root, strings.Split(*arch, ","), *cold)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, root string, architectures []string, cold bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	dist := filepath.Join(root, "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	src, err := readSource(ctx, root)
	if err != nil {
		return err
	}
	src.architectures = architectures
	work, err := os.MkdirTemp("", "plinto-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	// A copy for the first build, too: the Go command does not stamp the version in a work tree of git.
	first, _, err := src.elsewhere(ctx, filepath.Join(work, "source"))
	if err != nil {
		return err
	}
	index, programs, err := assemble(ctx, first, dist)
	if err != nil {
		return err
	}
	if err := again(ctx, out, src, index, work, cold); err != nil {
		return err
	}
	if err := write(dist, index, src.created); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dist, "plinto-image.digest"), []byte(digest.String()+"\n"), 0o644); err != nil {
		return err
	}
	if err := check(filepath.Join(dist, "image"), src, out); err != nil {
		return err
	}
	for _, p := range programs {
		if err := writeSBOM(ctx, first, p, dist); err != nil {
			return err
		}
	}
	return nil
}

// assemble builds the programs into dir and makes the image of them.
func assemble(ctx context.Context, src *source, dir string) (v1.ImageIndex, []program, error) {
	var programs []program
	for _, arch := range src.architectures {
		p, err := src.build(ctx, arch, dir)
		if err != nil {
			return nil, nil, err
		}
		programs = append(programs, p)
	}
	index, err := newIndex(src, programs)
	return index, programs, err
}

// again builds a second time, below dir, and compares.
func again(ctx context.Context, out io.Writer, src *source, first v1.ImageIndex, dir string, cold bool) error {
	second, where, err := src.elsewhere(ctx, filepath.Join(dir, "elsewhere", "another-place"))
	if err != nil {
		return err
	}
	if cold {
		second.cache = filepath.Join(dir, "cache")
		where += ", without a cache"
	}
	index, _, err := assemble(ctx, second, dir)
	if err != nil {
		return err
	}
	one, err1 := first.Digest()
	two, err2 := index.Digest()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if one != two {
		return fmt.Errorf("two builds differ: %s, and %s %s", one, two, where)
	}
	fmt.Fprintf(out, "image: %s, twice (%s)\n", one, where)
	return nil
}
