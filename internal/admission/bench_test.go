package admission

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func BenchmarkQuick(b *testing.B) {
	g := New(Options{Places: 128}, prometheus.NewRegistry())
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			_, done, ok := g.TryEnter(b.Context())
			if !ok {
				b.Fatal("no place")
			}
			done()
		}
	})
}
