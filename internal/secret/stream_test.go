package secret

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

func sealed(t *testing.T, key [32]byte, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := SealStream(&out, key)
	for piece := range slices.Chunk(plain, 1000) {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestStream_opensWhatWasSealed(t *testing.T) {
	t.Parallel()
	key := [32]byte{7}
	for _, size := range []int{0, 1, streamChunk - 1, streamChunk, streamChunk + 1, 3 * streamChunk} {
		plain := bytes.Repeat([]byte("ab"), size)[:size]
		found, err := io.ReadAll(OpenStream(bytes.NewReader(sealed(t, key, plain)), key))
		if err != nil || !bytes.Equal(found, plain) {
			t.Errorf("%d bytes: read %d, %v", size, len(found), err)
		}
	}
}

// BAK-02: what was changed, cut off, moved or added does not open, and nothing of it is read that was not sealed at that place.
func TestStream_opensNothingThatWasChanged(t *testing.T) {
	t.Parallel()
	key := [32]byte{7}
	plain := bytes.Repeat([]byte("0123456789abcdef"), 3*streamChunk/16)
	good := sealed(t, key, plain)
	const chunk = streamChunk + streamOver
	flipped := func(at int) []byte {
		c := bytes.Clone(good)
		c[at] ^= 1
		return c
	}
	other := sealed(t, [32]byte{8}, plain)
	for name, bad := range map[string][]byte{
		"empty": nil, "a byte short": good[:len(good)-1], "without its last chunk": good[:2*chunk], "without its first chunk": good[chunk:],
		"with two chunks in turns": slices.Concat(good[chunk:2*chunk], good[:chunk], good[2*chunk:]),
		"with a chunk twice":       slices.Concat(good[:chunk], good[:chunk], good[chunk:]),
		"with a byte more":         append(bytes.Clone(good), 0), "twice": slices.Concat(good, good),
		"changed first": flipped(0), "changed in the middle": flipped(chunk + 5), "changed last": flipped(len(good) - 1),
		"of another key": other, "with a chunk of another stream": slices.Concat(good[:chunk], other[chunk:]),
	} {
		found, err := io.ReadAll(OpenStream(bytes.NewReader(bad), key))
		if !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
		if !bytes.HasPrefix(plain, found) {
			t.Errorf("%s: %d bytes were read that are not of the stream", name, len(found))
		}
	}
}

func TestStream_takesNothingAfterItsEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := SealStream(&out, [32]byte{7})
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	n := out.Len()
	if _, err := w.Write([]byte("more")); err == nil || out.Len() != n {
		t.Errorf("wrote after the end: %v", err)
	}
}
