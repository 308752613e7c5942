package audit

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// scanChunk is how many leaves are read at once: whole tiles.
	scanChunk = 16 << tileHeight
	// strayPage is how many rows are looked up at once that no leaf claimed.
	strayPage = 1000
)

// farFuture is after every row.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// A scan reads leaves with the rows and details that are stored for them. It reads all three
// on side by side, each in the order in which it is stored, and looks up what is not where it
// is expected: somebody's clock was wrong, or something was moved. Rows that no leaf claims
// are kept by their key: leaves that come later may, or they are strays.
type scan struct {
	Scan
	log       Log
	cursor    Key                // of the last row that was read
	unclaimed map[place]struct{} // rows that were read and are of no leaf yet
	detailed  uuid.UUID          // row of the last detail that was read
}

// A place is a Key as maps like it: without pointers.
type place struct {
	id uuid.UUID
	at int64 // in microseconds
}

func (k *Key) place() place { return place{k.ID, k.OccurredAt.UnixMicro()} }

func (k *Key) compare(other *Key) int {
	return cmp.Or(k.OccurredAt.Compare(other.OccurredAt), bytes.Compare(k.ID[:], other.ID[:]))
}

// A chunk is some leaves with what is stored for them.
type chunk struct {
	from    int64
	to      int64 // exclusive
	leaves  []Leaf
	hashes  []Hash           // of the lowest tiles; zero: not stored
	rows    []*Scanned       // of each leaf; nil: there is none
	details []*ScannedDetail // likewise
}

// A reading is the next chunk, or why there is none.
type reading struct {
	chunk *chunk
	err   error
}

// all reads every leaf of a tree, ahead of who compares them, and ends with ctx: while a chunk
// is compared the rows and the details of the next one are read, and the leaves of the one
// after it.
func (s *scan) all(ctx context.Context, size int64) <-chan reading {
	leaves, whole := make(chan reading, 1), make(chan reading, 1)
	go func() {
		defer close(leaves)
		for from := int64(0); from < size; from += scanChunk {
			c, err := s.read(ctx, from, min(from+scanChunk, size))
			if !give(ctx, leaves, c, err) {
				return
			}
		}
	}()
	go func() {
		defer close(whole)
		for read := range leaves {
			err := read.err
			if err == nil {
				err = s.fill(ctx, read.chunk)
			}
			if !give(ctx, whole, read.chunk, err) {
				return
			}
		}
	}()
	return whole
}

// give reports whether there is any use in reading on.
func give(ctx context.Context, to chan<- reading, c *chunk, err error) bool {
	select {
	case to <- reading{c, err}:
		return err == nil
	case <-ctx.Done():
		return false
	}
}

// read reads the leaves from ≤ seq < to and their stored hashes.
func (s *scan) read(ctx context.Context, from, to int64) (c *chunk, err error) {
	c = &chunk{from: from, to: to}
	if c.leaves, err = s.Leaves(ctx, from, to); err != nil {
		return nil, err
	}
	c.hashes, err = s.lowest(ctx, from, to)
	return c, err
}

// lowest returns the stored hashes of leaves; those that are not stored are zero.
func (s *scan) lowest(ctx context.Context, from, to int64) ([]Hash, error) {
	var ids []TileID
	for n := from >> tileHeight; n<<tileHeight < to; n++ {
		ids = append(ids, TileID{0, n})
	}
	stored, err := s.log.Tiles(ctx, ids)
	if err != nil {
		return nil, err
	}
	hashes := make([]Hash, int64(len(ids))<<tileHeight)
	for _, t := range stored {
		at := t.N<<tileHeight - from
		for i := 0; i+tlog.HashSize <= len(t.Hashes) && i < tlog.HashSize<<tileHeight; i += tlog.HashSize {
			copy(hashes[at+int64(i/tlog.HashSize)][:], t.Hashes[i:])
		}
	}
	return hashes, nil
}

// fill reads the rows and the details of a chunk.
func (s *scan) fill(ctx context.Context, c *chunk) error {
	c.rows, c.details = make([]*Scanned, len(c.leaves)), make([]*ScannedDetail, len(c.leaves))
	if len(c.leaves) == 0 {
		return nil
	}
	var detailed error
	var both sync.WaitGroup
	both.Go(func() { detailed = s.fillDetails(ctx, c) })
	err := s.fillRows(ctx, c)
	both.Wait()
	return cmp.Or(err, detailed)
}

// order returns the places of leaves in another order, which is nearly theirs.
func (c *chunk) order(compare func(a, b *Leaf) int) []int {
	order := make([]int, len(c.leaves))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compare(&c.leaves[a], &c.leaves[b]) })
	return order
}

