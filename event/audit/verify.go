package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"plinto/tenant"
)

const (
	// verifyChunk is how many leaves are read at once: whole tiles.
	verifyChunk = 16 << tileHeight
	// headPage is how many heads are read at once.
	headPage = 1000
	// keptFor is how long retention keeps every row at least.
	keptFor = 90 * 24 * time.Hour
)

// A Damage is where the log first differs from what was sealed.
type Damage struct {
	Seq  int64     // first leaf concerned; -1: it is no leaf
	To   int64     // last leaf that may be concerned, if it cannot be said more exactly; else Seq
	ID   uuid.UUID // of the row, if it is known
	What string    // in words
}

// Error implements error.
func (d *Damage) Error() string {
	text := "audit log: "
	switch {
	case d.To > d.Seq:
		text += fmt.Sprintf("rows %d to %d: ", d.Seq, d.To)
	case d.Seq >= 0:
		text += fmt.Sprintf("row %d: ", d.Seq)
	}
	if d.ID != uuid.Nil {
		text += d.ID.String() + " "
	}
	return text + d.What
}

// A Report is what a verification saw.
type Report struct {
	Size    int64     `json:"size"`    // leaves of the tree
	Rows    int64     `json:"rows"`    // leaves whose rows were compared
	Dropped int64     `json:"dropped"` // leaves whose rows were dropped by retention
	First   int64     `json:"first"`   // first leaf that has a row
	Erased  int64     `json:"erased"`  // rows whose personal detail was erased
	Heads   int64     `json:"heads"`   // signed heads that fit
	Root    string    `json:"root"`
	Begins  time.Time `json:"begins,omitzero"` // what is older was dropped
}

// A Verifier compares the log of the context's tenant with what was sealed.
type Verifier struct {
	Log    Log
	Sealer *Sealer
	Vault  *Vault
	Now    func() time.Time
}

// Verify reads everything and recomputes it: every row, every leaf, every stored hash and
// every signed head; and it looks for rows that were never sealed. kept is a checkpoint that
// somebody outside kept, or "": the log has to be a continuation of it. The error is a *Damage
// when something does not fit.
func (v *Verifier) Verify(ctx context.Context, kept string) (Report, error) {
	of := tenant.Must(ctx).ID
	if err := v.Sealer.Seal(ctx, of); err != nil {
		return Report{}, err
	}
	state, err := v.Log.State(ctx)
	if err != nil {
		return Report{}, err
	}
	w := &verification{Verifier: v, of: of, state: state, report: Report{Size: state.Size, First: -1, Begins: state.Begins}}
	if state.Key.Sealed == nil {
		return w.report, v.unsigned(&state, kept)
	}
	if w.key, err = v.Vault.openKey(of, state.Key); err != nil {
		return w.report, &Damage{Seq: -1, What: "the key that signs heads was replaced, or PLINTO_ENCRYPTION_KEY is another: " + err.Error()}
	}
	if w.key.public != state.Key.Verifier {
		return w.report, &Damage{Seq: -1, What: "the public key beside the sealed one was replaced"}
	}
	if kept != "" {
		if w.kept, err = w.key.open(of, kept); err != nil {
			return w.report, fmt.Errorf("the head that was kept: %w", err)
		}
	}
	var all errgroup.Group // not cancelled by each other: what comes first in the log is told
	var damaged, stray error
	all.Go(func() error { damaged = w.tree(ctx); return nil })
	all.Go(func() error { stray = v.strays(ctx); return nil })
	_ = all.Wait() // the errors are in damaged and stray
	if damaged == nil {
		damaged = stray
	}
	return w.report, damaged
}

// unsigned is a log without a key: one that has no row yet.
func (v *Verifier) unsigned(state *State, kept string) error {
	if state.Size > 0 || kept != "" {
		return &Damage{Seq: 0, To: max(state.Size-1, 0), What: "the key that signs heads is gone"}
	}
	return nil
}

// strays looks for rows that are neither sealed nor waiting to be.
func (v *Verifier) strays(ctx context.Context) error {
	var after Stray
	for {
		found, last, err := v.Log.Strays(ctx, after)
		if err != nil || last == nil {
			return err
		}
		if len(found) > 0 {
			return &Damage{Seq: -1, ID: found[0].ID, What: "was inserted without being sealed, occurred at " + found[0].OccurredAt.UTC().Format(time.RFC3339Nano)}
		}
		after = *last
	}
}

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
	buf   []byte
}

