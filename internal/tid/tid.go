package tid

import (
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
)

// ErrInvalid is the error for anything but the one spelling of an id with that prefix.
var ErrInvalid = errors.New("tid: invalid id")

// alphabet is Crockford's: no i, l, o or u.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// size is the length of the base32 part: 26 characters of 5 bits, of which the first two bits are always 0.
const size = 26

var values = func() (table [256]byte) {
	for i := range table {
		table[i] = 0xff
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// Format writes an id with its prefix. The text sorts like the id.
func Format(prefix string, id uuid.UUID) string {
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	var digits [size]byte
	for i := range digits {
		digits[size-1-i] = alphabet[low&31]
		high, low = high>>5, low>>5|high<<59
	}
	return prefix + "_" + string(digits[:])
}

// Parse reads what [Format] wrote with the same prefix, and nothing else: no upper case, no look-alike letters, no
// other prefix. The error is [ErrInvalid] and does not repeat the input.
func Parse(prefix, text string) (uuid.UUID, error) {
	if len(text) != len(prefix)+1+size || text[:len(prefix)] != prefix || text[len(prefix)] != '_' {
		return uuid.UUID{}, ErrInvalid
	}
	digits := text[len(prefix)+1:]
	if digits[0] > '7' { // more than 128 bits
		return uuid.UUID{}, ErrInvalid
	}
	var high, low uint64
	for i := range len(digits) {
		value := values[digits[i]]
		if value == 0xff {
			return uuid.UUID{}, ErrInvalid
		}
		high, low = high<<5|low>>59, low<<5|uint64(value)
	}
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id, nil
}
