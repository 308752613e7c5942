package argon2

import (
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/blake2b"
)

// A variant is what RFC 9106, section 3.2, calls y.
type variant uint32

const (
	variantI  variant = 1
	variantID variant = 2
)

const (
	version   = 0x13
	slicesN   = 4    // vertical slices of a pass (section 3.4, SL)
	blockSize = 1024 // bytes
	words     = blockSize / 8
)

type block [words]uint64

// A Memory is what hashes are computed in, one after the other. The zero value is empty and
// grows as it is needed; Free gives everything back. It is not safe for concurrent use, and
// holds what the last hash left in it.
type Memory struct {
	blocks []block
	free   func()
}

// IDKey is Argon2id: keyLen bytes, with memory in KiB. It panics where time or lanes is 0.
func (m *Memory) IDKey(password, salt []byte, time, memory uint32, lanes uint8, keyLen uint32) []byte {
	return m.key(variantID, password, salt, time, memory, lanes, keyLen)
}

// Key is Argon2i, otherwise as IDKey.
func (m *Memory) Key(password, salt []byte, time, memory uint32, lanes uint8, keyLen uint32) []byte {
	return m.key(variantI, password, salt, time, memory, lanes, keyLen)
}

// Free gives the memory back. The next hash takes memory anew.
func (m *Memory) Free() {
	if m.free != nil {
		m.free()
	}
	m.blocks, m.free = nil, nil
}

// Keep gives the memory back if it is more than that many KiB.
func (m *Memory) Keep(most uint32) {
	if len(m.blocks) > int(most) {
		m.Free()
	}
}

// grow has n blocks at least.
func (m *Memory) grow(n uint32) {
	if uint32(len(m.blocks)) >= n {
		return
	}
	m.Free()
	m.blocks, m.free = allocate(int(n))
}

// key is section 3.2.
func (m *Memory) key(v variant, password, salt []byte, time, memory uint32, lanes uint8, keyLen uint32) []byte {
	if time == 0 || lanes == 0 {
		panic("argon2: no pass or no lane")
	}
	p := uint32(lanes)
	f := filling{variant: v, time: time, lanes: p, segment: max(memory/(slicesN*p), 2)}
	m.grow(f.blocks())
	f.memory = m.blocks[:f.blocks()]
	f.start(firstHash(v, password, salt, time, memory, p, keyLen))
	for f.pass = range time {
		for f.slice = range uint32(slicesN) {
			for lane := range p {
				f.fill(lane)
			}
		}
	}
	last := f.memory[f.laneLen()-1]
	for lane := uint32(1); lane < p; lane++ {
		for i, w := range f.memory[(lane+1)*f.laneLen()-1] {
			last[i] ^= w
		}
	}
	return longHash(keyLen, last.bytes())
}

// firstHash is H_0.
func firstHash(v variant, password, salt []byte, time, memory, lanes, keyLen uint32) []byte {
	in := make([]byte, 0, 40+len(password)+len(salt))
	for _, n := range []uint32{lanes, keyLen, memory, time, version, uint32(v)} {
		in = binary.LittleEndian.AppendUint32(in, n)
	}
	for _, field := range [][]byte{password, salt, nil, nil} { // there is neither a secret nor associated data
		in = binary.LittleEndian.AppendUint32(in, uint32(len(field)))
		in = append(in, field...)
	}
	sum := blake2b.Sum512(in)
	clear(in)
	return sum[:]
}

// longHash is H' of the parts (section 3.3), size bytes.
func longHash(size uint32, parts ...[]byte) []byte {
	in := slices.Concat(append([][]byte{binary.LittleEndian.AppendUint32(nil, size)}, parts...)...)
	if size <= blake2b.Size {
		return shortHash(int(size), in)
	}
	out := make([]byte, 0, size)
	for in = shortHash(blake2b.Size, in); size-uint32(len(out)) > blake2b.Size; {
		out = append(out, in[:blake2b.Size/2]...)
		in = shortHash(int(min(blake2b.Size, size-uint32(len(out)))), in)
	}
	return append(out, in...)
}

func shortHash(size int, in []byte) []byte {
	h, err := blake2b.New(size, nil)
	if err != nil {
		panic("argon2: " + err.Error()) // a size that is 0 or above 64
	}
	h.Write(in)
	return h.Sum(nil)
}

func (b *block) bytes() []byte {
	out := make([]byte, 0, blockSize)
	for _, w := range b {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return out
}

func (b *block) set(raw []byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
}
