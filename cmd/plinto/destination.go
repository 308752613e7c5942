package main

import (
	"context"
	"io"
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
	file, err := blobfile.Replace(to)
	if err != nil {
		return nil, err
	}
	return &destination{file, file.Commit, file.Abandon}, nil
}
