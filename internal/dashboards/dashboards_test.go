package dashboards

import (
	"encoding/json"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// scrapes is a directory with what a server showed, in files that follow each other by name.
var scrapes = flag.String("scrapes", "", "a directory with scrapes: make test-dashboards")

const (
	dashboardFile = "../../deploy/grafana/plinto.json"
	interval      = 15 * time.Second
)

// variables are those of Grafana.
var variables = strings.NewReplacer("$job", "plinto", "$__rate_interval", "1m")

// Every panel has an answer to each of its queries.
func TestPanels_areAnsweredByWhatAServerShows(t *testing.T) {
	if *scrapes == "" {
		t.Skip("it needs what a server showed: make test-dashboards")
	}
	stored, scraped := load(t)
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1 << 20, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	at := time.Unix(0, 0).Add(time.Duration(scraped-1) * interval).UTC()
	answered := 0
	for title, queries := range panels(t) {
		for _, q := range queries {
			query, err := engine.NewInstantQuery(t.Context(), stored, nil, variables.Replace(q), at)
			if err != nil {
				t.Errorf("%s: %v", title, err)
				continue
			}
			result := query.Exec(t.Context())
			if n, err := values(result); err != nil || n == 0 {
				t.Errorf("%s: %d values, %v: %s", title, n, err, q)
			}
			answered++
			query.Close()
		}
	}
	if answered < 40 {
		t.Errorf("only %d queries were asked", answered)
	}
	t.Logf("%d queries were answered", answered)
}

// values is how many numbers an answer has.
func values(r *promql.Result) (n int, err error) {
	if r.Err != nil {
		return 0, r.Err
	}
	found, err := r.Vector()
	for _, s := range found {
		if !math.IsNaN(s.F) {
			n++
		}
	}
	return n, err
}

func panels(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			found[p.Title] = append(found[p.Title], target.Expr)
		}
	}
	return found
}

// A point is one value of a line.
type point struct {
	t int64 // milliseconds since 1970
	f float64
}

// T implements chunks.Sample, as the others do.
func (p point) T() int64                    { return p.t }
func (point) ST() int64                     { return 0 }
func (p point) F() float64                  { return p.f }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample         { return p }

// lines are the series of some scrapes. They answer the engine's questions.
type lines map[string]*storage.SeriesEntry

// found is a set of series.
type found struct {
	all []storage.Series
	at  int
}

func (f *found) Next() bool                      { f.at++; return f.at <= len(f.all) }
func (f *found) At() storage.Series              { return f.all[f.at-1] }
func (*found) Err() error                        { return nil }
func (*found) Warnings() annotations.Annotations { return nil }

func (l lines) choose(matchers []*labels.Matcher) storage.SeriesSet {
	f := &found{}
	for _, name := range slices.Sorted(maps.Keys(l)) {
		s := l[name]
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Lset.Get(m.Name)) }) {
			f.all = append(f.all, s)
		}
	}
	return f
}

// load returns the lines of the scrapes, and how many scrapes there are.
func load(t *testing.T) (stored storage.Queryable, scraped int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*scrapes, "*.txt"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d scrapes, %v", len(files), err)
	}
	slices.Sort(files)
	points, sets := map[string][]chunks.Sample{}, map[string]labels.Labels{}
	for i, name := range files {
		content, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		reader := expfmt.NewTextParser(model.LegacyValidation)
		families, err := reader.TextToMetricFamilies(content)
		_ = content.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			each(f, func(of labels.Labels, value float64) {
				key := of.String()
				sets[key] = of
				points[key] = append(points[key], point{int64(i) * interval.Milliseconds(), value})
			})
		}
	}
	all := lines{}
	for key, of := range sets {
		all[key] = storage.NewListSeries(of, points[key])
	}
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
		SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
			return all.choose(matchers)
		},
	}}, len(files)
}

// each calls add with every line of a family.
func each(f *dto.MetricFamily, add func(of labels.Labels, value float64)) {
	for _, m := range f.GetMetric() {
		line := func(suffix string, value float64, more ...string) {
			b := labels.NewBuilder(labels.FromStrings(append(more, "__name__", f.GetName()+suffix, "job", "plinto", "instance", "a")...))
			for _, l := range m.GetLabel() {
				b.Set(l.GetName(), l.GetValue())
			}
			add(b.Labels(), value)
		}
		switch {
		case m.GetHistogram() != nil:
			h := m.GetHistogram()
			for _, bucket := range h.GetBucket() {
				line("_bucket", float64(bucket.GetCumulativeCount()), "le", strconv.FormatFloat(bucket.GetUpperBound(), 'g', -1, 64))
			}
			line("_sum", h.GetSampleSum())
			line("_count", float64(h.GetSampleCount()))
		case m.GetCounter() != nil:
			line("", m.GetCounter().GetValue())
		case m.GetGauge() != nil:
			line("", m.GetGauge().GetValue())
		case m.GetUntyped() != nil:
			line("", m.GetUntyped().GetValue())
		}
	}
}
