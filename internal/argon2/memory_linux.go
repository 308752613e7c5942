package argon2

import (
	"syscall"
	"unsafe"
)

// allocate takes memory beside Go's heap: the garbage collector would otherwise count it as in
// use, and let as much garbage gather as GOGC says of it.
func allocate(n int) (blocks []block, free func()) {
	raw, err := syscall.Mmap(-1, 0, n*blockSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]block, n), nil
	}
	// Large pages, and nothing in core dumps; both are only wishes.
	_ = syscall.Madvise(raw, syscall.MADV_HUGEPAGE)
	const dontDump = 16 // MADV_DONTDUMP
	_ = syscall.Madvise(raw, dontDump)
	//nolint:gosec // whole pages, which no pointer into Go's heap is in, read and written as the words of blocks
	blocks = unsafe.Slice((*block)(unsafe.Pointer(unsafe.SliceData(raw))), n)
	return blocks, func() { _ = syscall.Munmap(raw) }
}
