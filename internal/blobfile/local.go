package blobfile

import (
	"errors"
	"os"
	"path/filepath"
)

// local is a file that has another name until it is whole. Only its owner may read it.
type local struct {
	*os.File
	at       string
	replaces bool
}

// New begins a file at a path, which replaces nothing, and finds out early what Commit would find out late. ErrExists, ErrNotFound,
// ErrDenied.
func New(at string) (File, error) {
	at = filepath.FromSlash(at)
	if _, err := os.Lstat(at); err == nil {
		return nil, ErrExists
	}
	return part(at, false)
}

// Replace begins a file at a path, which replaces one that is there. ErrNotFound, ErrDenied.
func Replace(path string) (File, error) { return part(path, true) }

func part(at string, replaces bool) (File, error) {
	f, err := os.CreateTemp(filepath.Dir(at), "."+filepath.Base(at)+".*.part")
	if err != nil {
		return nil, failed(err)
	}
	return &local{f, at, replaces}, nil
}

// Commit gives the file its name.
func (l *local) Commit() error {
	err := errors.Join(l.Sync(), l.Close())
	switch {
	case err != nil:
	case l.replaces:
		if err = os.Rename(l.Name(), l.at); err == nil {
			return nil
		}
	default:
		err = os.Link(l.Name(), l.at) // other than a rename, it replaces nothing
	}
	return failed(errors.Join(err, os.Remove(l.Name())))
}

func (l *local) Abandon() error {
	return errors.Join(l.Close(), os.Remove(l.Name()))
}
