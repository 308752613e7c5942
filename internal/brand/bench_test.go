package brand

import "testing"

// Every page names the style sheet of its tenant.
func BenchmarkHash(b *testing.B) {
	l := Look{Light: Colors{Primary: "#0b3d91"}, Radius: "large", Font: "serif"}
	for b.Loop() {
		Hash(l)
	}
}
