package argon2

import (
	_ "unsafe" // for go:linkname

	_ "golang.org/x/crypto/argon2" // has the compression function
)

// compress is G of section 3.5: out = G(a, b). It is written in assembly there and is not
// exported; a version of golang.org/x/crypto without it does not link.
//
//go:noescape
//go:linkname compress golang.org/x/crypto/argon2.processBlock
func compress(out, a, b *block)

// compressInto is G too, but combined with what was in out: out ^= G(a, b).
//
//go:noescape
//go:linkname compressInto golang.org/x/crypto/argon2.processBlockXOR
func compressInto(out, a, b *block)
