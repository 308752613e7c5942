package password

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkVerify says what one right password costs, in CPU time too: a hash
// touches 19 MiB of memory, which the kernel has to hand out again.
func BenchmarkVerify(b *testing.B) {
	h := New(Options{Cost: Floor, Slots: 1})
	encoded, err := h.Hash(b.Context(), someone, "correct horse battery staple", Rules{})
	if err != nil {
		b.Fatal(err)
	}
	before := cpu(b)
	for b.Loop() {
		if ok, _, err := h.Verify(b.Context(), someone, "correct horse battery staple", encoded); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
