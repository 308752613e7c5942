package ddl

import "strings"

// A tokenKind is a class of tokens.
type tokenKind int

const (
	word   tokenKind = iota // a keyword or name that is not quoted, in lower case
	quoted                  // a name in double quotes, without them
	text                    // a string constant, of any form, without its quotes
	number
	sign // one character of anything else
)

// A token is what SQL is made of. Comments and white space are none.
type token struct {
	kind tokenKind
	text string
	from int // where it is in the source, in bytes
	to   int
}

// is reports whether a token is a keyword or a sign.
func (t token) is(s string) bool { return (t.kind == word || t.kind == sign) && t.text == s }

// named reports whether a token can be a name.
func (t token) named() bool { return t.kind == word || t.kind == quoted }

// tokens cuts SQL up as the lexer of Postgres does, with standard_conforming_strings.
func tokens(sql string) []token {
	s := scanner{sql: sql}
	for s.at < len(sql) {
		s.next()
	}
	return s.found
}

type scanner struct {
	sql   string
	at    int
	found []token
}

// add appends a token that ends at to, and goes on there.
func (s *scanner) add(kind tokenKind, text string, to int) {
	s.found = append(s.found, token{kind, text, s.at, to})
	s.at = to
}

func (s *scanner) next() {
	rest := s.sql[s.at:]
	c := rest[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
		s.at++
	case strings.HasPrefix(rest, "--"):
		s.at += until(rest, "\n", 0)
	case strings.HasPrefix(rest, "/*"):
		s.at += commentLength(rest)
	case c == '\'':
		s.constant(s.at, false)
	case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
		s.constant(s.at+1, true)
	case c == '"':
		end := s.at + until(rest, `"`, 1)
		s.add(quoted, strings.Trim(s.sql[s.at:end], `"`), end)
	case c == '$' && dollarTag(rest) != "":
		tag := dollarTag(rest)
		end := s.at + until(rest, tag, len(tag))
		s.add(text, strings.TrimSuffix(s.sql[s.at+len(tag):end], tag), end)
	case letter(c):
		n := 1
		for n < len(rest) && (letter(rest[n]) || digit(rest[n]) || rest[n] == '$') {
			n++
		}
		s.add(word, strings.ToLower(rest[:n]), s.at+n)
	case digit(c):
		n := 1
		for n < len(rest) && (digit(rest[n]) || rest[n] == '.') {
			n++
		}
		s.add(number, rest[:n], s.at+n)
	default:
		s.add(sign, rest[:1], s.at+1)
	}
}

// constant reads a string constant whose opening quote is there.
func (s *scanner) constant(quote int, escapes bool) {
	var b strings.Builder
	n := quote + 1
	for n < len(s.sql) {
		switch {
		case escapes && s.sql[n] == '\\' && n+1 < len(s.sql):
			b.WriteByte(s.sql[n+1])
			n += 2
		case strings.HasPrefix(s.sql[n:], "''"):
			b.WriteByte('\'')
			n += 2
		case s.sql[n] == '\'':
			s.add(text, b.String(), n+1)
			return
		default:
			b.WriteByte(s.sql[n])
			n++
		}
	}
	s.add(text, b.String(), n)
}

// until is the length of text up to the end of mark, looked for after so many bytes; all of it where there is none.
func until(text, mark string, after int) int {
	if n := strings.Index(text[after:], mark); n >= 0 {
		return after + n + len(mark)
	}
	return len(text)
}

// commentLength is the length of a comment, in which others may be.
func commentLength(text string) int {
	depth := 0
	for n := 0; n+1 < len(text); n++ {
		switch text[n : n+2] {
		case "/*":
			depth++
			n++
		case "*/":
			depth--
			n++
			if depth == 0 {
				return n + 1
			}
		}
	}
	return len(text)
}

// dollarTag is what text begins with if that opens a string in dollars, or "".
func dollarTag(text string) string {
	for n := 1; n < len(text); n++ {
		switch c := text[n]; {
		case c == '$':
			return text[:n+1]
		case !letter(c) && (n == 1 || !digit(c)):
			return ""
		}
	}
	return ""
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
