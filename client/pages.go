package client

import (
	"errors"
	"iter"
)

var errNoList = errors.New("management API: the answer holds no list")

// pages goes through a list, from the page that get returns for "".
func pages[T any](get func(after string) (items []T, more bool, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			items, more, next, err := get(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if !more || next == "" || next == after {
				return
			}
			after = next
		}
	}
}
