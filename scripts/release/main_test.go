package main

import (
	"slices"
	"strings"
	"testing"
)

// UPG-07: no release is made that upgrade-check would not know, or whose servers are said to run on tables that they do not run on.
func TestRelease_saysWhatItLacks_UPG_07(t *testing.T) {
	t.Parallel()
	whole := func(change func(*release)) release {
		r := release{
			tag: "v1.2.0", migrations: []string{"0001_a", "0002_b", "0003_c"}, releases: map[string]string{"1.1.0": "0002_b", "1.0.0": "0001_a", "1.2.0": "0003_c"},
			runsFrom: "0002_b", changes: "# Changelog\n\n## 1.2.0 - 2027-01-01\n",
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(*release)
		says   string
	}{
		"nothing":           {},
		"the first one":     {change: func(r *release) { r.releases = map[string]string{"1.2.0": "0003_c"} }},
		"after a candidate": {change: func(r *release) { r.releases["1.2.0-rc.1"] = "0003_c" }},
		"its line":          {func(r *release) { delete(r.releases, "1.2.0") }, `has to have "1.2.0": "0003_c"`},
		"the last one":      {func(r *release) { r.releases["1.2.0"] = "0002_b" }, `it has "0002_b"`},
		"the one before":    {func(r *release) { r.runsFrom = "0001_a" }, `RunsFrom has to be "0002_b"`},
		"a migration":       {func(r *release) { r.releases["1.0.0"] = "0001_x" }, `there is no such migration`},
		"what changed":      {func(r *release) { r.changes = "# Changelog\n\n## Unreleased\n" }, "no section 1.2.0"},
		"a version":         {func(r *release) { r.tag = "latest" }, "a tag is v1.2.3"},
		"a candidate line":  {func(r *release) { r.tag = "v1.3.0-rc.1" }, `has to have "1.3.0-rc.1"`},
	} {
		r := whole(c.change)
		lacks := r.lacks()
		if c.says == "" && len(lacks) > 0 || c.says != "" && !slices.ContainsFunc(lacks, func(s string) bool { return strings.Contains(s, c.says) }) {
			t.Errorf("%s: %q", name, lacks)
		}
	}
}
