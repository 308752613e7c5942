package schema

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
)

// A bundle is a file with everything of one tenant:
//
//	plinto-backup/1 LF
//	{"keeper": who sealed its key, "sealed": that key} LF
//	a sealed stream (secret.SealStream) of gzip of frames
//
// The key of the stream is bound to both lines. A frame is a kind (one byte), a length (four, the highest first) and
// that many bytes: the head; for each table its name and columns, its rows as COPY writes them as text, and how many they
// are, with a sum; the end.

const bundleMagic = "plinto-backup/1\n"

// maxFrame bounds a frame, and the lines before the stream.
const maxFrame = 16 << 20

const (
	frameHead  = 'h' // BundleHead
	frameTable = 't' // bundleTable
	frameRows  = 'd'
	frameSum   = 's' // sum
	frameEnd   = 'z'
)

// A BundleHead says what a bundle is of.
type BundleHead struct {
	Migration string    `json:"migration"` // the last one of the tables
	Schema    string    `json:"schema"`    // hashAt of that migration
	TakenAt   time.Time `json:"taken_at"`  // of its snapshot
	Tenant    BundleRow `json:"tenant"`
	Keys      []byte    `json:"keys"`   // secret.Keys.Reveal
	Events    int64     `json:"events"` // the last number of an event
	// Head is the newest signed head of the audit log: "" where nothing was sealed yet.
	Head     string `json:"head"`
	HeadSize int64  `json:"head_size"`
}

// A BundleRow is what the registry says of the tenant.
type BundleRow struct {
	ID         uuid.UUID       `json:"id"`
	Slug       string          `json:"slug"`
	Name       string          `json:"name"`
	Host       string          `json:"host"`
	Isolation  string          `json:"isolation"`
	Settings   json.RawMessage `json:"settings"`
	NotBefore  *time.Time      `json:"not_before"` // nil: there is none
	DisabledAt *time.Time      `json:"disabled_at"`
	CreatedAt  time.Time       `json:"created_at"`
	ManagedBy  string          `json:"managed_by"`
}

// A bundleTable begins the rows of a table.
type bundleTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
}

// Errors of bundles.
var (
	ErrNoBundle  = fault.New(fault.Invalid, "no_backup", "This is no backup of a tenant that plinto backup made.")
	ErrBundle    = fault.New(fault.Invalid, "backup_damaged", "The backup was changed or cut off, or its key is another one. Nothing was restored.")
	ErrBundleKey = fault.New(fault.Invalid, "backup_key", "The backup was sealed by another key.")
)

// saying is a fault with a sentence more.
func saying(e *fault.Error, format string, args ...any) error {
	more := *e
	more.Message += " " + fmt.Sprintf(format, args...)
	return &more
}

// A bundleLine is the line before the stream.
type bundleLine struct {
	Keeper string `json:"keeper"`
	Sealed []byte `json:"sealed"`
}

// streamKey is the key of the stream behind the lines.
func streamKey(file secret.Root, line []byte) [32]byte {
	return file.Subkey("plinto/backup/v1 " + bundleMagic + string(line))
}

// A bundleWriter writes frames.
type bundleWriter struct {
	zip    *gzip.Writer
	stream io.WriteCloser
}

func newBundle(ctx context.Context, to io.Writer, key secret.Keeper) (*bundleWriter, error) {
	file, _ := secret.NewRoot()
	sealed, err := file.SealedBy(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("seal the key of the backup by %s: %w", key.Name(), err)
	}
	line, err := json.Marshal(bundleLine{key.Name(), sealed})
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(to, bundleMagic+string(line)+"\n"); err != nil {
		return nil, err
	}
	stream := secret.SealStream(to, streamKey(file, line))
	zip, err := gzip.NewWriterLevel(stream, gzip.BestSpeed)
	return &bundleWriter{zip, stream}, err
}

func (w *bundleWriter) frame(kind byte, body []byte) error {
	if len(body) > maxFrame {
		return fmt.Errorf("a frame of a backup has %d bytes", len(body))
	}
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	if _, err := w.zip.Write(head); err != nil {
		return err
	}
	_, err := w.zip.Write(body)
	return err
}

func (w *bundleWriter) value(kind byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.frame(kind, body)
}

// close ends the bundle. One that was not closed is refused where it is restored.
func (w *bundleWriter) close() error {
	return errors.Join(w.frame(frameEnd, nil), w.zip.Close(), w.stream.Close())
}

// rows writes frames of rows.
type rowsTo struct{ *bundleWriter }

