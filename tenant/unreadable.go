package tenant

import (
	"errors"
	"time"

	"plinto/internal/fault"
)

// unreadableRetry is what clients of such a tenant are told to wait.
const unreadableRetry = time.Minute

// ErrUnreadable reports a tenant of which something that is stored cannot be read, such as its keys: see Tenant.Unreadable. Somebody
// has to look at it.
var ErrUnreadable = &fault.Error{
	Kind: fault.Unavailable, Code: "tenant_unreadable", Message: "This service is not available right now. Please try again later.", RetryAfter: unreadableRetry,
}

// Check returns ErrUnreadable, with the reason for logs, of a tenant that nobody can work with.
func (t *Tenant) Check() error {
	if t.Unreadable == "" {
		return nil
	}
	return ErrUnreadable.With(errors.New("tenant " + t.Slug + ": " + t.Unreadable))
}
