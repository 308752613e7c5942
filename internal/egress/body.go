package egress

import (
	"errors"
	"io"
	"sync"
)

// A body is an answer's body that ends with an error when it is too large, and
// gives its place back when it is closed.
type body struct {
	from io.ReadCloser
	left int64
	done func()
	once sync.Once
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more than allowed tells the end from too much
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrUnreachable.With(errTooLarge)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, ErrUnreachable.With(err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	err := b.from.Close()
	b.once.Do(b.done)
	return err
}
