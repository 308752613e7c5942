package client

import (
	"context"
	"time"
)

// WithWait has tests not wait.
func WithWait(wait func(context.Context, time.Duration) error) Option {
	return func(s *sender) { s.wait = wait }
}
