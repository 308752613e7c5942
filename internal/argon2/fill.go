package argon2

import "encoding/binary"

// A filling is one computation on its way through the memory: passes, slices, lanes.
type filling struct {
	memory      []block // the lanes, one after the other
	variant     variant
	time, lanes uint32
	segment     uint32 // blocks of a lane in a slice
	pass, slice uint32

	in, zero, addresses block // of addresses that do not depend on the password
}

func (f *filling) laneLen() uint32 { return slicesN * f.segment }

func (f *filling) blocks() uint32 { return f.lanes * f.laneLen() }

// start fills the first two blocks of each lane.
func (f *filling) start(h0 []byte) {
	for lane := range f.lanes {
		for i := range uint32(2) {
			at := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, i), lane)
			f.memory[lane*f.laneLen()+i].set(longHash(blockSize, h0, at))
		}
	}
}

// fill computes a segment. Of other lanes it reads what earlier slices wrote, so that lanes may
// come one after the other.
func (f *filling) fill(lane uint32) {
	independent := f.variant == variantI || f.pass == 0 && f.slice < slicesN/2
	if independent {
		f.in = block{uint64(f.pass), uint64(lane), uint64(f.slice), uint64(f.blocks()), uint64(f.time), uint64(f.variant)}
	}
	first := uint32(0)
	if f.pass == 0 && f.slice == 0 {
		first = 2 // see start
	}
	begin := lane * f.laneLen()
	for i := first; i < f.segment; i++ {
		at := f.slice*f.segment + i
		before := begin + (at+f.laneLen()-1)%f.laneLen()
		var pseudo uint64
		if independent {
			if i%words == 0 || i == first {
				f.nextAddresses()
			}
			pseudo = f.addresses[i%words]
		} else {
			pseudo = f.memory[before][0]
		}
		to, from := &f.memory[begin+at], &f.memory[f.reference(pseudo, lane, i)]
		if f.pass == 0 {
			compress(to, &f.memory[before], from) // whatever the last hash left there
		} else {
			compressInto(to, &f.memory[before], from)
		}
	}
}

// nextAddresses is section 3.4.1.2.
func (f *filling) nextAddresses() {
	f.in[6]++
	compress(&f.addresses, &f.in, &f.zero)
	compress(&f.addresses, &f.addresses, &f.zero)
}

// reference returns the block that the i-th of the segment refers to (section 3.4.2).
func (f *filling) reference(pseudo uint64, lane, i uint32) uint32 {
	from := uint32(pseudo>>32) % f.lanes
	if f.pass == 0 && f.slice == 0 {
		from = lane
	}
	// The window of blocks that are finished: the three other slices, or those so far.
	size, start := (slicesN-1)*f.segment, (f.slice+1)%slicesN*f.segment
	if f.pass == 0 {
		size, start = f.slice*f.segment, 0
	}
	switch {
	case from == lane:
		size += i - 1
	case i == 0:
		size--
	}
	x := pseudo & 0xffffffff
	x = x * x >> 32
	x = uint64(size) * x >> 32
	return from*f.laneLen() + uint32((uint64(start)+uint64(size)-1-x)%uint64(f.laneLen()))
}
