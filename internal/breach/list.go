package breach

import (
	"context"
	"crypto/sha1" //nolint:gosec // the lists have these hashes; nothing rests on them
	"errors"
	"fmt"
	"log/slog"
	"strings"

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

// Leaked reports whether a password is known to have leaked; false too when nobody can tell.
func (l *List) Leaked(ctx context.Context, password string) bool {
	leaked, _ := l.Look(ctx, password)
	return leaked
}

// Look reports whether a password is known to have leaked. The service is asked only for what the
// file does not have. The error says that not every list was asked.
func (l *List) Look(ctx context.Context, password string) (leaked bool, err error) {
	hash := sha1.Sum([]byte(password)) //nolint:gosec // see above
	var ofFile, ofService error
	if l.file != nil {
		if leaked, ofFile = l.file.Has(hash); l.note(ctx, "file", leaked, ofFile) {
			return true, nil
		}
	}
	if l.ranges != nil {
		if leaked, ofService = l.ranges.Has(ctx, hash); l.note(ctx, "service", leaked, ofService) {
			return true, nil
		}
	}
	return false, errors.Join(ofFile, ofService)
}

// Edition names the lists: the size of the file, which every edition has another of, and the
// address of the service.
func (l *List) Edition() string {
	var parts []string
	if l.file != nil {
		parts = append(parts, fmt.Sprintf("file of %d bytes", l.file.size))
	}
	if l.ranges != nil {
		parts = append(parts, l.ranges.URL)
	}
	return strings.Join(parts, ", ")
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
