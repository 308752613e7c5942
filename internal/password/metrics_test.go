package password

import (
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestHasher_countsSlotsWaitsAndRefusals(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: Cost{Memory: 64, Time: 1}, Slots: 1, Wait: time.Millisecond})
	r := prometheus.NewRegistry()
	h.Register(r)
	value := func(name string, labels ...string) (v float64) {
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				if f.GetName() != name || len(labels) > 0 && m.GetLabel()[0].GetValue() != labels[0] {
					continue
				}
				v += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		return v
	}
	if _, err := h.Rehash(t.Context(), Owner{}, "correct horse"); err != nil {
		t.Fatal(err)
	}
	leave, err := h.slots.enter(t.Context(), signIn, Owner{})
	if err != nil {
		t.Fatal(err)
	}
	if used, slots := value("plinto_hash_slots_used"), value("plinto_hash_slots"); used != 1 || slots != 1 {
		t.Errorf("%v of %v slots are used", used, slots)
	}
	if _, err := h.Rehash(t.Context(), Owner{}, "correct horse"); !errors.Is(err, ErrBusy) {
		t.Fatalf("got %v", err)
	}
	leave()
	for name, want := range map[string]float64{"plinto_hash_wait_seconds": 2, "plinto_hash_duration_seconds": 1, "plinto_hash_slots_used": 0, "plinto_hash_waiting": 0} {
		if got := value(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if late, full := value("plinto_hash_refusals_total", "late"), value("plinto_hash_refusals_total", "full"); late != 1 || full != 0 {
		t.Errorf("%v were late and %v found it full", late, full)
	}
}
