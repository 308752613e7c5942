// Package keyset reads lists that come in pages, each after the key of the last item
// of the one before: by such pages the hundred-thousandth item costs what the first
// one does, and memory holds one page. It owns nothing else; what a list is ordered by
// is its repository's business.
package keyset

import (
	"context"
	"iter"
)

// Page is how many items All asks for at once.
const Page = 500

// All yields every item of a list. list returns up to limit items after a key, in order
// of the key; the zero key is before all. An error is yielded once, as the last.
func All[T, K any](ctx context.Context, list func(ctx context.Context, after K, limit int) ([]T, error), key func(*T) K) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var after K
		for {
			page, err := list(ctx, after, Page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
				after = key(&page[i])
			}
			if len(page) < Page {
				return
			}
		}
	}
}
