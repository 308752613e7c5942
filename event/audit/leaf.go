package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"plinto/tenant"
)

// A Row is one row of the audit log without personal detail.
type Row struct {
	ID         uuid.UUID
	OccurredAt time.Time // to the microsecond
	Type       string
	ActorType  string
	ActorID    string
	Subject    string
	Outcome    string
	Reason     string
	RequestID  string
	Data       string // JSON as Postgres writes jsonb
}

// A Hash is a SHA-256 hash. The zero Hash stands for what was not there.
type Hash = tlog.Hash

// A Leaf is what the tree holds of a row: the row itself may be dropped by retention, and its
// detail may be erased.
type Leaf struct {
	Seq        int64 // place in the tree of the tenant, from 0
	ID         uuid.UUID
	OccurredAt time.Time
	Row        Hash // of AppendRow; zero: the row was gone before it was sealed
	Detail     Hash // of the encrypted detail; zero: there is none
}

// rowPrefix and leafPrefix keep one encoding from being taken for the other.
const (
	rowPrefix  = "plinto/audit-row/v1"
	leafPrefix = "plinto/audit-leaf/v1"
)

// AppendRow appends the canonical encoding of a row: two rows have the same only if they are
// the same in everything but ID and OccurredAt, which the leaf holds. Each text has its length
// before it.
func AppendRow(dst []byte, r *Row) []byte {
	return appendTexts(dst, [...]string{r.Type, r.ActorType, r.ActorID, r.Subject, r.Outcome, r.Reason, r.RequestID, r.Data})
}

// RowTexts is how many texts a row has: those of a Row, in their order.
const RowTexts = 8

func appendTexts[T string | []byte](dst []byte, texts [RowTexts]T) []byte {
	dst = append(dst, rowPrefix...)
	for _, text := range texts {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(text))) // Postgres keeps less than 1 GiB
		dst = append(dst, text...)
	}
	return dst
}

// HashRow returns the hash of a row, with buf as scratch memory.
func HashRow(buf []byte, r *Row) (Hash, []byte) {
	buf = AppendRow(buf[:0], r)
	return sha256.Sum256(buf), buf
}

// HashTexts is HashRow of the texts of a row as they were read, without a copy of each.
func HashTexts(buf []byte, texts [RowTexts][]byte) (Hash, []byte) {
	buf = appendTexts(buf[:0], texts)
	return sha256.Sum256(buf), buf
}

// AppendLeaf appends the record of a leaf of a tenant: what the tree hashes.
func AppendLeaf(dst []byte, of tenant.ID, l *Leaf) []byte {
	dst = append(dst, leafPrefix...)
	dst = append(dst, of[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(l.Seq))                    // never negative
	dst = append(dst, l.ID[:]...)                                              //
	dst = binary.BigEndian.AppendUint64(dst, uint64(l.OccurredAt.UnixMicro())) // two's complement before 1970
	dst = append(dst, l.Row[:]...)
	return append(dst, l.Detail[:]...)
}

// HashLeaf returns the hash of a leaf as the tree has it, with buf as scratch memory.
func HashLeaf(buf []byte, of tenant.ID, l *Leaf) (Hash, []byte) {
	buf = AppendLeaf(buf[:0], of, l)
	return tlog.RecordHash(buf), buf
}
