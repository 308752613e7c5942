package egress

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/admission"
)

// A request that waits for a server of somebody else holds no place that another one could have.
func TestClient_givesThePlaceOfItsRequestBack_MPR_03(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	slow := server(t, func(http.ResponseWriter, *http.Request) { <-answer })
	c := client(t, Options{AllowLoopback: true, Timeout: time.Minute})
	gate := admission.New(admission.Options{Places: 1, Wait: 10 * time.Second}, prometheus.NewRegistry())
	ctx, done, err := gate.Enter(t.Context(), "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		defer done()
		_, err := c.Get(ctx, Owner{"a", Keys, "one"}, slow.URL, "*/*")
		got <- err
	}()
	if _, _, err := gate.Enter(t.Context(), "a", "1"); err != nil {
		t.Errorf("another request, while one waits for a slow server: %v", err)
	}
	close(answer)
	if err := <-got; err != nil {
		t.Error(err)
	}
}
