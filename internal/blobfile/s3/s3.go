package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3://
	"gocloud.dev/gcerrors"

	"plinto/internal/blobfile"
)

func init() { blobfile.RegisterS3(create) }

// object is an object that is being written.
type object struct {
	*blob.Writer
	bucket *blob.Bucket
	cancel context.CancelFunc
}

func create(ctx context.Context, at *url.URL) (blobfile.File, error) {
	name, store := strings.TrimPrefix(at.Path, "/"), *at
	store.Path = ""
	bucket, err := blob.OpenBucket(ctx, store.String())
	if err != nil {
		return nil, fmt.Errorf("open store: %w", said(err))
	}
	o := &object{bucket: bucket}
	err = look(ctx, bucket, name)
	if err == nil {
		var writing context.Context
		writing, o.cancel = context.WithCancel(ctx)
		o.Writer, err = bucket.NewWriter(writing, name, &blob.WriterOptions{IfNotExist: true, ContentType: "application/octet-stream"})
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", errors.Join(said(err), bucket.Close()))
	}
	return o, nil
}

// look finds out early what Commit would find out late. Who may write and not read, which
// is enough for exports, sees nothing.
func look(ctx context.Context, bucket *blob.Bucket, name string) error {
	there, err := bucket.IsAccessible(ctx)
	if err == nil && !there {
		return blobfile.ErrNotFound
	}
	exists := false
	if err == nil {
		exists, err = bucket.Exists(ctx, name)
	}
	switch {
	case gcerrors.Code(err) == gcerrors.PermissionDenied:
		return nil
	case err == nil && exists:
		return blobfile.ErrExists
	}
	return err
}

func (o *object) Commit() error {
	defer o.cancel()
	return errors.Join(said(o.Close()), o.bucket.Close())
}

func (o *object) Abandon() error {
	o.cancel() // a writer whose context has ended stores nothing
	_ = o.Close()
	return o.bucket.Close()
}

// meanings are what codes of errors mean here.
var meanings = map[gcerrors.ErrorCode]error{
	gcerrors.NotFound:           blobfile.ErrNotFound,
	gcerrors.PermissionDenied:   blobfile.ErrDenied,
	gcerrors.FailedPrecondition: blobfile.ErrExists,
	gcerrors.AlreadyExists:      blobfile.ErrExists,
}

// said returns what an error of a store means, or itself where that is not known.
func said(err error) error {
	return cmp.Or(meanings[gcerrors.Code(err)], err)
}
