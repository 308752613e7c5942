package textfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Why a text is refused. The errors that Decode returns are one of these with a line.
var (
	ErrEncoding = errors.New("save the file as UTF-8")
	ErrLarge    = errors.New("it is too large")
)

// Read returns the text of a file of at most limit bytes: see Decode. ErrLarge,
// ErrEncoding, and those of opening the file (a *fs.PathError).
func Read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadFrom(f, limit)
}

// ReadFrom is Read of what is open already, such as standard input.
func ReadFrom(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, ErrLarge
	}
	return Decode(data)
}

var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16LE = []byte("\xff\xfe")
	markUTF16BE = []byte("\xfe\xff")
)

// Unmark returns a text without the byte order mark it may start with, and as UTF-8
// where that mark says UTF-16. It refuses nothing: see Decode for what people type. A
// PEM file may hold anything between its blocks.
func Unmark(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, markUTF8):
		return data[len(markUTF8):]
	case bytes.HasPrefix(data, markUTF16LE):
		return fromUTF16(data[len(markUTF16LE):], binary.LittleEndian)
	case bytes.HasPrefix(data, markUTF16BE):
		return fromUTF16(data[len(markUTF16BE):], binary.BigEndian)
	}
	return data
}

// Decode returns a text as UTF-8 without a byte order mark, its lines ended by LF.
// UTF-16 is read where a byte order mark says so. ErrEncoding.
func Decode(data []byte) ([]byte, error) {
	data = Unmark(data)
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return nil, fmt.Errorf("line %d has a zero byte, as UTF-16 without a byte order mark has: %w", lineAt(data, at), ErrEncoding)
	}
	if at := invalid(data); at >= 0 {
		return nil, fmt.Errorf("line %d is not UTF-8: %w", lineAt(data, at), ErrEncoding)
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), nil
}

// fromUTF16 leaves half a unit at the end out.
func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(data)/2)
	for pair := range slices.Chunk(data[:len(data)/2*2], 2) {
		units = append(units, order.Uint16(pair))
	}
	return []byte(string(utf16.Decode(units)))
}

// invalid returns where the first byte is that is not UTF-8, or -1.
func invalid(data []byte) int {
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

func lineAt(data []byte, at int) int { return 1 + bytes.Count(data[:at], []byte("\n")) }
