package blobfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
)

var (
	// ErrURL reports an address that names no object of a store that the program knows.
	ErrURL = errors.New("the URL has the form file:///folder/name or s3://bucket/name")
	// ErrS3 reports an address of a program without S3.
	ErrS3 = errors.New("this program was built without S3: build it with make build TAGS=s3")
	// ErrExists reports an object that is there already.
	ErrExists = errors.New("there is an object of this name already")
	// ErrNotFound reports a bucket or a folder that is not there.
	ErrNotFound = errors.New("there is no such bucket or folder")
	// ErrDenied reports that the store does not let us in.
	ErrDenied = errors.New("the store denies access")
)

// A File is an object that is being written. Either of its methods ends it.
type File interface {
	io.Writer
	// Commit makes the object appear. ErrExists when another is there, ErrNotFound, ErrDenied.
	Commit() error
	// Abandon leaves no object.
	Abandon() error
}

// s3 begins an object at a URL; nil in a program without S3.
var s3 func(context.Context, *url.URL) (File, error)

// RegisterS3 lets Create write to s3:// addresses. Package s3 calls it before main begins.
func RegisterS3(create func(context.Context, *url.URL) (File, error)) { s3 = create }

// Create begins an object. S3 takes credentials and region as AWS's programs do, from the
// environment, and parameters such as endpoint from the URL
// (https://pkg.go.dev/gocloud.dev/aws#V2ConfigFromURLParams). ErrURL, ErrS3, ErrNotFound,
// ErrDenied, ErrExists.
func Create(ctx context.Context, at string) (File, error) {
	u, err := url.Parse(at)
	if err != nil || strings.HasSuffix(u.Path, "/") || u.Path == "" {
		return nil, ErrURL // the error of Parse would repeat the URL
	}
	switch {
	case u.Scheme == "file" && u.Host == "":
		return New(u.Path)
	case u.Scheme == "s3" && u.Host != "" && s3 == nil:
		return nil, ErrS3
	case u.Scheme == "s3" && u.Host != "":
		return s3(ctx, u)
	}
	return nil, ErrURL
}

// failed adds what an error of a file system means, where that is known.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return fmt.Errorf("write file: %w", err)
}
