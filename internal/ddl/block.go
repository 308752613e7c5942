package ddl

import (
	"regexp"
	"slices"
	"strings"
)

// placeholder is the name that stands for those that format() fills in.
const placeholder = "_filled_in_"

// do reads a block of PL/pgSQL: the statements that are in it, and those that it makes of texts.
func (f *file) do(c cursor) {
	if c.take("language") && c.name() != "plpgsql" {
		f.breaks(Unknown, "", "a DO in another language than PL/pgSQL")
		return
	}
	for _, t := range c.rest {
		if t.kind != text {
			continue
		}
		before := f.among
		f.among = namesIn(t.text)
		for _, s := range Statements(t.text) {
			f.block(s.all)
		}
		f.among = before
	}
}

var aName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// namesIn are the texts in a block that can be names of tables, as loops go through.
func namesIn(body string) (names []string) {
	for _, t := range tokens(body) {
		if t.kind == text && aName.MatchString(t.text) {
			names = append(names, t.text)
		}
	}
	return names
}

// opens are the words of PL/pgSQL after which a statement begins.
var opens = []string{"begin", "then", "else", "loop"}

// harmless are how statements of PL/pgSQL begin that change nothing but variables.
var harmless = []string{"declare", "end", "raise", "return", "null", "continue", "exit", "exception", "if", "elsif", "for", "foreach", "while", "case", "assert", "get"}

// block reads what is between two semicolons of PL/pgSQL: words that open blocks, and a statement in the end.
func (f *file) block(all []token) {
	from := 0
	for n := find(all, 0, opens...); n >= 0; n = find(all, from, opens...) {
		from = n + 1
	}
	head, statement := all[:from], all[from:]
	if slices.ContainsFunc([]string{"execute", "update", "delete", "insert"}, func(w string) bool { return has(head, w) }) {
		f.breaks(Unknown, "", "a loop or a condition over something that changes rows")
	}
	c := cursor{statement}
	switch {
	case len(statement) == 0, slices.ContainsFunc(harmless, statement[0].is):
	case assigns(statement), from == 0 && len(statement) > 1 && !known(statement[0]) && statement[1].named(): // or declares a variable
	case c.take("select") && has(c.rest, "into"): // looks at something
	case c.take("perform"):
		f.breaks(Unknown, "", "calls a function: what it does is not looked at")
	default:
		f.read(statement)
	}
}

// assigns reports whether a statement gives a variable a value.
func assigns(statement []token) bool {
	c := cursor{statement}
	return c.name() != "" && c.take(":", "=")
}

// known reports whether a statement of SQL begins with a word.
func known(t token) bool {
	return slices.ContainsFunc([]string{
		"create", "alter", "drop", "grant", "revoke", "insert", "update", "delete", "merge", "truncate", "copy", "execute", "comment", "lock", "set", "reset", "do", "select", "with",
		"vacuum", "cluster", "reindex", "refresh", "analyze", "call", "commit", "rollback", "start", "savepoint",
	}, t.is)
}

// execute reads the texts of a dynamic statement.
func (f *file) execute(c cursor) {
	read := false
	for _, t := range c.rest {
		if t.kind != text {
			continue
		}
		for _, s := range Statements(strings.NewReplacer("%I", placeholder, "%s", placeholder, "%L", "''").Replace(t.text)) {
			if known(s.all[0]) {
				read = true
				f.read(s.all)
			}
		}
	}
	if !read {
		f.breaks(Unknown, "", "a dynamic statement whose text is not here")
	}
}
