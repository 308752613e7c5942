package conformance

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/plintotest"
)

// A clock that tests put forward instead of waiting.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// A plan runs modules with some response types, in one response mode.
type plan struct {
	name    string
	types   []string
	mode    string
	dynamic bool // whether every client registers itself
}

var plans = []plan{
	{"oidcc-basic-certification-test-plan", []string{"code"}, "", false},
	{"oidcc-implicit-certification-test-plan", implicit, "", false},
	{"oidcc-hybrid-certification-test-plan", hybrid, "", false},
	{"oidcc-formpost-basic-certification-test-plan", []string{"code"}, "form_post", false},
	{"oidcc-formpost-implicit-certification-test-plan", implicit, "form_post", false},
	{"oidcc-formpost-hybrid-certification-test-plan", hybrid, "form_post", false},
}

func init() {
	for _, p := range plans[:3] {
		p.dynamic = true
		plans = append(plans, p)
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	for _, p := range plans {
		for _, responseType := range p.types {
			variant := "static_client"
			if p.dynamic {
				variant = "dynamic_client"
			}
			t.Run(p.name+"/"+variant+"/"+strings.ReplaceAll(responseType, " ", "+"), func(t *testing.T) {
				t.Parallel()
				p.run(t, responseType)
			})
		}
	}
}

func (p plan) run(t *testing.T, responseType string) {
	c := &clock{}
	s := plintotest.Start(t, plintotest.Options{Now: c.now, Settings: open})
	s.User(buffy)
	for _, m := range modules {
		if !slices.Contains(m.types, responseType) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			m.run(t, &env{T: t, s: s, clock: c, responseType: responseType, mode: p.mode, dynamic: p.dynamic})
		})
	}
}
