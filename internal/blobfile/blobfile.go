package blobfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	"gocloud.dev/gcerrors"
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

// A File is an object that is being written.
type File struct {
	*blob.Writer
	bucket *blob.Bucket
	cancel context.CancelFunc
}

// Create begins an object. S3 takes credentials and region as AWS's programs do, from the
// environment, and parameters such as endpoint from the URL
// (https://pkg.go.dev/gocloud.dev/aws#V2ConfigFromURLParams). ErrURL, ErrS3, ErrNotFound,
// ErrDenied, ErrExists.
func Create(ctx context.Context, at string) (*File, error) {
	store, name, err := split(at)
	if err != nil {
		return nil, err
	}
	bucket, err := blob.OpenBucket(ctx, store)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", said(err))
	}
	f := &File{bucket: bucket}
	err = look(ctx, bucket, name)
	if err == nil {
		var writing context.Context
		writing, f.cancel = context.WithCancel(ctx)
		f.Writer, err = bucket.NewWriter(writing, name, &blob.WriterOptions{
			IfNotExist: true, ContentType: "application/octet-stream", BeforeWrite: ownersOnly,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", errors.Join(said(err), bucket.Close()))
	}
	return f, nil
}

// look finds out early what Commit would find out late. It finds nothing with rights that allow
// writing and not reading, which are enough for exports.
func look(ctx context.Context, bucket *blob.Bucket, name string) error {
	there, err := bucket.IsAccessible(ctx)
	if err == nil && !there {
		return ErrNotFound
	}
	exists := false
	if err == nil {
		exists, err = bucket.Exists(ctx, name)
	}
	switch {
	case gcerrors.Code(err) == gcerrors.PermissionDenied:
		return nil
	case err == nil && exists:
		return ErrExists
	}
	return err
}

// ownersOnly keeps others from a file.
func ownersOnly(as func(any) bool) error {
	var f *os.File
	if as(&f) {
		return f.Chmod(0o600)
	}
	return nil
}

// Commit makes the object appear. ErrExists when another is there, ErrNotFound, ErrDenied.
func (f *File) Commit() error {
	defer f.cancel()
	return errors.Join(said(f.Close()), f.bucket.Close())
}

// Abandon leaves no object.
func (f *File) Abandon() error {
	f.cancel() // a writer whose context has ended stores nothing
	_ = f.Close()
	return f.bucket.Close()
}

// split returns the URL of a bucket, as its driver reads it, and the name of the object.
func split(at string) (bucket, name string, err error) {
	u, err := url.Parse(at)
	if err != nil {
		return "", "", ErrURL // the error would repeat the URL
	}
	q := u.Query()
	switch u.Scheme {
	case "file":
		name = path.Base(u.Path)
		u.Path = path.Dir(u.Path)
		q.Set("metadata", "skip") // no second file beside it
		q.Set("no_tmp_dir", "1")  // a file is renamed within its file system
	case "s3":
		name, u.Path = strings.TrimPrefix(u.Path, "/"), ""
	}
	u.RawQuery = q.Encode()
	switch {
	case u.Scheme == "s3" && !blob.DefaultURLMux().ValidBucketScheme(u.Scheme):
		return "", "", ErrS3
	case !blob.DefaultURLMux().ValidBucketScheme(u.Scheme),
		name == "", name == "/", strings.HasSuffix(at, "/"), u.Scheme == "s3" && u.Host == "":
		return "", "", ErrURL
	}
	return u.String(), name, nil
}

// said adds what an error of a store means, where that is known.
func said(err error) error {
	if err == nil {
		return nil
	}
	var known error
	switch code := gcerrors.Code(err); {
	case code == gcerrors.NotFound, errors.Is(err, fs.ErrNotExist):
		known = ErrNotFound
	case code == gcerrors.PermissionDenied, errors.Is(err, fs.ErrPermission):
		known = ErrDenied
	case code == gcerrors.FailedPrecondition, code == gcerrors.AlreadyExists:
		known = ErrExists
	}
	return cmp.Or(known, err)
}
