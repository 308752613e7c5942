package identity

import (
	"context"
	"time"

	"plinto/internal/clientip"
)

// A Limit is a GCRA limit: Burst at once, then Count per Period.
type Limit struct {
	Name   string // purpose; part of the key
	Count  int
	Period time.Duration
	Burst  int
}

// A Bucket is what one key has of a limit.
type Bucket struct {
	Limit Limit
	Key   string
}

// Of returns the bucket of a key.
func (l Limit) Of(key string) Bucket { return Bucket{l, key} }

// Networks returns the buckets of every network that an address is in, each with its
// share of the limit: an attacker with a whole network has no more than that network's
// share. What is counted apart in each network, such as a client's id, is apart; "" is
// nothing.
func (l Limit) Networks(address, apart string) []Bucket {
	networks := clientip.NetworksOf(address)
	buckets := make([]Bucket, len(networks))
	for i, n := range networks {
		larger := l
		larger.Count, larger.Burst = l.Count*n.Share, l.Burst*n.Share
		buckets[i] = larger.Of(n.Key + " " + apart)
	}
	return buckets
}

// Guesses are counted when they turn out wrong, and good ones never: a crowd behind
// one address, or one user many times at once, is not in its own way. So that many
// guesses at once are no more than many one after the other, the verdict on a guess
// is given where they are counted: with nothing left of a limit no guess is good, and
// a guess that cannot turn out good tells nothing, however it is answered.
//
// It has to be answered like a wrong one, at the same cost: otherwise it shows that
// two names are one account, or that a guess was right.

// Attempts counts wrong guesses where losing the count would let an attacker try
// again: in the durable store.
type Attempts interface {
	// Verdict counts a guess that was not good, and reports whether one that was
	// stands: whether the limit has something left. Of parallel guesses no more than
	// the limit can stand, on however many instances. One statement, the same for
	// every guess.
	Verdict(ctx context.Context, limit Limit, key string, good bool) (stands bool, err error)
	// Stands is for a guess that was good and belongs into a transaction: it counts nothing
	// and is sent with the rest of the transaction of ctx, which fails with exhausted if the
	// limit has nothing left.
	Stands(ctx context.Context, limit Limit, key string, exhausted error) error
}

// Limiter counts by address or client: where losing the count costs nothing but a
// slower start. It never fails: without its store it counts in the process.
type Limiter interface {
	// Wait returns how long it takes until each of the buckets has something left, or
	// zero. It counts nothing.
	Wait(ctx context.Context, buckets ...Bucket) time.Duration
	// Strained reports whether half of one of the buckets is used up, as far as this
	// instance knows; what Wait was told of it knows. It asks nobody and counts nothing.
	Strained(ctx context.Context, buckets ...Bucket) bool
	// Strain returns how far one of the buckets is used up, as far as this instance knows: 0 while a quarter is left,
	// then 1, and 2 where an eighth is left. It asks nobody and counts nothing.
	Strain(ctx context.Context, buckets ...Bucket) int
	// Verdict counts a guess that was not good in each of the buckets. Whether it was
	// or not, it returns zero when it stands, or how long to wait.
	Verdict(ctx context.Context, good bool, buckets ...Bucket) (wait time.Duration)
	// Take counts what is limited whether or not it succeeds, before it is done, in
	// each of the buckets or in none: zero, or how long to wait.
	Take(ctx context.Context, buckets ...Bucket) (wait time.Duration)
}
