package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

const (
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
	Scan   Scan
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
	w := &verification{Verifier: v, of: of, state: state, report: Report{Size: state.Size, First: -1, Begins: state.Begins}, erased: map[string]bool{}}
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
	err = w.tree(ctx)
	return w.report, err
}

// unsigned is a log without a key: one that has no row yet.
func (v *Verifier) unsigned(state *State, kept string) error {
	if state.Size > 0 || kept != "" {
		return &Damage{Seq: 0, To: max(state.Size-1, 0), What: "the key that signs heads is gone"}
	}
	return nil
}
