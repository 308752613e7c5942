package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/internal/blobfile"
)

// A destination is where an export goes. Nobody sees a part of it under its name.
type destination struct {
	io.Writer
	commit, abandon func() error
}

// forceFile is the flag that lets a command replace a file.
func forceFile(cmd *cobra.Command, replace *bool) {
	cmd.Flags().BoolVar(replace, "force", false, "replace a file that is there; an object in a store is never replaced")
}

// create opens a destination: "-" for standard output, the URL of an object in a blob store,
// or a file. What is there already is left alone, unless it is a file that may be replaced.
func (c *cli) create(ctx context.Context, to string, replace bool) (*destination, error) {
	if to == "-" {
		none := func() error { return nil }
		return &destination{c.out, none, none}, nil
	}
	file, err := open(ctx, to, replace)
	if err != nil {
		return nil, isThere(to, err)
	}
	return &destination{file, func() error { return isThere(to, file.Commit()) }, file.Abandon}, nil
}

func open(ctx context.Context, to string, replace bool) (blobfile.File, error) {
	switch {
	case isURL(to):
		return blobfile.Create(ctx, to)
	case replace:
		return blobfile.Replace(to)
	}
	return blobfile.New(to)
}

func isURL(to string) bool { return strings.Contains(to, "://") }

// isThere says what to do about a file that is there. A link counts as a file, wherever it leads.
func isThere(to string, err error) error {
	if errors.Is(err, blobfile.ErrExists) && !isURL(to) {
		return fmt.Errorf("%s is there already: choose another name, or replace it by --force", to)
	}
	return err
}

// destinationName is what people call a destination.
func destinationName(to string) string {
	if to == "-" {
		return "standard output"
	}
	return to
}
