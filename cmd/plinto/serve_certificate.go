package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/operations"
	"plinto/internal/web"
)

// certificateWarning is how long before its end a certificate is told of.
const certificateWarning = 14 * 24 * time.Hour

// watchCertificate has metrics and checks say when the certificate ends that the server serves, and whether its files are
// what is served: they are read again when they change.
func watchCertificate(ctx context.Context, ops *operations.Operations, c *web.Certificate) {
	if c == nil {
		return
	}
	if err := certificateProblem(c, time.Now()); err != nil {
		slog.WarnContext(ctx, "something is wrong with the certificate that is served", "error", err.Error())
	}
	ops.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plinto_tls_certificate_expiry_timestamp_seconds", Help: "When the certificate of PLINTO_TLS_CERT_FILE that is served ends (Unix time).",
	}, func() float64 { return float64(c.Expires().Unix()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plinto_tls_certificate_served", Help: "1 while the files of PLINTO_TLS_CERT_FILE, as they are now, are served and valid; 0 when they cannot be read, do not fit, have ended or are not valid yet.",
	}, func() float64 {
		if c.Problem() != nil {
			return 0
		}
		return 1
	}))
	ops.Add(operations.Check{
		Name: "certificate", Until: c.Expires,
		Run: func(context.Context) error { return certificateProblem(c, time.Now()) },
	})
}

// certificateProblem is what is wrong with a certificate or soon will be, nil when nothing is.
func certificateProblem(c *web.Certificate, now time.Time) error {
	if err := c.Problem(); err != nil {
		return err
	}
	if ends := c.Expires(); ends.Sub(now) < certificateWarning {
		return fmt.Errorf("it ends on %s", stamp(ends))
	}
	return nil
}
