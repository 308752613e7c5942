package pg

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/jackc/pgx/v5/pgconn"
)

// errDatabaseURL is about a URL of which no more can be said.
var errDatabaseURL = &URLError{"cannot be read", "it must look like postgres://user:password@host:5432/database"}

// OfDatabase is the URL of another database of the same server, for the same role.
func OfDatabase(server, name string) (string, error) {
	u, err := readAsURL(server)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = "/"+name, ""
	return u.String(), nil
}

// OfUser is a database URL for the role that another one is of.
func OfUser(database, user string) (string, error) {
	u, err := readAsURL(database)
	if err != nil {
		return "", err
	}
	other, err := readAsURL(user)
	if err != nil {
		return "", err
	}
	u.User = other.User
	return u.String(), nil
}

func readAsURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errDatabaseURL
	}
	return u, nil
}

// A URLError is why a database URL cannot be used. It does not repeat the URL, which may
// hold a password.
type URLError struct{ Cause, Remedy string }

// Error implements error.
func (e *URLError) Error() string { return "the database URL " + e.Cause + " (" + e.Remedy + ")" }

// readURL turns an error of reading a database URL into one that may be shown.
func readURL(err error) error {
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) {
		return errDatabaseURL
	}
	var file *fs.PathError
	inner := errors.Unwrap(parse)
	switch {
	case errors.As(inner, &file):
		return &URLError{fmt.Sprintf("names the file %s, which cannot be read: %v", file.Path, file.Err), "correct sslrootcert, sslcert or sslkey"}
	case inner != nil && inner.Error() == "sslmode is invalid":
		return &URLError{"has an sslmode that does not exist", "use disable, allow, prefer, require, verify-ca or verify-full"}
	case inner != nil && inner.Error() == "unable to add CA to cert pool":
		return &URLError{"names a file in sslrootcert that holds no certificate", "let it hold certificates in PEM, saved as plain text"}
	}
	return errDatabaseURL
}
