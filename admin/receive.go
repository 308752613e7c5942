package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"plinto/identity/bulk"
	"plinto/internal/web"
)

// MaxImport bounds a file of users, in bytes.
const MaxImport = bulk.MaxUpload

const (
	// receiveWait is how long a caller may take for a piece of a file.
	receiveWait = 30 * time.Second
	// receiveMost is how long it may take for all of it.
	receiveMost = 15 * time.Minute
)

// streamed reports whether the body is longer than what should be in memory: it is received
// piece by piece.
func (op *Operation) streamed() bool { return op.MediaType == linesOfJSON }

// checkStream is checkBody of a file that is still to be read.
func (op *Operation) checkStream(r *http.Request) error {
	switch {
	case !op.accepts(r.Header):
		return web.ErrNotJSON
	case r.ContentLength > MaxImport:
		return web.ErrTooLarge
	}
	return nil
}

// receive stores a file before the transaction that makes a job of it. What is not begun is to be dropped.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, dry bool) (*bulk.Upload, error) {
	leave, err := s.handlers().enter(r.Context())
	if err != nil {
		return nil, err
	}
	defer leave()
	file := &slowReader{from: http.MaxBytesReader(w, r.Body, MaxImport), control: http.NewResponseController(w), until: time.Now().Add(receiveMost)}
	u, err := s.Services.Bulk.Receive(r.Context(), file, r.URL.Query().Get("dry_run") == "true", !dry)
	_ = file.control.SetWriteDeadline(time.Now().Add(receiveWait)) // the server's own is over, perhaps
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		err = web.ErrTooLarge
	case file.failed != nil:
		err = web.ErrJSON.With(err)
	}
	return u, err
}

// drop removes what was received and became no job. Should even that fail, it goes an hour later.
func (s *Server) drop(ctx context.Context, u *bulk.Upload) {
	_ = s.Services.Bulk.Drop(context.WithoutCancel(ctx), u)
}

// A slowReader gives each read its time: the server's limit is for bodies that are short.
type slowReader struct {
	from    io.Reader
	control *http.ResponseController
	until   time.Time
	failed  error // of the caller
}

// Read implements io.Reader.
func (s *slowReader) Read(p []byte) (int, error) {
	next := time.Now().Add(receiveWait)
	if next.After(s.until) {
		next = s.until
	}
	_ = s.control.SetReadDeadline(next) // where there is none, it stays so
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}
