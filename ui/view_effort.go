package ui

import "strconv"

// An EffortView has the browser solve a challenge before the form counts, or the user wait. The zero value shows
// nothing.
type EffortView struct {
	Challenge string
	Bits      int  // zeros that the hash of challenge and number has to start with
	Wait      int  // seconds after which the form counts without work
	Early     bool // it was sent before that
}

func (v EffortView) bits() string { return strconv.Itoa(v.Bits) }

// wait is the key of what the page says of waiting.
func (v EffortView) wait() string {
	if v.Early {
		return "effort.early"
	}
	return "effort.wait"
}
