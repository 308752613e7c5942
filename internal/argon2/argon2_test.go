package argon2

import (
	"bytes"
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/argon2"
)

// The reference implementation's own test vectors (argon2 1.3, "password", "somesalt").
func TestIDKey_isWhatTheReferenceComputes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		time, memory uint32
		lanes        uint8
		want         string
	}{
		{2, 256, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{2, 256, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
	} {
		var m Memory
		if got := hex.EncodeToString(m.IDKey([]byte("password"), []byte("somesalt"), c.time, c.memory, c.lanes, 32)); got != c.want {
			t.Errorf("t=%d m=%d p=%d: %s, want %s", c.time, c.memory, c.lanes, got, c.want)
		}
	}
}

// Every hash in the same memory, whatever the one before left in it.
func TestMemory_computesWhatTheLibraryDoes(t *testing.T) {
	t.Parallel()
	var m Memory
	defer m.Free()
	for _, memory := range []uint32{1, 8, 64, 100, 1021, 4096, 8} {
		for _, lanes := range []uint8{1, 2, 4, 3} {
			for _, time := range []uint32{1, 2, 3} {
				for _, size := range []uint32{4, 32, 64, 65, 96, 128} {
					compare(t, &m, []byte("correct horse"), []byte("salt of 16 bytes"), time, memory, lanes, size)
				}
			}
		}
	}
}

func compare(t *testing.T, m *Memory, password, salt []byte, time, memory uint32, lanes uint8, size uint32) {
	t.Helper()
	if got, want := m.IDKey(password, salt, time, memory, lanes, size), argon2.IDKey(password, salt, time, memory, lanes, size); !bytes.Equal(got, want) {
		t.Errorf("IDKey(t=%d m=%d p=%d, %d bytes) = %x, want %x", time, memory, lanes, size, got, want)
	}
	if got, want := m.Key(password, salt, time, memory, lanes, size), argon2.Key(password, salt, time, memory, lanes, size); !bytes.Equal(got, want) {
		t.Errorf("Key(t=%d m=%d p=%d, %d bytes) = %x, want %x", time, memory, lanes, size, got, want)
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte("correct horse"), []byte("salt"), uint8(1), uint16(64), uint8(1), uint8(32))
	f.Fuzz(func(t *testing.T, password, salt []byte, time uint8, memory uint16, lanes, size uint8) {
		var m Memory
		defer m.Free()
		compare(t, &m, password, salt, uint32(time%4)+1, uint32(memory%2048), lanes%8+1, uint32(size)+1)
	})
}

func BenchmarkIDKey(b *testing.B) {
	var m Memory
	defer m.Free()
	for b.Loop() {
		m.IDKey([]byte("correct horse"), []byte("salt of 16 bytes"), 2, 19<<10, 1, 32)
	}
}

func BenchmarkIDKeyOfTheLibrary(b *testing.B) {
	for b.Loop() {
		argon2.IDKey([]byte("correct horse"), []byte("salt of 16 bytes"), 2, 19<<10, 1, 32)
	}
}
