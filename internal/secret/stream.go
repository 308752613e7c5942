package secret

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// A stream is sealed in chunks, as STREAM does it (Hoang, Reyhanitabar, Rogaway, Vizár, "Online authenticated encryption and its
// nonce-reuse misuse-resistance", CRYPTO 2015, §7; age seals files likewise). The nonce of a chunk is its number, and whether
// it is the last one: chunks that are left out, changed places, cut off or added are not opened. A key is for one stream.
const (
	streamChunk = 64 << 10
	streamOver  = 16 // of GCM
)

// nonceOf returns the nonce of a chunk.
func nonceOf(n uint64, last bool) []byte {
	nonce := make([]byte, nonceLen)
	binary.BigEndian.PutUint64(nonce[3:], n)
	if last {
		nonce[nonceLen-1] = 1
	}
	return nonce
}

type streamWriter struct {
	to    io.Writer
	box   *Box
	held  []byte // that no chunk has yet
	n     uint64
	out   []byte
	ended bool
}

// SealStream returns a writer that seals what is written to it under a key that seals nothing else. It has to be closed: a
// stream without its end does not open. Closing does not close to.
func SealStream(to io.Writer, key [32]byte) io.WriteCloser {
	return &streamWriter{to: to, box: newKeyed(key).box, held: make([]byte, 0, streamChunk)}
}

// errEnded reports a write after the end.
var errEnded = errors.New("the sealed stream is closed")

// Write implements io.Writer.
func (w *streamWriter) Write(p []byte) (n int, err error) {
	if w.ended {
		return 0, errEnded
	}
	for len(p) > 0 {
		if len(w.held) == streamChunk { // more follows, so it is not the last
			if err := w.flush(false); err != nil {
				return n, err
			}
		}
		took := min(len(p), streamChunk-len(w.held))
		w.held = append(w.held, p[:took]...)
		p, n = p[took:], n+took
	}
	return n, nil
}

func (w *streamWriter) flush(last bool) error {
	w.out = w.box.aead.Seal(w.out[:0], nonceOf(w.n, last), w.held, nil)
	w.held, w.n = w.held[:0], w.n+1
	_, err := w.to.Write(w.out)
	return err
}

// Close implements io.Closer.
func (w *streamWriter) Close() error {
	if w.ended {
		return nil
	}
	w.ended = true
	return w.flush(true)
}

type streamReader struct {
	from  io.Reader
	box   *Box
	n     uint64
	in    []byte
	plain bytes.Reader
	err   error // after plain was read
}

// OpenStream returns a reader of what SealStream sealed. It returns nothing that was not authenticated: ErrSealed of a stream
// that was changed or cut off, whatever was read before it came to light.
func OpenStream(from io.Reader, key [32]byte) io.Reader {
	return &streamReader{from: from, box: newKeyed(key).box, in: make([]byte, streamChunk+streamOver)}
}

// Read implements io.Reader.
func (r *streamReader) Read(p []byte) (int, error) {
	for r.plain.Len() == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	return r.plain.Read(p)
}

// next opens a chunk.
func (r *streamReader) next() {
	n, err := io.ReadFull(r.from, r.in)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		if errors.Is(err, io.EOF) { // the last chunk never came
			err = ErrSealed
		}
		r.err = err
		return
	}
	whole := err == nil
	plain, last := []byte(nil), false
	if whole {
		plain, err = r.box.aead.Open(nil, nonceOf(r.n, false), r.in, nil)
	}
	if !whole || err != nil {
		last = true
		plain, err = r.box.aead.Open(nil, nonceOf(r.n, true), r.in[:n], nil)
	}
	if err != nil {
		r.err = ErrSealed
		return
	}
	r.n++
	if last {
		r.err = r.ends()
		if r.err != io.EOF { //nolint:errorlint // it is ours
			return // what follows the end was not sealed with it
		}
	}
	r.plain.Reset(plain)
}

// ends returns io.EOF unless something follows the last chunk.
func (r *streamReader) ends() error {
	switch n, err := io.ReadFull(r.from, r.in[:1]); {
	case n > 0:
		return ErrSealed
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return err
	}
}
