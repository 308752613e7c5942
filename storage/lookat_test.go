package storage

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// What there is no time for was not looked at, and is not said to be wrong.
func TestLookAt_tellsOnlyOfWhatItLookedAt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var told []string
	tell := func(name string, err error) { told = append(told, fmt.Sprint(name, " ", err)) }
	looked := lookAt(ctx, time.Millisecond, 1, []string{"good", "dark", "last", "never"}, func(ctx context.Context, name string) error {
		switch name {
		case "dark":
			<-ctx.Done()
		case "last":
			cancel()
		}
		return ctx.Err()
	}, tell)
	if want := (Looked{2, 4}); looked != want || !slices.Equal(told, []string{"good <nil>", "dark context deadline exceeded"}) {
		t.Errorf("looked at %+v, want %+v; told %q", looked, want, told)
	}
}
