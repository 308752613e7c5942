package oidc

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	"plinto/federation"
)

func TestFailure_saysWhyAProviderIsLeftAlone(t *testing.T) {
	t.Parallel()
	for want, causes := range map[string][]error{
		federation.HealthStatus:      {statusError(http.StatusBadGateway)},
		federation.HealthTimeout:     {context.DeadlineExceeded, os.ErrDeadlineExceeded},
		federation.HealthUnreachable: {errors.New("connection refused"), nil},
	} {
		for _, cause := range causes {
			if got := failure(federation.ErrUnavailable.With(cause)); got != want {
				t.Errorf("%v: got %s, want %s", cause, got, want)
			}
		}
	}
}