// fillRows reads rows on to the time of the last leaf, and keeps those that are of no leaf here.
func (s *scan) fillRows(ctx context.Context, c *chunk) error {
	order := c.order(func(a, b *Leaf) int {
		x, y := a.key(), b.key()
		return x.compare(&y)
	})
	after, until := s.cursor, c.leaves[order[len(order)-1]].OccurredAt
	rows, err := s.Window(ctx, after, until, 2*scanChunk)
	if err != nil {
		return err
	}
	whole := len(rows) < 2*scanChunk
	if len(rows) > 0 {
		s.cursor = rows[len(rows)-1].Key
	}
	var missing []int
	next := 0
	for _, i := range order {
		key := c.leaves[i].key()
		for ; next < len(rows) && rows[next].compare(&key) < 0; next++ {
			s.unclaimed[rows[next].place()] = struct{}{}
		}
		switch {
		case next < len(rows) && rows[next].compare(&key) == 0:
			c.rows[i] = &rows[next]
			next++
		case key.compare(&after) <= 0 || !whole && key.compare(&s.cursor) > 0: // not in what was read
			missing = append(missing, i)
		}
	}
	for ; next < len(rows); next++ {
		s.unclaimed[rows[next].place()] = struct{}{}
	}
	return s.missing(ctx, c, missing)
}

// missing looks for the rows of leaves that are not in the window.
func (s *scan) missing(ctx context.Context, c *chunk, leaves []int) error {
	var ids []uuid.UUID
	at := make(map[place]int, len(leaves))
	for _, i := range leaves {
		key := c.leaves[i].key()
		ids = append(ids, key.ID)
		at[key.place()] = i
		delete(s.unclaimed, key.place())
	}
	rows, err := s.Rows(ctx, ids)
	for n := range rows {
		if i, ok := at[rows[n].place()]; ok {
			c.rows[i] = &rows[n]
		}
	}
	return err
}

// fillDetails reads details on to the greatest id of the leaves, and looks up the others.
func (s *scan) fillDetails(ctx context.Context, c *chunk) error {
	order := c.order(func(a, b *Leaf) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	after, until := s.detailed, c.leaves[order[len(order)-1]].ID
	details, err := s.DetailWindow(ctx, after, until, 2*scanChunk)
	if err != nil {
		return err
	}
	whole := len(details) < 2*scanChunk
	if len(details) > 0 {
		s.detailed = details[len(details)-1].ID
	}
	var missing []uuid.UUID
	at := map[uuid.UUID]int{}
	next := 0
	for _, i := range order {
		id := c.leaves[i].ID
		for next < len(details) && bytes.Compare(details[next].ID[:], id[:]) < 0 {
			next++
		}
		switch {
		case next < len(details) && details[next].ID == id:
			c.details[i] = &details[next]
			next++
		case bytes.Compare(id[:], after[:]) <= 0 || !whole && bytes.Compare(id[:], s.detailed[:]) > 0: // not in what was read
			missing = append(missing, id)
			at[id] = i
		}
	}
	details, err = s.Details(ctx, missing)
	for n := range details {
		c.details[at[details[n].ID]] = &details[n]
	}
	return err
}

// strays reads the rows that are left, and returns the first one in the order of time that
// is neither sealed nor waiting to be, or nil.
func (s *scan) strays(ctx context.Context) (first *Key, err error) {
	look := func() error {
		keys := make([]Key, 0, len(s.unclaimed))
		for key := range s.unclaimed {
			keys = append(keys, Key{key.id, time.UnixMicro(key.at).UTC()})
		}
		clear(s.unclaimed)
		for ; len(keys) > 0; keys = keys[min(strayPage, len(keys)):] {
			found, err := s.Strays(ctx, keys[:min(strayPage, len(keys))])
			if err != nil {
				return err
			}
			if len(found) > 0 && (first == nil || found[0].OccurredAt.Before(first.OccurredAt)) {
				first = &found[0]
			}
		}
		return nil
	}
	for {
		if err := look(); err != nil {
			return nil, err
		}
		rows, err := s.Window(ctx, s.cursor, farFuture, scanChunk)
		if err != nil || len(rows) == 0 {
			return first, err
		}
		for i := range rows {
			s.unclaimed[rows[i].place()] = struct{}{}
		}
		s.cursor = rows[len(rows)-1].Key
	}
}

func (l *Leaf) key() Key { return Key{l.ID, l.OccurredAt} }
