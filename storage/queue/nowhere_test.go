package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"plinto/tenant"
)

// A job whose tenant is nowhere waits, and that counts as no attempt: a tenant that is mended after a day has lost no mail.
func TestJobs_ofTenantsThatAreNowhereWaitWithoutAnAttempt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		least time.Duration
	}{
		"being moved":     {fmt.Errorf("find tenant: %w", tenant.ErrMoving), movedLook},
		"cannot be read":  {fmt.Errorf("find tenant: %w", tenant.ErrUnreadable.With(errors.New("its keys"))), unreadableLook},
		"something else":  {errors.New("failed"), 0},
		"nothing at all":  {nil, 0},
		"an unknown one ": {tenant.ErrUnknown, 0},
	} {
		err := whenNowhere(c.err)
		var snooze *river.JobSnoozeError
		if put := errors.As(err, &snooze); put != (c.least > 0) || put && (snooze.Duration < c.least || snooze.Duration > 2*c.least) || !put && err != c.err { //nolint:errorlint // the same error
			t.Errorf("%s: %v", name, err)
		}
	}
}
