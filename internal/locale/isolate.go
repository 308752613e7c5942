package locale

import (
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// Isolate sets off a value that holds letters written from right to left (U+2068,
// U+2069): a sentence with the name of a client or user in it keeps its order. Any other
// value stays as it is.
func Isolate(value string) string {
	for _, r := range value {
		properties, _ := bidi.LookupRune(r)
		if c := properties.Class(); c == bidi.R || c == bidi.AL || c == bidi.AN {
			return setOff(value)
		}
	}
	return value
}

// isolateInRTL is Isolate for a sentence that is written from right to left. There every
// value is set off but a plain number: a host, a code of two groups or a name with a
// bracket would come out in another order (UAX #9).
func isolateInRTL(value string) string {
	if strings.Trim(value, "0123456789") == "" {
		return value
	}
	return setOff(value)
}

func setOff(value string) string { return "\u2068" + value + "\u2069" }
