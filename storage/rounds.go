package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"plinto/storage/internal/pg"
)

// rounds is how upkeep comes to every place, so that a database that does not answer is in nobody's way (docs/decisions/0164): those of
// tenants are visited beside the shared tables and schemas, a few at once, each for a limited time. One that could not be reached
// is left alone for a while, and then tried after all others. A round that is ended before it is through is gone on with by the next.
type rounds struct {
	atOnce int           // databases
	each   time.Duration // for what is done in one place of a tenant
	rest   time.Duration // how long a database that could not be reached is left alone
	tries  time.Duration // how long a round begins with such databases again
	look   time.Duration // for what is only looked at in one place: see lookAt

	mu   sync.Mutex
	next map[string]pg.Place // where one goes on, by what is done
}

func newRounds() *rounds {
	return &rounds{atOnce: 4, each: 150 * time.Second, rest: time.Minute, tries: 30 * time.Second, look: 10 * time.Second, next: map[string]pg.Place{}}
}

// everyPlace does something in the shared tables, in each schema and in each database of tenants. A place where it fails leaves the others
// to be. name is that of what is done.
func (s *Tenants) everyPlace(ctx context.Context, name string, do func(context.Context, *System) error) error {
	places, err := s.placesFound(ctx, placesKept)
	var failed failures
	failed.add(err)
	visit := func(p pg.Place) { failed.add(s.rounds.visit(ctx, s.At(p), p, do)) }
	sharing, databases := shares(places)
	sharing = append([]pg.Place{{}}, sharing...)
	inTurn(ctx, 2, []func(){
		func() { failed.add(s.rounds.through(ctx, name, sharing, 1, visit)) },
		func() { failed.add(s.rounds.databases(ctx, s.System, name, databases, visit)) },
	}, func(round func()) { round() })
	return failed.joined()
}

// visit does something in one place.
func (r *rounds) visit(ctx context.Context, at *System, p pg.Place, do func(context.Context, *System) error) error {
	if p == (pg.Place{}) {
		return do(ctx, at)
	}
	if r.leaves(at) {
		return nil // who found that it is away has told of it
	}
	ctx, cancel := context.WithTimeout(ctx, r.each)
	defer cancel()
	if err := do(ctx, at); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}

// leaves reports whether a database is left alone.
func (r *rounds) leaves(at *System) bool {
	failed := at.FailedAt()
	return !failed.IsZero() && time.Since(failed) < r.rest
}

// databases visits those that answered when they were asked last, and then the others, the longest untried first.
func (r *rounds) databases(ctx context.Context, shared *System, name string, all []pg.Place, visit func(pg.Place)) error {
	failed := map[pg.Place]time.Time{}
	var answer, again []pg.Place
	for _, p := range all {
		if at := shared.At(p); at.FailedAt().IsZero() {
			answer = append(answer, p)
		} else if !r.leaves(at) {
			failed[p], again = at.FailedAt(), append(again, p)
		}
	}
	ended := r.through(ctx, name+" in databases", answer, r.atOnce, visit)
	slices.SortFunc(again, func(a, b pg.Place) int { return failed[a].Compare(failed[b]) })
	begins, cancel := context.WithTimeout(ctx, r.tries)
	defer cancel()
	inTurn(begins, r.atOnce, again, visit)
	return ended
}

// through visits places, beginning with those that the last time did not come to.
func (r *rounds) through(ctx context.Context, name string, all []pg.Place, atOnce int, visit func(pg.Place)) error {
	r.mu.Lock()
	if i := slices.Index(all, r.next[name]); i > 0 {
		all = slices.Concat(all[i:], all[:i])
	}
	r.mu.Unlock()
	begun := inTurn(ctx, atOnce, all, visit)
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.next, name); begun < len(all) {
		r.next[name] = all[begun]
		return fmt.Errorf("%d of %d places were come to, the others are the next time: %w", begun, len(all), ctx.Err())
	}
	return nil
}

// inTurn calls do with one after the other, a few at once, until ctx is over, and returns how many it began with.
func inTurn[T any](ctx context.Context, atOnce int, all []T, do func(T)) (begun int) {
	var mu sync.Mutex
	next := func() (one T, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if begun == len(all) || ctx.Err() != nil {
			return one, false
		}
		begun++
		return all[begun-1], true
	}
	var panicked any
	var each sync.WaitGroup
	for range min(atOnce, len(all)) {
		each.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					mu.Lock()
					defer mu.Unlock()
					panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
				}
			}()
			for one, ok := next(); ok; one, ok = next() {
				do(one)
			}
		})
	}
	each.Wait()
	if panicked != nil {
		panic(panicked) // to whoever recovers in the goroutine of the caller
	}
	return begun
}

// failures are errors of what is done at once.
type failures struct {
	mu  sync.Mutex
	all []error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, err)
}

func (f *failures) joined() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.all...)
}
