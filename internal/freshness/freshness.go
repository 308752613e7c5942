package freshness

import "context"

// A Position is a moment in the life of a database, in the order of its writes; those of two
// databases cannot be compared. Of Postgres it is an LSN. Zero is before everything.
type Position uint64

// Newest is after everything that was ever written.
const Newest = ^Position(0)

type key struct{}

// Display returns a context in which what is read is shown to somebody and may be a little old, but
// not older than a position: what was written before is seen.
func Display(ctx context.Context, after Position) context.Context {
	return context.WithValue(ctx, key{}, after)
}

// Of returns the position of Display, and whether there is one.
func Of(ctx context.Context) (after Position, display bool) {
	after, display = ctx.Value(key{}).(Position)
	return after, display
}
