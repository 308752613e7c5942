package operations

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// A Registry is where metrics are registered. It tells what they are, also of those that have no value yet.
type Registry struct {
	*prometheus.Registry

	mu  sync.Mutex
	all []prometheus.Collector
}

// NewRegistry returns a registry without metrics.
func NewRegistry() *Registry { return &Registry{Registry: prometheus.NewRegistry()} }

// Register implements prometheus.Registerer.
func (r *Registry) Register(c prometheus.Collector) error {
	if err := r.Registry.Register(c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, c)
	return nil
}

// MustRegister implements prometheus.Registerer.
func (r *Registry) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// A Metric is what is known of one before it has a value.
type Metric struct {
	Name   string
	Type   string // "counter", "gauge" or "histogram"
	Labels []string
	Help   string
}

// described is what prometheus.Desc tells of itself, as text alone.
var described = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), unit: "[^"]*", constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

// Metrics are those whose name begins like that, by name.
func (r *Registry) Metrics(prefix string) (found []Metric) {
	r.mu.Lock()
	all := slices.Clone(r.all)
	r.mu.Unlock()
	for _, c := range all {
		descs := make(chan *prometheus.Desc)
		go func() { defer close(descs); c.Describe(descs) }()
		for d := range descs {
			if m := read(d); strings.HasPrefix(m.Name, prefix) {
				m.Type = kindOf(c, m.Name)
				found = append(found, m)
			}
		}
	}
	slices.SortFunc(found, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

func read(d *prometheus.Desc) (m Metric) {
	parts := described.FindStringSubmatch(d.String())
	if parts == nil {
		panic("operations: " + d.String() + " is not how a metric is described")
	}
	m.Name, _ = strconv.Unquote(parts[1]) // both are written by %q
	m.Help, _ = strconv.Unquote(parts[2])
	if parts[3] != "" {
		m.Labels = strings.Split(parts[3], ",")
	}
	return m
}

// kindOf is the type of a metric by its collector, and by its name where a collector has several.
func kindOf(c prometheus.Collector, name string) string {
	_, vector := c.(*prometheus.HistogramVec)
	_, single := c.(prometheus.Histogram)
	switch {
	case vector, single:
		return "histogram"
	case strings.HasSuffix(name, "_total"):
		return "counter"
	}
	return "gauge"
}
