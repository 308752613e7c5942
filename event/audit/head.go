package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plinto/internal/secret"
	"plinto/tenant"
)

// emptyRoot is the hash of a tree without leaves (RFC 6962 §2.1).
var emptyRoot = Hash(sha256.Sum256(nil))

// A Head is the state of a tree at one time. Signed, it is a checkpoint (C2SP
// tlog-checkpoint) of the origin "plinto.audit/<tenant id>" with two lines of extension.
type Head struct {
	Size     int64
	Root     Hash
	SignedAt time.Time // by the clock of the server that signed
	Previous int64     // size of the signed head before; 0 for none
}

// ErrHead reports a checkpoint that is none, or is not of this log.
var ErrHead = errors.New("not a signed head of this audit log")

// Origin is the name of a tenant's log and of the key that signs its heads.
func Origin(of tenant.ID) string { return "plinto.audit/" + of.String() }

// text returns what is signed.
func (h *Head) text(of tenant.ID) string {
	return fmt.Sprintf("%s\n%d\n%s\nsigned %s\nprevious %d\n", Origin(of), h.Size,
		base64.StdEncoding.EncodeToString(h.Root[:]), h.SignedAt.UTC().Format(time.RFC3339Nano), h.Previous)
}

// parseHead reads text. ErrHead.
func parseHead(of tenant.ID, text string) (h Head, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != Origin(of) || lines[5] != "" {
		return h, ErrHead
	}
	if h.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return h, ErrHead
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(h.Root) {
		return h, ErrHead
	}
	h.Root = Hash(root)
	if h.SignedAt, err = time.Parse("signed "+time.RFC3339Nano, lines[3]); err != nil {
		return h, ErrHead
	}
	previous, ok := strings.CutPrefix(lines[4], "previous ")
	if h.Previous, err = strconv.ParseInt(previous, 10, 64); err != nil || !ok || h.text(of) != text {
		return h, ErrHead
	}
	return h, nil
}

// A StoredKey is the key pair of a tenant's log as it is stored.
type StoredKey struct {
	Verifier string // as golang.org/x/mod/sumdb/note writes it
	Sealed   []byte // the private key, under a subkey of the root
}

// A signingKey is an opened key pair.
type signingKey struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

// newKey makes the key pair of a tenant's log.
func (v *Vault) newKey(of tenant.ID) (StoredKey, error) {
	private, public, err := note.GenerateKey(rand.Reader, Origin(of))
	if err != nil {
		return StoredKey{}, fmt.Errorf("make audit key: %w", err)
	}
	// The public half is sealed with it: who can write to the database must not be able to
	// put another one beside it.
	sealed := v.box.Seal(of, []byte(private+"\n"+public), "audit-key", of.String())
	return StoredKey{Verifier: public, Sealed: sealed}, nil
}

// openKey opens a stored key pair.
func (v *Vault) openKey(of tenant.ID, k StoredKey) (*signingKey, error) {
	plain, err := v.box.Open(of, k.Sealed, "audit-key", of.String())
	if err != nil {
		return nil, fmt.Errorf("open audit key of tenant %s (is PLINTO_ENCRYPTION_KEY the one it was made under?): %w", of, err)
	}
	private, public, _ := strings.Cut(string(plain), "\n")
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("read audit key: %w", secret.ErrSealed)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("read audit key: %w", secret.ErrSealed)
	}
	return &signingKey{signer, verifier, public}, nil
}

// sign returns the checkpoint of a head.
func (k *signingKey) sign(of tenant.ID, h *Head) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.text(of)}, k.signer)
	if err != nil {
		return "", fmt.Errorf("sign audit head: %w", err)
	}
	return string(signed), nil
}

// open reads a checkpoint and checks its signature. ErrHead.
func (k *signingKey) open(of tenant.ID, checkpoint string) (Head, error) {
	n, err := note.Open([]byte(checkpoint), note.VerifierList(k.verifier))
	if err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return parseHead(of, n.Text)
}
