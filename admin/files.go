package admin

import (
	"context"
	"errors"
	"time"

	"plinto/internal/admission"
	"plinto/internal/fair"
	"plinto/tenant"
)

// Files come and go at the pace of whoever sends or reads them, perhaps for hours, with a part of them in memory. So they hold no place
// among the requests that are worked on, and have places of their own.
const (
	filesAtOnce   = 128 // of a process
	filesOfTenant = 4
	fileWait      = 500 * time.Millisecond
	fileRetry     = 10 * time.Second
)

func newFiles() *fair.Queue {
	return fair.New(fileWait, fair.Level{Places: filesAtOnce}, fair.Level{Places: filesOfTenant})
}

// enter waits for a place for a file, and gives the place of the request back. ErrTooOften when the files of others, or of the same
// tenant, have all of them.
func (h *handlers) enter(ctx context.Context) (leave func(), err error) {
	admission.Release(ctx)
	id := tenant.Must(ctx).ID
	leave, err = h.files.Enter(ctx, string(id[:]))
	if errors.Is(err, fair.ErrLate) || errors.Is(err, fair.ErrFull) {
		busy := *ErrTooOften.With(err)
		busy.RetryAfter = fileRetry
		return nil, &busy
	}
	return leave, err
}
