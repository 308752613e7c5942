package tid

import (
	"errors"

	"github.com/google/uuid"
)

// ErrInvalid: not the one spelling of an id with that prefix.
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
	text := make([]byte, 0, len(prefix)+1+size)
	text = append(append(text, prefix...), '_')
	for shift := 125; shift >= 0; shift -= 5 {
		text = append(text, alphabet[bitsAt(id, shift)])
	}
	return string(text)
}

// bitsAt returns the five bits of id whose lowest is bit number shift, counted from the right.
func bitsAt(id uuid.UUID, shift int) byte {
	last := 15 - shift/8 // the byte that holds the lowest of the five
	window := uint16(id[last])
	if last > 0 {
		window |= uint16(id[last-1]) << 8
	}
	return byte(window>>(shift%8)) & 31
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
	var id uuid.UUID
	for i := range size {
		value := values[digits[i]]
		if value == 0xff {
			return uuid.UUID{}, ErrInvalid
		}
		shift := 125 - 5*i
		window := uint16(value) << (shift % 8)
		last := 15 - shift/8
		id[last] |= byte(window)
		if last > 0 {
			id[last-1] |= byte(window >> 8)
		}
	}
	return id, nil
}
