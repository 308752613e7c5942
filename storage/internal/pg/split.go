package pg

import (
	"slices"
	"strings"

	"plinto/migrations"
)

// isBefore reports whether a table comes after a word.
func isBefore(word string) bool {
	return slices.Contains([]string{"FROM", "JOIN", "INTO", "UPDATE", "USING", "TABLE", "ONLY"}, word)
}

// splitStatement finds the tables and functions of ours in a statement: tables after the words that
// a table comes after, functions where they are called, and both where a text names them
// ('audit_log'::regclass, nextval('events_seq')). It knows what our statements are like, not SQL:
// TestEveryQuery_isOfItsSchema lets Postgres read each of them without a search path.
func splitStatement(sql string) split {
	made := migrations.Made()
	var parts split
	var last string // word before
	cut, at := 0, 0
	for at < len(sql) {
		switch c := sql[at]; {
		case c == '\'':
			end := endOfText(sql, at)
			if named := sql[at+1 : max(end-1, at+1)]; made.Relations[named] && isName(sql, at, end) {
				parts = append(parts, sql[cut:at+1])
				cut = at + 1
			}
			last, at = "", end
		case c == '"':
			end := at + 1 + strings.IndexByte(sql[at+1:], '"') + 1
			last, at = "", max(end, at+1)
		case strings.HasPrefix(sql[at:], "--"):
			at = endOfLine(sql, at)
		case isLetter(c):
			end := at
			for end < len(sql) && (isLetter(sql[end]) || '0' <= sql[end] && sql[end] <= '9') {
				end++
			}
			word := sql[at:end]
			if stands(made, sql, at, end, word, last) {
				parts = append(parts, sql[cut:at])
				cut = at
			}
			last, at = word, end
		case c == ' ' || c == '\n' || c == '\t':
			at++
		default:
			last = ""
			at++
		}
	}
	return append(parts, sql[cut:])
}

// stands reports whether the word stands for an object of ours.
func stands(made migrations.Objects, sql string, at, end int, word, last string) bool {
	if at > 0 && (sql[at-1] == '.' || sql[at-1] == '@') {
		return false
	}
	return made.Relations[word] && isBefore(last) || made.Functions[word] && end < len(sql) && sql[end] == '('
}

// isName reports whether the text from at to end is the name of a relation.
func isName(sql string, at, end int) bool {
	return strings.HasPrefix(sql[end:], "::regclass") || strings.HasSuffix(sql[:at], "nextval(")
}

func endOfText(sql string, at int) int {
	for i := at + 1; i < len(sql); i++ {
		if sql[i] == '\'' {
			return i + 1
		}
	}
	return len(sql)
}

func endOfLine(sql string, at int) int {
	if n := strings.IndexByte(sql[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(sql)
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
