package password

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/admission"
)

// A request that waits for its password to be hashed holds no place that another one could have.
func TestVerify_givesThePlaceOfItsRequestBack_MPR_03(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 1, Wait: time.Minute})
	leave, err := h.slots.enter(t.Context(), setting, Owner{Tenant: "another", Network: "another"})
	if err != nil {
		t.Fatal(err)
	}
	gate := admission.New(admission.Options{Places: 1, Wait: 10 * time.Second}, prometheus.NewRegistry())
	ctx, done, err := gate.Enter(t.Context(), "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	verified := make(chan error, 1)
	go func() {
		defer done()
		_, _, err := h.Verify(ctx, someone, "correct horse battery", "")
		verified <- err
	}()
	if _, _, err := gate.Enter(t.Context(), "a", "1"); err != nil {
		t.Errorf("another request, while one waits for its hash: %v", err)
	}
	leave()
	if err := <-verified; err != nil {
		t.Error(err)
	}
}
