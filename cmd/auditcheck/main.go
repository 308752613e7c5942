// Command auditcheck checks proofs of an audit log for people who do not trust the server
// that keeps it. It knows nothing of Plinto but the form of a proof.
//
//	auditcheck KEY < proof.json
//
// KEY is from "plinto audit key", the proof from "plinto audit prove" or "plinto audit
// consistency". The exit status is 0 only if the proof holds.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proof struct {
	Head, From, To string // checkpoints (C2SP tlog-checkpoint)
	Seq            int64
	Leaf, Row      []byte
	Proof          []tlog.Hash // RFC 6962 §2.1
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "auditcheck:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	verifier, err := note.NewVerifier(strings.TrimSpace(strings.Join(args, " ")))
	if err != nil {
		return fmt.Errorf("usage: auditcheck KEY < proof.json: %w", err)
	}
	var p proof
	if err := json.NewDecoder(in).Decode(&p); err != nil {
		return fmt.Errorf("the proof: %w", err)
	} else if p.From == "" {
		return p.checkRow(verifier, out)
	}
	from, err := open(p.From, verifier)
	to, err2 := open(p.To, verifier)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if err := tlog.CheckTree(p.Proof, to.N, to.Hash, from.N, from.Hash); err != nil {
		return fmt.Errorf("the log was changed: %w", err)
	}
	_, err = fmt.Fprintf(out, "The log of %d rows continues the one of %d rows unchanged.\n", to.N, from.N)
	return err
}

// open checks the signature of a checkpoint and returns the tree that it names.
func open(checkpoint string, verifier note.Verifier) (tree tlog.Tree, err error) {
	n, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return tree, fmt.Errorf("the signed head: %w", err)
	}
	lines := append(strings.Split(n.Text, "\n"), "", "", "")
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	hash, err2 := tlog.ParseHash(lines[2])
	if err = errors.Join(err, err2); err != nil || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("the signed head is not of %s: %w", verifier.Name(), err)
	}
	return tlog.Tree{N: tree.N, Hash: hash}, nil
}

// checkRow checks that the leaf is in the tree, and the row is that of the leaf.
func (p *proof) checkRow(verifier note.Verifier, out io.Writer) error {
	tree, err := open(p.Head, verifier)
	if err != nil {
		return err
	} else if err := tlog.CheckRecord(p.Proof, tree.N, tree.Hash, p.Seq, tlog.RecordHash(p.Leaf)); err != nil {
		return fmt.Errorf("the row is not in the log: %w", err)
	}
	leaf, ok := bytes.CutPrefix(p.Leaf, []byte("plinto/audit-leaf/v1"))
	if !ok || len(leaf) != 112 || int64(binary.BigEndian.Uint64(leaf[16:])) != p.Seq {
		return errors.New("the leaf cannot be read")
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(leaf[40:]))).UTC()
	fmt.Fprintf(out, "Row %d of %d, id %s, at %s\n", p.Seq, tree.N, hex.EncodeToString(leaf[24:40]), at.Format(time.RFC3339Nano))
	if hash := sha256.Sum256(p.Row); p.Row != nil && [32]byte(leaf[48:80]) != hash {
		return errors.New("the row is not that of the leaf")
	}
	rest := bytes.TrimPrefix(p.Row, []byte("plinto/audit-row/v1")) // empty: the row was dropped
	for _, name := range []string{"type", "actor type", "actor", "subject", "outcome", "reason", "request", "data"} {
		if len(rest) >= 4 {
			n := min(4+int(binary.BigEndian.Uint32(rest)), len(rest))
			fmt.Fprintf(out, "  %s: %q\n", name, rest[4:n])
			rest = rest[n:]
		}
	}
	return nil
}
