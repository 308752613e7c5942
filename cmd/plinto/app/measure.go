package app

import (
	"github.com/prometheus/client_golang/prometheus"
)

// measure has what others keep of themselves among the metrics, and events that were committed counted.
func (p *parts) measure() {
	r := p.cfg.Operations.Registry
	p.cfg.Store.Register(r)
	if h, ok := p.cfg.Hasher.(interface{ Register(r prometheus.Registerer) }); ok {
		h.Register(r)
	}
	p.cfg.Store.Outbox.OnCommitted(p.metrics.happened)
	v := ReadVersion()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "plinto_build_info", Help: "1, of what runs: its version, revision and Go.",
	}, []string{"version", "revision", "goversion"})
	build.WithLabelValues(v.Version, v.Revision, v.Go).Set(1)
	r.MustRegister(build)
}