// Write implements io.Writer.
func (w rowsTo) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		took := min(len(p), 64<<10)
		if err := w.frame(frameRows, p[:took]); err != nil {
			return n, err
		}
		p, n = p[took:], n+took
	}
	return n, nil
}

// A Bundle is one that is read.
type Bundle struct {
	Head BundleHead
	same bool // whether it is of the tables of this program: see BundleHead.fits
	in   *bufio.Reader
	raw  *bufio.Reader // the stream, which the unzipper reads no byte too many of
	kind byte          // of the frame that was read last
	body []byte        // of it
}

// OpenBundle reads the lines and the head of a bundle. ErrNoBundle, ErrBundleKey, ErrBundle.
func OpenBundle(ctx context.Context, from io.Reader, key secret.Keeper) (*Bundle, error) {
	lines := bufio.NewReaderSize(from, maxLine)
	magic, err := lines.ReadSlice('\n')
	if err != nil || string(magic) != bundleMagic {
		return nil, ErrNoBundle.With(unlessShort(err))
	}
	line, err := lines.ReadSlice('\n')
	if err != nil {
		return nil, ErrNoBundle.With(unlessShort(err))
	}
	line = []byte(strings.TrimSuffix(string(line), "\n"))
	var by bundleLine
	if err := json.Unmarshal(line, &by); err != nil {
		return nil, ErrNoBundle
	}
	if by.Keeper != key.Name() {
		return nil, saying(ErrBundleKey, "It was sealed by %q, and the key that is given is %q.", by.Keeper, key.Name())
	}
	file, err := secret.OpenRoot(ctx, key, by.Sealed)
	if err != nil {
		return nil, damaged(err)
	}
	raw := bufio.NewReaderSize(secret.OpenStream(lines, streamKey(file, line)), 64<<10)
	zip, err := gzip.NewReader(raw)
	if err != nil {
		return nil, damaged(err)
	}
	zip.Multistream(false)
	b := &Bundle{in: bufio.NewReaderSize(zip, 64<<10), raw: raw}
	if err := b.next(); err != nil {
		return nil, err
	}
	if err := b.value(frameHead, &b.Head); err != nil {
		return nil, err
	}
	return b, b.Head.check()
}

// mostEvents is more than any installation writes. All tenants draw from the sequence of events: a backup that was made up must not
// bring it to its end.
const mostEvents = 1 << 53

// check refuses what no installation is like. ErrBundle.
func (h *BundleHead) check() error {
	if h.Tenant.ID == uuid.Nil || h.Events < 0 || h.Events > mostEvents {
		return ErrBundle
	}
	return nil
}

// maxLine bounds a line before the stream.
const maxLine = 64 << 10

// unlessShort returns errors of the file but for its end.
func unlessShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
		return nil
	}
	return err
}

// damaged is ErrBundle of what a bundle that was not changed does not do; other errors are of the file.
func damaged(err error) error {
	if errors.Is(err, secret.ErrSealed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return ErrBundle.With(err)
	}
	return err
}

// next reads a frame.
func (b *Bundle) next() error {
	var head [5]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return damaged(err)
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > maxFrame {
		return ErrBundle
	}
	b.kind = head[0]
	if uint32(cap(b.body)) < size {
		b.body = make([]byte, size)
	}
	b.body = b.body[:size]
	if _, err := io.ReadFull(b.in, b.body); err != nil {
		return damaged(err)
	}
	return nil
}

// value reads the frame that was read last, which has to be of that kind.
func (b *Bundle) value(kind byte, to any) error {
	if b.kind != kind || json.Unmarshal(b.body, to) != nil {
		return ErrBundle
	}
	return nil
}

// end reads what follows the last frame: nothing may, and the stream has to end.
func (b *Bundle) end() error {
	for _, rest := range []io.ByteReader{b.in, b.raw} {
		switch _, err := rest.ReadByte(); {
		case err == nil:
			return ErrBundle
		case !errors.Is(err, io.EOF):
			return damaged(err)
		}
	}
	return nil
}

// rowsOf reads the rows of a table, up to the frame behind them.
type rowsOf struct {
	*Bundle
	left   []byte
	over   bool
	failed error
}

// Read implements io.Reader.
func (r *rowsOf) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.over {
			return 0, io.EOF
		}
		if r.failed = r.next(); r.failed != nil {
			return 0, r.failed
		}
		if r.over = r.kind != frameRows; !r.over {
			r.left = r.body
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