// tree reads every leaf up to the size of the tree, and everything that hangs on it.
func (w *verification) tree(ctx context.Context) error {
	if err := w.moreHeads(ctx, 0); err != nil {
		return err
	}
	for from := int64(0); from < w.state.Size; from += verifyChunk {
		if err := w.chunk(ctx, from, min(from+verifyChunk, w.state.Size)); err != nil {
			return err
		}
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
	return w.upperTiles(ctx)
}

// chunk compares the leaves from ≤ seq < to.
func (w *verification) chunk(ctx context.Context, from, to int64) error {
	entries, err := w.Log.Entries(ctx, from, to)
	if err != nil {
		return err
	}
	hashes, err := w.lowest(ctx, from, to)
	if err != nil {
		return err
	}
	next := from
	for i := range entries {
		e := &entries[i]
		if e.Seq != next {
			return &Damage{Seq: next, To: e.Seq - 1, What: "missing: its leaf was deleted"}
		}
		if err := w.entry(ctx, e, hashes[e.Seq-from]); err != nil {
			return err
		}
		next++
	}
	if next < to {
		return &Damage{Seq: next, To: to - 1, What: "missing: its leaf was deleted"}
	}
	return nil
}

// lowest returns the stored hashes of leaves; those that are not stored are zero.
func (w *verification) lowest(ctx context.Context, from, to int64) ([]Hash, error) {
	var ids []TileID
	for n := from >> tileHeight; n<<tileHeight < to; n++ {
		ids = append(ids, TileID{0, n})
	}
	stored, err := w.Log.Tiles(ctx, ids)
	if err != nil {
		return nil, err
	}
	hashes := make([]Hash, (to-from+1<<tileHeight-1)>>tileHeight<<tileHeight)
	for _, t := range stored {
		at := t.N<<tileHeight - from
		for i := 0; i+tlog.HashSize <= len(t.Hashes) && i < tlog.HashSize<<tileHeight; i += tlog.HashSize {
			copy(hashes[at+int64(i/tlog.HashSize)][:], t.Hashes[i:])
		}
	}
	return hashes, nil
}

// entry compares one leaf with its row, its detail, the stored hash and the heads there.
func (w *verification) entry(ctx context.Context, e *Entry, stored Hash) error {
	bad := func(what string) error { return &Damage{Seq: e.Seq, To: e.Seq, ID: e.ID, What: what} }
	var hash Hash
	if hash, w.buf = HashLeaf(w.buf, w.of, &e.Leaf); hash != stored {
		return bad("the leaf differs from the stored hash: it was edited, moved or replaced")
	}
	if what := w.row(e); what != "" {
		return bad(what)
	}
	what, err := w.detail(ctx, e)
	if err != nil {
		return err
	}
	if what != "" {
		return bad(what)
	}
	w.grown.add(hash)
	return w.head(ctx)
}

// row says what is wrong with the row of a leaf.
func (w *verification) row(e *Entry) string {
	if e.Stored == nil {
		switch {
		case e.Row == (Hash{}):
			return "the row was deleted before it was sealed"
		case e.OccurredAt.Before(w.state.Begins) && w.Now().Sub(e.OccurredAt) > keptFor:
			w.report.Dropped++
			return ""
		}
		return "the row was deleted, or its time was changed"
	}
	var hash Hash
	if hash, w.buf = HashRow(w.buf, e.Stored); hash != e.Row {
		return "the row was edited"
	}
	if e.Clear {
		return "somebody wrote an address or a browser into the row"
	}
	if w.report.First < 0 {
		w.report.First = e.Seq
	}
	w.report.Rows++
	return ""
}

// detail says what is wrong with the detail of a row. It may be gone only together with its
// row, or when its person was erased.
func (w *verification) detail(ctx context.Context, e *Entry) (string, error) {
	switch {
	case e.Sealed != nil && e.Sealed.hash() != e.Leaf.Detail:
		return "the personal detail was edited, or put in from another row", nil
	case e.Sealed != nil || e.Leaf.Detail == (Hash{}) || e.Stored == nil:
		return "", nil
	}
	person := PersonOf(e.Stored)
	keys, err := w.Log.Persons(ctx, []string{person})
	if err != nil {
		return "", err
	}
	if key, ok := keys[person]; !ok || !key.Erased() {
		return "the personal detail was deleted, and its person was not erased", nil
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
