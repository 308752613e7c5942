package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"plinto/internal/fault"
	"plinto/tenant"
)

// Errors of proofs.
var (
	ErrNoHead = fault.New(fault.NotFound, "audit_head_unknown", "There is no signed head of the audit log for that size or time.")
	ErrOrder  = fault.New(fault.Invalid, "audit_heads_in_disorder", "The earlier head has more rows than the later one.")
	ErrGone   = fault.New(fault.NotFound, "audit_row_gone", "The row is not there any more: only its leaf is.")
)

// An InclusionProof shows that a row is in the tree of a signed head. cmd/auditcheck checks it.
type InclusionProof struct {
	Head  string      `json:"head"` // checkpoint
	Seq   int64       `json:"seq"`
	Leaf  []byte      `json:"leaf"`          // the record, in base64: see AppendLeaf
	Row   []byte      `json:"row,omitempty"` // the canonical row: see AppendRow
	Proof []tlog.Hash `json:"proof"`         // RFC 6962 §2.1.1
}

// A ConsistencyProof shows that the tree of one signed head continues that of another.
type ConsistencyProof struct {
	From  string      `json:"from"` // checkpoints
	To    string      `json:"to"`
	Proof []tlog.Hash `json:"proof"` // RFC 6962 §2.1.2
}

// A Prover makes proofs of the log of the context's tenant, for people who do not trust this
// server: they need the public key and a tool, and nothing of ours.
type Prover struct {
	Log    Log
	Sealer *Sealer
	Vault  *Vault
}

// Key returns the public key of the log, as golang.org/x/mod/sumdb/note writes it. ErrNoHead
// if nothing was signed yet.
func (p *Prover) Key(ctx context.Context) (string, error) {
	key, err := p.key(ctx)
	if err != nil {
		return "", err
	}
	return key.public, nil
}

// key opens the key without the rest of the state, which takes Postgres longer than a proof.
func (p *Prover) key(ctx context.Context) (*signingKey, error) {
	stored, err := p.Log.Key(ctx)
	if err != nil {
		return nil, err
	}
	return p.Vault.openKey(tenant.Must(ctx).ID, stored)
}

func (p *Prover) open(ctx context.Context) (*signingKey, State, error) {
	state, err := p.Log.State(ctx)
	if err != nil {
		return nil, state, err
	}
	if state.Key.Sealed == nil {
		return nil, state, ErrNoHead
	}
	key, err := p.Vault.openKey(tenant.Must(ctx).ID, state.Key)
	return key, state, err
}

// Head seals what waits and returns the newest checkpoint. ErrNoHead of an empty log.
func (p *Prover) Head(ctx context.Context) (string, error) {
	of := tenant.Must(ctx).ID
	if err := p.Sealer.Seal(ctx, of); err != nil {
		return "", err
	}
	key, state, err := p.open(ctx)
	if err != nil {
		return "", err
	}
	_, note, err := p.head(ctx, key, state.Size)
	return note, err
}

// head returns the signed head of a size. ErrNoHead.
func (p *Prover) head(ctx context.Context, key *signingKey, size int64) (Head, string, error) {
	found, err := p.Log.Heads(ctx, size-1, 1)
	if err != nil {
		return Head{}, "", err
	}
	if len(found) == 0 {
		return Head{}, "", ErrNoHead
	}
	h, err := key.open(tenant.Must(ctx).ID, found[0].Note)
	if err == nil && (h.Size != found[0].Size) {
		err = ErrHead
	}
	return h, found[0].Note, err
}

// Row proves a row by the first signed head that has it, after sealing what waits.
// ErrNoRow.
func (p *Prover) Row(ctx context.Context, id uuid.UUID) (InclusionProof, error) {
	leaf, err := p.Log.Find(ctx, id)
	if errors.Is(err, ErrNoRow) {
		if err = p.Sealer.Seal(ctx, tenant.Must(ctx).ID); err == nil {
			leaf, err = p.Log.Find(ctx, id)
		}
	}
	if err != nil {
		return InclusionProof{}, err
	}
	return p.row(ctx, leaf.Seq)
}

// row proves the row of a leaf.
func (p *Prover) row(ctx context.Context, seq int64) (proof InclusionProof, err error) {
	key, err := p.key(ctx)
	if err != nil {
		return proof, err
	}
	h, note, err := p.head(ctx, key, seq+1)
	if errors.Is(err, ErrNoHead) { // sealed and not signed yet
		if _, err = p.Head(ctx); err != nil {
			return proof, err
		}
		h, note, err = p.head(ctx, key, seq+1)
	}
	if err != nil {
		return proof, err
	}
	entries, err := p.Log.Entries(ctx, seq, seq+1)
	if err != nil {
		return proof, err
	}
	if len(entries) == 0 {
		return proof, ErrGone
	}
	record := AppendLeaf(nil, tenant.Must(ctx).ID, &entries[0].Leaf)
	proof = InclusionProof{Head: note, Seq: seq, Leaf: record}
	if entries[0].Stored != nil {
		proof.Row = AppendRow(nil, entries[0].Stored)
	}
	if proof.Proof, err = tlog.ProveRecord(h.Size, seq, p.hashes(ctx)); err != nil {
		return proof, fmt.Errorf("prove audit row: %w", err)
	}
	if err := tlog.CheckRecord(proof.Proof, h.Size, h.Root, seq, tlog.RecordHash(record)); err != nil {
		return proof, fmt.Errorf("the row does not fit the signed head (run plinto audit verify): %w", err)
	}
	return proof, nil
}

// Newest is the size of the newest head, after sealing what waits.
const Newest = 0

// Consistency proves that the tree of the first head of at least to leaves continues that of
// the first head of at least from. ErrNoHead.
func (p *Prover) Consistency(ctx context.Context, from, to int64) (proof ConsistencyProof, err error) {
	if to == Newest {
		if _, err = p.Head(ctx); err != nil {
			return proof, err
		}
	}
	key, state, err := p.open(ctx)
	if err != nil {
		return proof, err
	}
	if to == Newest {
		to = state.Size
	}
	if from > to {
		return proof, ErrOrder
	}
	first, firstNote, err := p.head(ctx, key, from)
	if err != nil {
		return proof, err
	}
	last, lastNote, err := p.head(ctx, key, to)
	if err != nil {
		return proof, err
	}
	proof = ConsistencyProof{From: firstNote, To: lastNote}
	if proof.Proof, err = tlog.ProveTree(last.Size, first.Size, p.hashes(ctx)); err != nil {
		return proof, fmt.Errorf("prove continuation of the audit log: %w", err)
	}
	if err := tlog.CheckTree(proof.Proof, last.Size, last.Root, first.Size, first.Root); err != nil {
		return proof, fmt.Errorf("the log does not continue its signed head (run plinto audit verify): %w", err)
	}
	return proof, nil
}

// SizeAt returns the size of the newest head that was signed at or before a time. ErrNoHead.
func (p *Prover) SizeAt(ctx context.Context, at time.Time) (int64, error) {
	h, err := p.Log.HeadAt(ctx, at)
	return h.Size, err
}

// hashes reads stored hashes from the tiles of the log.
func (p *Prover) hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		stored, err := p.Log.Tiles(ctx, tilesOf(indexes))
		if err != nil {
			return nil, err
		}
		return newHashReader(stored).ReadHashes(indexes)
	})
}
