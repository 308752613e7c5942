package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"plinto/internal/blobfile"
)

// A destination is where an export goes. Nobody sees a part of it under its name.
type destination struct {
	io.Writer
	commit, abandon func() error
}

// create opens a destination: "-" for standard output, the URL of an object in a blob store,
// or a file.
func (c *cli) create(ctx context.Context, to string) (*destination, error) {
	switch {
	case to == "-":
		none := func() error { return nil }
		return &destination{c.out, none, none}, nil
	case strings.Contains(to, "://"):
		object, err := blobfile.Create(ctx, to)
		if err != nil {
			return nil, err
		}
		return &destination{object, object.Commit, object.Abandon}, nil
	}
	part := to + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create file: %w", err)
	}
	return &destination{
		Writer:  file,
		commit:  func() error { return errors.Join(file.Sync(), file.Close(), os.Rename(part, to)) },
		abandon: func() error { return errors.Join(file.Close(), os.Remove(part)) },
	}, nil
}
