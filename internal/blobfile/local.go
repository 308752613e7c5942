package blobfile

import (
	"errors"
	"os"
	"path/filepath"
)

// local is a file that has another name until it is whole. Only its owner may read it.
type local struct {
	*os.File
	at string
}

// createLocal begins a file, and finds out early what Commit would find out late.
func createLocal(at string) (File, error) {
	at = filepath.FromSlash(at)
	if _, err := os.Lstat(at); err == nil {
		return nil, ErrExists
	}
	part, err := os.CreateTemp(filepath.Dir(at), "."+filepath.Base(at)+".*.part")
	if err != nil {
		return nil, failed(err)
	}
	return &local{part, at}, nil
}

// Commit gives the file its name. A link, other than a rename, replaces nothing.
func (l *local) Commit() error {
	err := errors.Join(l.Sync(), l.Close())
	if err == nil {
		err = os.Link(l.Name(), l.at)
	}
	return failed(errors.Join(err, os.Remove(l.Name())))
}

func (l *local) Abandon() error {
	return errors.Join(l.Close(), os.Remove(l.Name()))
}
