package ddl

import "slices"

// plain are the types whose values are stored as they are given: a column of one of them that is null everywhere needs no row be
// written. Others may be domains with a constraint, or sequences.
var plain = []string{
	"bigint", "boolean", "bool", "bytea", "char", "cidr", "date", "double", "inet", "integer", "int", "int2", "int4", "int8", "interval", "json", "jsonb", "name", "numeric",
	"real", "smallint", "text", "time", "timestamp", "timestamptz", "uuid", "varchar", "xid8",
}

// stable are the functions that have one value in a transaction, so that a default of it is computed once.
var stable = []string{"now", "transaction_timestamp", "current_timestamp", "current_date"}

// addColumn reads a column that is added to a table: name, type, constraints.
func (f *file) addColumn(table string, a cursor) {
	column := a.name()
	kind := a.name()
	value, rest, given := defaultOf(a.rest)
	rewrites := func(why string) {
		f.tells(Effect{Table: table, Rule: Rewrite, Does: "writes " + column + " into all rows: " + why, Work: Rewrites, Waits: Everybody})
	}
	scans := func(why string) {
		f.tells(Effect{Table: table, Rule: Constraint, Does: "looks at " + column + " of all rows: " + why, Work: Scans, Waits: Everybody})
	}
	switch {
	case !slices.Contains(plain, kind):
		rewrites("the type " + kind + " may be one that fills or checks its values")
	case has(rest, "generated"):
		rewrites("its values are generated")
	case given && !constant(value):
		rewrites("its default may be another one for each")
	case has(rest, "not", "null") && !given:
		f.tells(Effect{Table: table, Rule: NotNull, Does: "adds " + column + ", which rows that are there would lack", Waits: Everybody})
	}
	switch {
	case has(rest, "unique"), has(rest, "primary"):
		f.tells(Effect{Table: table, Rule: Index, Does: "builds an index of " + column, Work: Scans, Waits: Everybody})
	case has(rest, "check"):
		scans("it has a CHECK")
	case has(rest, "references") && given:
		scans("it refers to another table")
	}
}

// endsDefault are the words after which a default is over.
var endsDefault = []string{"not", "null", "constraint", "check", "unique", "primary", "references", "generated", "collate"}

// defaultOf returns the default of a column, and the rest of what is said of it.
func defaultOf(all []token) (value, rest []token, given bool) {
	start := find(all, 0, "default")
	if start < 0 || start+1 == len(all) {
		return nil, all, false
	}
	end := find(all, start+2, endsDefault...) // NULL may be the default itself
	if end < 0 {
		end = len(all)
	}
	return all[start+1 : end], slices.Concat(all[:start], all[end:]), true
}

// find is where the first of some words is, in no parentheses or brackets, -1: nowhere.
func find(all []token, from int, words ...string) int {
	depth := 0
	for n, t := range all {
		switch {
		case t.is("("), t.is("["):
			depth++
		case t.is(")"), t.is("]"):
			depth--
		case n >= from && depth == 0 && slices.ContainsFunc(words, t.is):
			return n
		}
	}
	return -1
}

// constant reports whether an expression has one value for all rows. It knows constants, casts, arrays and the functions in stable.
func constant(all []token) bool {
	for n, t := range all {
		called := n+1 < len(all) && all[n+1].is("(")
		switch {
		case t.kind == text, t.kind == number:
		case t.kind == sign:
			if called && !slices.ContainsFunc([]string{"(", "[", "-"}, t.is) {
				return false
			}
		case called && !slices.Contains(stable, t.text):
			return false
		case called, slices.ContainsFunc([]string{"true", "false", "null", "array"}, t.is), slices.Contains(stable, t.text):
		case n > 0 && all[n-1].is(":"): // the type of a cast
		case n+1 < len(all) && all[n+1].kind == text: // interval '1 day'
		default:
			return false
		}
	}
	return len(all) > 0
}
