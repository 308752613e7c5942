package textfile

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16Of writes s as an editor would that calls UTF-16 "Unicode".
func utf16Of(s string, order binary.AppendByteOrder, mark string) string {
	out := []byte(mark)
	for _, unit := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func TestDecode_readsWhatEditorsWrite(t *testing.T) {
	t.Parallel()
	const want = "name: Zoë 🙂\nkey: a\n"
	windows := strings.ReplaceAll(want, "\n", "\r\n")
	for name, written := range map[string]string{
		"UTF-8": want, "UTF-8 with CR LF": windows, "UTF-8 with a mark": "\xef\xbb\xbf" + want,
		"with a mark and CR LF":            "\xef\xbb\xbf" + windows,
		"UTF-16, little endian":            utf16Of(want, binary.LittleEndian, "\xff\xfe"),
		"UTF-16, big endian":               utf16Of(want, binary.BigEndian, "\xfe\xff"),
		"UTF-16 with CR LF":                utf16Of(windows, binary.LittleEndian, "\xff\xfe"),
		"UTF-16, cut in the middle of one": utf16Of(want, binary.LittleEndian, "\xff\xfe") + "x",
	} {
		if got, err := Decode([]byte(written)); string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
	}
	if got, err := Decode(nil); len(got) > 0 || err != nil {
		t.Errorf("an empty file: got %q, %v", got, err)
	}
}

func TestDecode_refusesWhatItWouldHaveToGuess(t *testing.T) {
	t.Parallel()
	for written, says := range map[string]string{
		"a: 1\nname: Zo\xeb\n":                     "line 2 is not UTF-8",
		utf16Of("a: 1\n", binary.LittleEndian, ""): "line 1 has a zero byte",
		"a: 1\n\nb: \x00\n":                        "line 3 has a zero byte",
		"\xff\xfe\x00\x00" + "a\x00\x00\x00":       "line 1 has a zero byte", // UTF-32
	} {
		_, err := Decode([]byte(written))
		if !errors.Is(err, ErrEncoding) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %s", written, err, says)
		}
	}
}

func TestRead_isBounded(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(name, 5); string(got) != "12345" || err != nil {
		t.Errorf("five bytes: got %q, %v", got, err)
	}
	if _, err := Read(name, 4); !errors.Is(err, ErrLarge) {
		t.Errorf("got %v, want ErrLarge", err)
	}
	if _, err := Read(name+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}
