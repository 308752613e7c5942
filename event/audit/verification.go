package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plinto/tenant"
)

// A verification is one run over the leaves of a tree.
type verification struct {
	*Verifier
	of     tenant.ID
	key    *signingKey
	state  State
	kept   Head // by somebody outside; Size 0 for none
	report Report

	grown growing
	heads []StoredHead // that come next
	last  Head         // that fitted

	erased map[string]bool // people whose key was destroyed, as far as it was asked
	buf    []byte
}

// tree reads every leaf up to the size of the tree, and everything that hangs on it.
func (w *verification) tree(ctx context.Context) error {
	if err := w.moreHeads(ctx, 0); err != nil {
		return err
	}
	s := &scan{Scan: w.Scan, log: w.Log, unclaimed: map[place]struct{}{}}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for read := range s.all(ctx, w.state.Size) {
		if read.err != nil {
			return read.err
		}
		if err := w.chunk(ctx, read.chunk); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	root := w.grown.root()
	w.report.Root = root.String()
	if len(w.heads) > 0 {
		return &Damage{Seq: w.state.Size, To: w.heads[0].Size - 1, What: fmt.Sprintf("missing: a head of %d rows was signed at %s", w.heads[0].Size, w.heads[0].SignedAt.UTC().Format(time.RFC3339))}
	}
	if w.kept.Size > w.state.Size {
		return &Damage{Seq: w.state.Size, To: w.kept.Size - 1, What: "missing: the head that was kept has more rows"}
	}
	if w.last.Size < w.state.Size {
		return &Damage{Seq: w.last.Size, To: w.state.Size - 1, What: "the newest signed head is missing"}
	}
	if err := w.upperTiles(ctx); err != nil {
		return err
	}
	stray, err := s.strays(ctx)
	if err == nil && stray != nil {
		err = &Damage{Seq: -1, ID: stray.ID, What: "was inserted without being sealed, and says it occurred at " + stray.OccurredAt.UTC().Format(time.RFC3339Nano)}
	}
	return err
}

// chunk compares some leaves.
func (w *verification) chunk(ctx context.Context, c *chunk) error {
	next := c.from
	for i := range c.leaves {
		l := &c.leaves[i]
		if l.Seq != next {
			return &Damage{Seq: next, To: l.Seq - 1, What: "missing: its leaf was deleted"}
		}
		if err := w.leaf(ctx, l, c.hashes[l.Seq-c.from], c.rows[i], c.details[i]); err != nil {
			return err
		}
		next++
	}
	if next < c.to {
		return &Damage{Seq: next, To: c.to - 1, What: "missing: its leaf was deleted"}
	}
	return nil
}

// leaf compares one leaf with the stored hash, its row, its detail and the heads there.
func (w *verification) leaf(ctx context.Context, l *Leaf, stored Hash, row *Scanned, detail *ScannedDetail) error {
	hash, buf := HashLeaf(w.buf, w.of, l)
	w.buf = buf
	what := ""
	if hash != stored {
		what = "the leaf differs from the stored hash: it was edited, moved or replaced"
	}
	var err error
	switch {
	case what != "":
	case row != nil:
		if what = w.row(l, row); what == "" {
			what, err = w.detail(ctx, l, row, detail)
		}
	default:
		what, err = w.gone(ctx, l)
	}
	if err != nil {
		return err
	}
	if what != "" {
		return &Damage{Seq: l.Seq, To: l.Seq, ID: l.ID, What: what}
	}
	w.grown.add(hash)
	return w.head(ctx)
}

// gone says what is wrong with a row that is not there: nothing, if retention dropped it.
func (w *verification) gone(ctx context.Context, l *Leaf) (string, error) {
	if l.Row == (Hash{}) {
		return "the row was deleted before it was sealed", nil
	}
	if w.Now().Sub(l.OccurredAt) > keptFor {
		if !l.OccurredAt.Before(w.state.Begins) { // it may have been dropped meanwhile
			state, err := w.Log.State(ctx)
			if err != nil {
				return "", err
			}
			w.state.Begins = state.Begins
		}
		if l.OccurredAt.Before(w.state.Begins) {
			w.report.Dropped++
			return "", nil
		}
	}
	return "the row was deleted, or its time was changed", nil
}

// row says what is wrong with the row of a leaf.
func (w *verification) row(l *Leaf, r *Scanned) string {
	if r.Hash != l.Row {
		return "the row was edited"
	}
	if r.Clear {
		return "somebody wrote an address or a browser into the row"
	}
	if w.report.First < 0 {
		w.report.First = l.Seq
	}
	w.report.Rows++
	return ""
}

// detail says what is wrong with the detail of a row. It may be gone if its person was erased.
func (w *verification) detail(ctx context.Context, l *Leaf, r *Scanned, stored *ScannedDetail) (string, error) {
	switch {
	case stored != nil && stored.Hash != l.Detail:
		return "the personal detail was edited, or put in from another row", nil
	case stored != nil || l.Detail == (Hash{}):
		return "", nil
	}
	person := r.person()
	if !w.erased[person] {
		keys, err := w.Log.Persons(ctx, []string{person})
		if err != nil {
			return "", err
		}
		if key, ok := keys[person]; !ok || !key.Erased() {
			return "the personal detail was deleted, and its person was not erased", nil
		}
		w.erased[person] = true // for ever
	}
	w.report.Erased++
	return "", nil
}

// moreHeads reads the heads of larger trees.
func (w *verification) moreHeads(ctx context.Context, after int64) (err error) {
	w.heads, err = w.Log.Heads(ctx, after, headPage)
	return err
}

// head compares the heads of the tree that was read so far.
func (w *verification) head(ctx context.Context) error {
	if w.grown.size == w.kept.Size && w.grown.root() != w.kept.Root {
		return &Damage{Seq: 0, To: w.kept.Size - 1, What: "the log is no continuation of the head that was kept: rows from before were replaced"}
	}
	if len(w.heads) == 0 || w.heads[0].Size != w.grown.size {
		return nil
	}
	if err := w.signed(); err != nil {
		return err
	}
	if len(w.heads) == 0 {
		return w.moreHeads(ctx, w.last.Size)
	}
	return nil
}

// signed compares the next stored head with the tree, which has its size.
func (w *verification) signed() error {
	stored := w.heads[0]
	w.heads = w.heads[1:]
	bad := func(what string) error {
		return &Damage{Seq: w.last.Size, To: w.grown.size - 1, What: what}
	}
	h, err := w.key.open(w.of, stored.Note)
	switch {
	case errors.Is(err, ErrHead):
		return bad(fmt.Sprintf("the head of %d rows has no good signature", stored.Size))
	case h.Size != stored.Size:
		return bad(fmt.Sprintf("the head of %d rows was put in the place of one of %d", h.Size, stored.Size))
	case h.Previous != w.last.Size:
		return bad(fmt.Sprintf("the head of %d rows is missing: the next one follows it", h.Previous))
	case h.Root != w.grown.root():
		return bad("rows were replaced together with their hashes: they do not fit the head signed at " + h.SignedAt.UTC().Format(time.RFC3339))
	}
	w.last = h
	w.report.Heads++
	return nil
}

// upperTiles compares the stored tiles above the lowest: proofs are made of them.
func (w *verification) upperTiles(ctx context.Context) error {
	for i, want := range w.grown.upper {
		var ids []TileID
		for n := 0; n<<tileHeight*tlog.HashSize < len(want); n++ {
			ids = append(ids, TileID{i + 1, int64(n)})
		}
		stored, err := w.Log.Tiles(ctx, ids)
		if err != nil {
			return err
		}
		found := make([]byte, 0, len(want))
		byPlace := newHashReader(stored)
		for _, id := range ids {
			found = append(found, byPlace.tiles[id]...)
		}
		if !bytes.Equal(found, want) {
			return &Damage{Seq: -1, What: fmt.Sprintf("stored hashes of level %d were edited: no row is concerned, but proofs fail", i+1)}
		}
	}
	return nil
}
