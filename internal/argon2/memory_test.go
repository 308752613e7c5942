package argon2

import "testing"

func TestMemory_isUsedAgain(t *testing.T) {
	t.Parallel()
	var m Memory
	m.IDKey(nil, nil, 1, 64, 1, 32)
	first := &m.blocks[0]
	m.IDKey(nil, nil, 1, 32, 1, 32)
	m.Keep(64)
	if len(m.blocks) != 64 || first != &m.blocks[0] {
		t.Errorf("%d blocks, or others", len(m.blocks))
	}
	m.Keep(63)
	if m.blocks != nil || m.free != nil {
		t.Errorf("%d blocks are kept", len(m.blocks))
	}
	m.Free()
}
