package ddl

import "strings"

// OwnTransactions is the first line of a migration whose statements cannot run in a transaction. Each is one of its own, and
// each can be run again: whoever migrates may be killed between two of them.
const OwnTransactions = "-- migrate: without a transaction"

// InOwnTransactions reports whether a migration begins with that line.
func InOwnTransactions(sql string) bool {
	first, _, _ := strings.Cut(sql, "\n")
	return strings.TrimRight(first, "\r ") == OwnTransactions
}

// A Statement is one of a migration.
type Statement struct {
	Text string // without what ends it
	Line int    // where it begins, from 1
	all  []token
}

// Statements cuts a migration up.
func Statements(sql string) []Statement {
	var out []Statement
	all := tokens(sql)
	from, depth := 0, 0
	for n, t := range all {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is(";") && depth <= 0 && !bodyIsOpen(all[from:n]):
			out = appendStatement(out, sql, all[from:n])
			from, depth = n+1, 0
		}
	}
	return appendStatement(out, sql, all[from:])
}

// bodyIsOpen reports whether tokens are those of a function whose body of SQL (BEGIN ATOMIC … END) is not over.
func bodyIsOpen(all []token) bool {
	open := 0
	for n, t := range all {
		switch {
		case t.is("atomic") && n > 0 && all[n-1].is("begin"), t.is("case") && open > 0:
			open++
		case t.is("end") && open > 0:
			open--
		}
	}
	return open > 0
}

func appendStatement(out []Statement, sql string, all []token) []Statement {
	if len(all) == 0 {
		return out
	}
	from, to := all[0].from, all[len(all)-1].to
	return append(out, Statement{Text: sql[from:to], Line: 1 + strings.Count(sql[:from], "\n"), all: all})
}

// concurrently is where CONCURRENTLY is among the tokens that say what is done, -1: it is not.
func (s Statement) concurrently() int {
	for n, t := range s.all {
		if n > 4 || t.is("(") {
			break
		}
		if t.is("concurrently") {
			return n
		}
	}
	return -1
}

// AtOnce is the statement for tables without rows: it waits for nobody, and can run in a transaction.
func (s Statement) AtOnce() string {
	n := s.concurrently()
	if n < 0 {
		return s.Text
	}
	t, base := s.all[n], s.all[0].from
	return strings.TrimSpace(s.Text[:t.from-base]) + s.Text[t.to-base:]
}

// ConcurrentIndex is the name of the index that the statement makes without keeping writers away, "" of any other statement.
func (s Statement) ConcurrentIndex() string {
	n := s.concurrently()
	if n < 0 || !s.all[0].is("create") {
		return ""
	}
	c := cursor{s.all[n+1:]}
	c.take("if", "not", "exists")
	if len(c.rest) == 0 || c.rest[0].is("on") {
		return "" // Postgres would choose a name
	}
	return c.name()
}

// A cursor reads tokens from the left.
type cursor struct{ rest []token }

// take goes past words if they come next, and reports whether they did.
func (c *cursor) take(words ...string) bool {
	if len(c.rest) < len(words) {
		return false
	}
	for n, w := range words {
		if !c.rest[n].is(w) {
			return false
		}
	}
	c.rest = c.rest[len(words):]
	return true
}

// name reads a name, without the schema before it; "" when there is none.
func (c *cursor) name() string {
	found := ""
	for len(c.rest) > 0 && c.rest[0].named() {
		found = c.rest[0].text
		c.rest = c.rest[1:]
		if !c.take(".") {
			break
		}
	}
	return found
}

// has reports whether words come one after the other anywhere.
func has(all []token, words ...string) bool {
	for n := range all {
		c := cursor{all[n:]}
		if c.take(words...) {
			return true
		}
	}
	return false
}

// list splits tokens at commas that are in no parentheses or brackets.
func list(all []token) (out [][]token) {
	from, depth := 0, 0
	for n, t := range all {
		switch {
		case t.is("("), t.is("["):
			depth++
		case t.is(")"), t.is("]"):
			depth--
		case t.is(",") && depth == 0:
			out = append(out, all[from:n])
			from = n + 1
		}
	}
	return append(out, all[from:])
}
