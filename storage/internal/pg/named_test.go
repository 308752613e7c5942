package pg

import (
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What pgx reads every time is read once, and the same.
func TestNamed_isWhatPgxMakesOfIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sql  string
		with map[string]any
		bad  bool
	}{
		{"SELECT @a, @b, @a", map[string]any{"a": 1, "b": nil}, false},
		{"SELECT '@c', @a::text -- @d", map[string]any{"a": "x"}, false},
		{"SELECT 1", map[string]any{}, false},
		{"SELECT @missing", map[string]any{}, true},
		{"SELECT @a AS more", map[string]any{"a": 1, "b": 2}, true},
	} {
		want, wanted, wantErr := pgx.StrictNamedArgs(c.with).RewriteQuery(t.Context(), nil, c.sql, nil)
		for range 2 {
			got, values, err := Named(c.with).RewriteQuery(t.Context(), nil, c.sql, nil)
			if (err != nil) != c.bad || (wantErr != nil) != c.bad {
				t.Fatalf("%s: got %v, pgx %v, want an error: %v", c.sql, err, wantErr, c.bad)
			}
			if err == nil && (got != want || len(values) != len(wanted) || len(values) > 0 && !reflect.DeepEqual(values, wanted)) {
				t.Errorf("%s: got %s %v, want %s %v", c.sql, got, values, want, wanted)
			}
		}
	}
}

// A statement that is known already is checked as strictly.
func TestNamed_wantsTheSameNamesEveryTime(t *testing.T) {
	t.Parallel()
	const sql = "SELECT @a, @b /* of this test */"
	if _, _, err := (Named{"a": 1, "b": 2}).RewriteQuery(t.Context(), nil, sql, nil); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []Named{{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "c": 3}, {}} {
		if got, values, err := wrong.RewriteQuery(t.Context(), nil, sql, nil); err == nil {
			t.Errorf("%v: %s %v", wrong, got, values)
		}
	}
}
