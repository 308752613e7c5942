package locale

// Digit returns the value of a decimal digit, as keyboards of several scripts write it:
// European, Arabic, Persian, Devanagari and full-width.
func Digit(r rune) (value byte, ok bool) {
	for _, zero := range []rune{'0', '٠', '۰', '०', '０'} {
		if zero <= r && r <= zero+9 {
			return byte(r - zero), true
		}
	}
	return 0, false
}
