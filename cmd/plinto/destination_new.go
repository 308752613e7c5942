package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plinto/internal/blobfile"
)

// forceFile is the flag that lets a command replace a file.
func forceFile(cmd *cobra.Command, replace *bool) {
	cmd.Flags().BoolVar(replace, "force", false, "replace a file that is there; an object in a store is never replaced")
}

// createNew is create of what is not there yet, unless a file may be replaced. A link counts as a file, wherever it leads.
func (c *cli) createNew(ctx context.Context, to string, replace bool) (*destination, error) {
	if replace || to == "-" || strings.Contains(to, "://") {
		return c.create(ctx, to)
	}
	whole, err := filepath.Abs(to)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", to, err)
	}
	at := url.URL{Scheme: "file", Path: filepath.ToSlash(whole)}
	made, err := c.create(ctx, at.String())
	if err != nil {
		return nil, isThere(to, err)
	}
	commit := made.commit
	made.commit = func() error { return isThere(to, commit()) }
	return made, nil
}

// destinationName is what people call a destination.
func destinationName(to string) string {
	if to == "-" {
		return "standard output"
	}
	return to
}

// isThere says what to do about a file that is there.
func isThere(file string, err error) error {
	if errors.Is(err, blobfile.ErrExists) {
		return fmt.Errorf("%s is there already: choose another name, or replace it by --force", file)
	}
	return err
}
