package schema

import (
	"errors"
	"slices"
	"testing"

	"plinto/migrations"
)

// A program runs on tables of the next release, and on no others that it does not know.
func TestUnappliedOf_takesTheTablesOfTheNextRelease(t *testing.T) {
	t.Parallel()
	all, err := allMigrations()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(m migration) bool { return m.name == migrations.RunsFrom }) {
		t.Fatalf("there is no migration %s", migrations.RunsFrom)
	}
	var done []appliedMigration
	for _, m := range all {
		done = append(done, appliedMigration{m.name, m.sum, ""}) // a version before applied them
	}
	last := all[len(all)-1].name
	for name, c := range map[string]struct {
		more    []appliedMigration
		lacks   int
		refused bool
	}{
		"up to date":           {},
		"of the next release":  {more: []appliedMigration{{"9998_x", "1", last}, {"9999_y", "2", last}}},
		"of the one after":     {more: []appliedMigration{{"9998_x", "1", last}, {"9999_y", "2", "9998_x"}}, refused: true},
		"of whom nobody knows": {more: []appliedMigration{{"9999_y", "2", ""}}, refused: true},
	} {
		pending, err := unappliedOf(slices.Concat(done, c.more))
		if (err != nil) != c.refused || c.refused && !errors.Is(err, ErrSchema) || len(pending) != c.lacks {
			t.Errorf("%s: %d are missing, %v", name, len(pending), err)
		}
	}
	if pending, err := unappliedOf(done[:len(done)-2]); err != nil || len(pending) != 2 {
		t.Errorf("two are missing: %d, %v", len(pending), err)
	}
	done[3].Sum = "changed"
	if _, err := unappliedOf(done); !errors.Is(err, ErrSchema) {
		t.Errorf("one was changed: %v", err)
	}
}
