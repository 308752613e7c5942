package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is something about one place of a manifest.
type Problem struct {
	Line, Column int    // from 1; 0 when the place is not in the file
	Path         string // "tenants[0].clients[1].redirect_uris[0]"
	Message      string
}

// Problems are everything wrong with a manifest, in the order of the file.
type Problems struct {
	File string
	List []Problem
}

// Error implements error: one line each, as editors and terminals read them.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = problem.In(p.File)
	}
	return strings.Join(lines, "\n")
}

// In writes the problem as "file:line:column: path: message".
func (p Problem) In(file string) string {
	var b strings.Builder
	b.WriteString(file)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	return b.String() + ": " + p.Message
}

// A log gathers problems.
type log struct{ list []Problem }

// at logs the first problem of a path: what follows is mostly its consequence.
func (l *log) at(n *node, format string, args ...any) {
	same := func(p Problem) bool {
		return p.Line == n.line && (p.Path == n.path || strings.HasPrefix(p.Path, n.path+"["))
	}
	if !slices.ContainsFunc(l.list, same) {
		l.list = append(l.list, Problem{n.line, n.column, n.path, fmt.Sprintf(format, args...)})
	}
}

func (l *log) sort() {
	slices.SortStableFunc(l.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}
