package breach

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the lists have these hashes; nothing rests on them
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	hexSize = 2 * sha1.Size
	// maxLine bounds a line of the file: hash, colon, count, end of line.
	maxLine = 64
	// samples is how many lines are looked at when a file is opened.
	samples = 64
)

var errFormat = errors.New("not lines of a SHA-1 hash in hex, a colon and a count, in the order of the hashes")

// A File is a list of SHA-1 hashes on disk, one a line as "HASH:COUNT", sorted by hash: the
// format in which Have I Been Pwned gives its list away. It is searched where it is, in about
// 35 short reads, however large it is. It is safe for use by many goroutines.
type File struct {
	from io.ReaderAt
	size int64
}

// Open opens a list. A file of another format, or in another order, is an error as far as a
// look at some of its lines tells. It is never closed: it is for as long as the process lives.
func Open(path string) (*File, error) {
	from, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open list of breached passwords: %w", err)
	}
	info, err := from.Stat()
	if err == nil {
		f := &File{from, info.Size()}
		if err = f.check(); err == nil {
			return f, nil
		}
	}
	_ = from.Close() // it was only read
	return nil, fmt.Errorf("read list of breached passwords: %w", err)
}

// check looks at lines all over the file.
func (f *File) check() error {
	if f.size == 0 {
		return errFormat
	}
	var before []byte
	for i := range int64(samples) {
		hash, _, _, err := f.line(f.size / samples * i)
		if err != nil {
			return err
		}
		if bytes.Compare(before, hash) > 0 {
			return errFormat
		}
		before = hash
	}
	return nil
}

// Has reports whether the list has a hash.
func (f *File) Has(hash [sha1.Size]byte) (bool, error) {
	for low, high := int64(0), f.size; low < high; {
		found, start, end, err := f.line(low + (high-low)/2)
		if err != nil {
			return false, err
		}
		switch bytes.Compare(found, hash[:]) {
		case 0:
			return true, nil
		case -1:
			low = end
		default:
			high = start
		}
	}
	return false, nil
}

// line returns the hash of the line that the byte at an offset is in, where the line starts,
// and where the next one does.
func (f *File) line(at int64) (hash []byte, start, end int64, err error) {
	from := max(0, at-maxLine)
	block := make([]byte, 2*maxLine)
	n, err := f.from.ReadAt(block, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, 0, err
	}
	block = block[:n]
	within := int(at - from)
	first := bytes.LastIndexByte(block[:min(within, n)], '\n') + 1
	if first == 0 && from > 0 {
		return nil, 0, 0, errFormat
	}
	length := bytes.IndexByte(block[first:], '\n') + 1
	if length == 0 {
		length = n - first // the last line may have no end
	}
	text := bytes.TrimRight(block[first:first+length], "\r\n")
	if len(text) > maxLine || len(text) < hexSize || len(text) > hexSize && text[hexSize] != ':' {
		return nil, 0, 0, errFormat
	}
	hash = make([]byte, sha1.Size)
	if _, err := hex.Decode(hash, text[:hexSize]); err != nil {
		return nil, 0, 0, errFormat
	}
	return hash, from + int64(first), from + int64(first+length), nil
}
