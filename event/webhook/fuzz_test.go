package webhook

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzRead reads any answer of a receiver: what is kept is text that Postgres takes, and bounded.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "ok", "a\x00b", "\xff\xfe", strings.Repeat("é", maxAnswer), strings.Repeat("x", maxRead+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		text, cut := read(strings.NewReader(answer))
		if len(text) > maxAnswer || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("kept %d bytes, %q", len(text), text)
		}
		if len(answer) > maxRead+3 && !cut {
			t.Error("an answer that is too long is not marked")
		}
	})
}

// FuzzRetryAfter reads any Retry-After: it never moves an attempt into the past, nor by more
// than the header can say.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "-1", "1e9", "9999999999999999999", "Sat, 28 Nov 2026 17:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if wait := retryAfter(header, now); wait < 0 {
			t.Errorf("%q: wait %s", header, wait)
		}
	})
}
