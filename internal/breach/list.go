package breach

import (
	"context"
	"crypto/sha1" //nolint:gosec // the lists have these hashes; nothing rests on them
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/breaker"
)

// A List is all that is known of leaked passwords.
type List struct {
	file   *File
	ranges *Ranges
	checks *prometheus.CounterVec
}

// New returns a list of a file and a service; either may be nil. Its metric is registered with
// r: plinto_breached_password_checks_total{source,outcome}, where source is file or service
// and outcome found, unknown or failed.
func New(file *File, ranges *Ranges, r prometheus.Registerer) *List {
	l := &List{file: file, ranges: ranges, checks: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plinto_breached_password_checks_total", Help: "How often a list of breached passwords was asked.",
	}, []string{"source", "outcome"})}
	r.MustRegister(l.checks)
	return l
}

// Leaked reports whether a password is known to have leaked. The service is asked only for
// what the file does not have.
func (l *List) Leaked(ctx context.Context, password string) bool {
	hash := sha1.Sum([]byte(password)) //nolint:gosec // see above
	if l.file != nil {
		if found, err := l.file.Has(hash); l.note(ctx, "file", found, err) {
			return true
		}
	}
	if l.ranges != nil {
		found, err := l.ranges.Has(ctx, hash)
		return l.note(ctx, "service", found, err)
	}
	return false
}

// note counts an answer, and reports whether the password was found.
func (l *List) note(ctx context.Context, source string, found bool, err error) bool {
	outcome := "unknown"
	switch {
	case err != nil:
		outcome = "failed"
		if !errors.Is(err, breaker.ErrOpen) { // the breaker says that it opened
			slog.WarnContext(ctx, "breached passwords cannot be looked up", "source", source, "error", err.Error())
		}
	case found:
		outcome = "found"
	}
	l.checks.WithLabelValues(source, outcome).Inc()
	return err == nil && found
}
