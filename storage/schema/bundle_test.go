package schema

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/secret"
)

// bundleOf writes a bundle with a table of so many bytes.
func bundleOf(t *testing.T, key secret.Keeper, rows []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := newBundle(t.Context(), &out, key)
	if err == nil {
		err = errors.Join(w.value(frameHead, BundleHead{Migration: "0001_x", Tenant: BundleRow{ID: uuid.New()}}), w.value(frameTable, bundleTable{Name: "users"}))
	}
	if err == nil {
		_, err = rowsTo{w}.Write(rows)
	}
	if err == nil {
		err = errors.Join(w.value(frameSum, sum{Rows: 1, Sum: "2"}), w.close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readBundle reads a bundle as restoring does, and returns the rows.
func readBundle(ctx context.Context, file []byte, key secret.Keeper) (rows []byte, err error) {
	b, err := OpenBundle(ctx, bytes.NewReader(file), key)
	if err != nil {
		return nil, err
	}
	var in bundleTable
	if err := errors.Join(b.next(), b.value(frameTable, &in)); err != nil {
		return nil, err
	}
	if rows, err = io.ReadAll(&rowsOf{Bundle: b}); err != nil {
		return nil, err
	}
	var had sum
	if err := b.value(frameSum, &had); err != nil {
		return nil, err
	}
	if err := b.next(); err != nil {
		return nil, err
	}
	if b.kind != frameEnd {
		return nil, ErrBundle
	}
	return rows, b.end()
}

// noise does not compress.
func noise(n int) []byte {
	rows := make([]byte, 0, n)
	for i := range n {
		rows = append(rows, byte((i*i*31+i>>3)^i>>7))
	}
	return rows
}

// BAK-02, BAK-03: a file that was changed anywhere, cut off anywhere, or sealed by another key is refused.
func TestBundle_isRefusedWhenItWasChanged(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	key := secret.NewKeeper(root)
	rows := noise(200 << 10)
	good := bundleOf(t, key, rows)
	if found, err := readBundle(t.Context(), good, key); err != nil || !bytes.Equal(found, rows) {
		t.Fatalf("read %d bytes, %v", len(found), err)
	}
	step := len(good)/150 + 1
	for at := 0; at < len(good); at += step {
		changed := bytes.Clone(good)
		changed[at] ^= 0x20
		if _, err := readBundle(t.Context(), changed, key); !isRefusal(err) {
			t.Errorf("byte %d of %d changed: %v", at, len(good), err)
		}
		if _, err := readBundle(t.Context(), good[:at], key); !isRefusal(err) {
			t.Errorf("cut off after %d of %d bytes: %v", at, len(good), err)
		}
	}
	for name, changed := range map[string][]byte{"with more behind it": slices.Concat(good, []byte("x")), "twice": slices.Concat(good, good)} {
		if _, err := readBundle(t.Context(), changed, key); !isRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, _ := secret.NewRoot()
	if _, err := readBundle(t.Context(), good, secret.NewKeeper(other)); !errors.Is(err, ErrBundleKey) {
		t.Errorf("with another key: %v", err)
	}
}

func isRefusal(err error) bool {
	return errors.Is(err, ErrBundle) || errors.Is(err, ErrNoBundle) || errors.Is(err, ErrBundleKey)
}

// The key of a bundle is of its own lines: those of another bundle do not open it.
func TestBundle_isBoundToItsLines(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	key := secret.NewKeeper(root)
	a, b := bundleOf(t, key, noise(100)), bundleOf(t, key, noise(100))
	for name, file := range map[string][]byte{
		"lines of another bundle": slices.Concat(a[:linesOf(a)], b[linesOf(b):]),
		"lines that say the same": bytes.Replace(a, []byte(`"keeper"`), []byte(`"Keeper"`), 1),
	} {
		if _, err := readBundle(t.Context(), file, key); !errors.Is(err, ErrBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// linesOf is how long the lines before the stream are.
func linesOf(file []byte) int {
	first := bytes.IndexByte(file, '\n')
	return first + 2 + bytes.IndexByte(file[first+1:], '\n')
}

// A bundle says nothing in clear but who sealed it.
func TestBundle_showsNothing(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	file := bundleOf(t, secret.NewKeeper(root), bytes.Repeat([]byte("hunter2-canary"), 1000))
	for _, said := range []string{"canary", "users", "0001_x", "\x1f\x8b"} {
		if rest := file[linesOf(file):]; bytes.Contains(rest[:min(len(rest), 100)], []byte(said)) {
			t.Errorf("it has %q in clear", said)
		}
	}
}
