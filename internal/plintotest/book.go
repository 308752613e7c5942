package plintotest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"plinto/internal/secret"
)

// A book keeps lines, and knows what they hold: each is looked at once, however many tests ask.
type book struct {
	mu    sync.Mutex
	text  bytes.Buffer
	held  map[string]int // where the line begins that has a piece
	leaks []string       // what has the form of a secret, with its line
}

// Write implements io.Writer, of a line.
func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		b.held = map[string]int{}
	}
	line, at := string(p), b.text.Len()
	pieces(line, func(piece string) {
		if _, ok := b.held[piece]; !ok {
			b.held[strings.Clone(piece)] = at
		}
	})
	if maybeSecret(line) {
		if found := secretPattern.FindString(line); found != "" {
			b.leaks = append(b.leaks, fmt.Sprintf("%q: %s", found, line))
		}
	}
	return b.text.Write(p)
}

// holds returns the line with a piece, or "".
func (b *book) holds(piece string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, ok := b.held[piece]
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut(string(b.text.Bytes()[at:]), "\n")
	return line
}

// known returns the leaks from the n-th on.
func (b *book) known(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.leaks[n:])
}

func (b *book) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *book) lines() []string { return strings.Split(b.all(), "\n") }

// secretPattern finds every kind of secret that has a form: those that are made here, JWTs, mail addresses,
// and the password of every test.
var secretPattern = regexp.MustCompile(secret.Form + `|eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]+|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}|` +
	Password + `|` + strings.ReplaceAll(Password, " ", `(?:\+|%20)`))

// maybeSecret is what a line has that secretPattern could match: most have nothing.
func maybeSecret(line string) bool {
	for _, mark := range []string{"eyJ", "@", "correct"} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	return secret.MayHaveForm(line)
}

// Pieces of secrets are looked for: what is long enough to be nothing else, and numbers that are codes.
const (
	shortestPiece = 12
	shortestCode  = 6
)

// pieces calls yield with the parts of a text that letters, digits, _ and - are in a row.
func pieces(text string, yield func(string)) {
	begin, digits := -1, true
	for i := 0; i <= len(text); i++ {
		if i < len(text) && inPiece[text[i]] {
			if begin < 0 {
				begin, digits = i, true
			}
			digits = digits && text[i] >= '0' && text[i] <= '9'
			continue
		}
		if n := i - begin; begin >= 0 && (n >= shortestPiece || digits && n >= shortestCode) {
			yield(text[begin:i])
		}
		begin = -1
	}
}

var inPiece = func() (in [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") {
		in[c] = true
	}
	return in
}()
