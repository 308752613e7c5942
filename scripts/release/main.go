package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"plinto/migrations"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/release v1.2.3, in the root of the repository")
		os.Exit(2)
	}
	changes, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	names, _ := fs.Glob(migrations.Files, "*.sql") // the pattern is well formed; sorted
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".sql")
	}
	r := release{tag: os.Args[1], migrations: names, releases: migrations.Releases, runsFrom: migrations.RunsFrom, changes: string(changes)}
	lacks := r.lacks()
	for _, what := range lacks {
		fmt.Fprintf(os.Stderr, "release %s: %s\n", r.tag, what)
	}
	if len(lacks) > 0 {
		os.Exit(1)
	}
}

// A release is what a tag is compared with.
type release struct {
	tag        string
	migrations []string          // names, in their order
	releases   map[string]string // version → name of its last migration
	runsFrom   string
	changes    string // CHANGELOG.md
}

var version = regexp.MustCompile(`^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$`)

// withoutCandidate is the version that a release candidate is one of.
func withoutCandidate(v string) string {
	v, _, _ = strings.Cut(v, "-")
	return v
}

// lacks says what there is to do before the release, nothing where all is done.
func (r *release) lacks() (all []string) {
	found := version.FindStringSubmatch(r.tag)
	if found == nil {
		return []string{"a tag is v1.2.3, or v1.2.3-rc.1"}
	}
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	v, last := found[1], r.migrations[len(r.migrations)-1]
	if r.releases[v] != last {
		say("migrations.Releases has to have %q: %q, the last migration; it has %q", v, last, r.releases[v])
	}
	before := ""
	for _, other := range slices.Sorted(maps.Keys(r.releases)) {
		name := r.releases[other]
		if !slices.Contains(r.migrations, name) {
			say("migrations.Releases has %q for %s, and there is no such migration", name, other)
		}
		if withoutCandidate(other) != withoutCandidate(v) && name > before {
			before = name
		}
	}
	if before != "" && r.runsFrom != before {
		say("migrations.RunsFrom has to be %q, the last migration of the release before; it is %q", before, r.runsFrom)
	}
	if !strings.Contains(r.changes, "\n## "+v) {
		say("CHANGELOG.md has no section %s", v)
	}
	return all
}
