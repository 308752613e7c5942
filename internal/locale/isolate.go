package locale

import "golang.org/x/text/unicode/bidi"

// Isolate sets off a value that holds letters written from right to left (U+2068,
// U+2069): a sentence with the name of a client or user in it keeps its order. Any other
// value stays as it is.
func Isolate(value string) string {
	for _, r := range value {
		properties, _ := bidi.LookupRune(r)
		if c := properties.Class(); c == bidi.R || c == bidi.AL || c == bidi.AN {
			return "\u2068" + value + "\u2069"
		}
	}
	return value
}
