package audit

import (
	"context"
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

// A scan reads leaves in their order and rows in that of time side by side: both are nearly
// the same, and reading on is much faster than looking for the row of each leaf. Rows that
// no leaf claims are kept by their key: leaves that come later may, or they are strays.
type scan struct {
	Scan
	log       Log
	cursor    Key                // of the last row that was read
	unclaimed map[place]struct{} // rows that were read and are of no leaf yet
}

// A place is a Key as maps like it: without pointers.
type place struct {
	id uuid.UUID
	at int64 // in microseconds
}

func placeOf(id uuid.UUID, at time.Time) place { return place{id, at.UnixMicro()} }

// A chunk is some leaves with what is stored for them.
type chunk struct {
	from    int64
	to      int64 // exclusive
	leaves  []Leaf
	rows    []Scanned
	found   map[place]int // where in rows
	details map[uuid.UUID]SealedDetail
	hashes  []Hash // of the lowest tiles; zero: not stored
}

// next reads the leaves from ≤ seq < to with their rows.
func (s *scan) next(ctx context.Context, from, to int64) (c *chunk, err error) {
	c = &chunk{from: from, to: to, found: make(map[place]int, to-from)}
	if c.leaves, err = s.Leaves(ctx, from, to); err != nil {
		return nil, err
	}
	if err := s.window(ctx, c); err != nil {
		return nil, err
	}
	if err := s.missing(ctx, c); err != nil {
		return nil, err
	}
	var detailed []uuid.UUID
	for i := range c.leaves {
		detailed = append(detailed, c.leaves[i].ID)
	}
	if c.details, err = s.Details(ctx, detailed); err != nil {
		return nil, err
	}
	c.hashes, err = s.lowest(ctx, from, to)
	return c, err
}

// A reading is the next chunk, or why there is none.
type reading struct {
	chunk *chunk
	err   error
}

// all reads every leaf of a tree. It is a chunk ahead of who compares them, and ends with ctx.
func (s *scan) all(ctx context.Context, size int64) <-chan reading {
	read := make(chan reading, 1)
	go func() {
		defer close(read)
		for from := int64(0); from < size; from += scanChunk {
			c, err := s.next(ctx, from, min(from+scanChunk, size))
			select {
			case read <- reading{c, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return read
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

// window reads rows on to the time of the last leaf, and keeps those that are of no leaf here.
func (s *scan) window(ctx context.Context, c *chunk) error {
	until := time.Time{}
	for i := range c.leaves {
		if at := c.leaves[i].OccurredAt; at.After(until) {
			until = at
		}
	}
	rows, err := s.Window(ctx, s.cursor, until, 2*scanChunk)
	if err != nil {
		return err
	}
	c.add(rows)
	if len(rows) > 0 {
		s.cursor = rows[len(rows)-1].key()
	}
	return nil
}

func (c *chunk) add(rows []Scanned) {
	for i := range rows {
		c.found[placeOf(rows[i].ID, rows[i].OccurredAt)] = len(c.rows) + i
	}
	c.rows = append(c.rows, rows...)
}

// row returns the row of a leaf, or nil.
func (c *chunk) row(l *Leaf) *Scanned {
	if i, ok := c.found[placeOf(l.ID, l.OccurredAt)]; ok {
		return &c.rows[i]
	}
	return nil
}

// missing looks for the rows of leaves that are not in the window: somebody's clock was wrong,
// or they are gone. What is in the window and of no leaf is kept.
func (s *scan) missing(ctx context.Context, c *chunk) error {
	var ids []uuid.UUID
	claimed := make([]bool, len(c.rows))
	for i := range c.leaves {
		key := placeOf(c.leaves[i].ID, c.leaves[i].OccurredAt)
		if at, ok := c.found[key]; ok {
			claimed[at] = true
		} else {
			ids = append(ids, key.id)
			delete(s.unclaimed, key)
		}
	}
	for i := range claimed {
		if !claimed[i] {
			s.unclaimed[placeOf(c.rows[i].ID, c.rows[i].OccurredAt)] = struct{}{}
		}
	}
	rows, err := s.Rows(ctx, ids)
	c.add(rows)
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
			s.unclaimed[placeOf(rows[i].ID, rows[i].OccurredAt)] = struct{}{}
		}
		s.cursor = rows[len(rows)-1].key()
	}
}

func (r *Row) key() Key { return Key{r.ID, r.OccurredAt} }
