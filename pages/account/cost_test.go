package account_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testservice"
)

// Looking at the pages costs few statements, each a round trip of its own.
func TestAccount_costsFewStatements(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	w := newWorld(t, func(o *plintotest.Options) { o.Tracer = sql })
	b := w.signedIn(alice)
	w.told(w.open(b, "/account/profile").Submit("submit", map[string]string{"nickname": "Al"}), "/account/profile")
	for path, most := range map[string]int{
		"": 2, "/profile": 1, "/emails": 2, "/security": 4, "/devices": 3, "/apps": 4, "/activity": 2, "/password": 2, "/delete": 1,
	} {
		var sent []string
		for range 5 { // on a busy machine something else may be read meanwhile
			if sent, _ = sql.During(func() { w.at(w.open(b, "/account"+path), "/account"+path) }); len(sent) <= most {
				break
			}
		}
		t.Logf("/account%s: %d", path, len(sent))
		if len(sent) > most {
			t.Errorf("/account%s: %d statements, want at most %d:\n%s", path, len(sent), most, strings.Join(sent, "\n"))
		}
	}
}
