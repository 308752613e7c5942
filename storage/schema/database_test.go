package schema

import (
	"context"
	"testing"

	"plinto/internal/testservice"
)

// migrated is the template of every test's database.
func migrated(t *testing.T) testservice.Template {
	t.Helper()
	hash, err := Hash()
	must(t, err)
	return testservice.Template{Name: "world" + hash, Migrate: func(ctx context.Context, url string) error {
		_, err := Migrate(ctx, url, nil)
		return err
	}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
