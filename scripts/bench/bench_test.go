package main

import (
	"testing"
	"time"
)

func TestPercentile_isAnObservedLatency(t *testing.T) {
	t.Parallel()
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = ms(100 - i)
	}
	for _, c := range []struct {
		of   []time.Duration
		p    int
		want time.Duration
	}{{nil, 50, 0}, {[]time.Duration{ms(7)}, 99, ms(7)}, {hundred, 50, ms(51)}, {hundred, 99, ms(100)}, {hundred, 100, ms(100)}} {
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile(%d of %d) = %v, want %v", c.p, len(c.of), got, c.want)
		}
	}
}

func TestParseStat_sumsOwnAndEndedChildrensTime(t *testing.T) {
	t.Parallel()
	// comm holds a parenthesis and spaces; utime 100, stime 20, cutime 3, cstime 4.
	const stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 9 0 1 2 3"
	if got := parseStat("42 (postgres) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 9 0 1 2 3"); got != 1270*time.Millisecond {
		t.Errorf("got %v", got)
	}
	if got := parseStat(stat); got == 0 {
		t.Error("a name with parentheses yields nothing")
	}
	if got := parseStat("nonsense"); got != 0 {
		t.Errorf("nonsense is %v", got)
	}
}

func TestFill_findsTheFormAndOnlyIt(t *testing.T) {
	t.Parallel()
	action, form, err := fill([]byte(`<form><input type="hidden" name="other"></form>
		<form action="/login"><input type="hidden" name="flow" value="f"><input id="password" type="password" name="password"></form>`),
		"http://127.0.0.1/login?flow=f", "me")
	if err != nil || action != "http://127.0.0.1/login" || form.Has("other") || form.Get("flow") != "f" || form.Get("username") != "me" || form.Get("password") != userPassword {
		t.Errorf("%v, %v", form, err)
	}
	if _, _, err := fill([]byte(`<p>hello`), "http://127.0.0.1/", "me"); err == nil {
		t.Error("a page without a form")
	}
}

func TestParseBenchmarks_readsEveryUnit(t *testing.T) {
	t.Parallel()
	got := parseBenchmarks("goos: linux\nBenchmarkAudit/verify-2 \t 1\t 1414 ns/op\t 14137 rows/s\nBenchmarkAudit/prove-2 72 1615 ns/op\nPASS\n")
	if len(got) != 2 || got["BenchmarkAudit/verify"]["rows/s"] != 14137 || got["BenchmarkAudit/prove"]["ns/op"] != 1615 {
		t.Errorf("got %v", got)
	}
}
