// Package strength estimates how many guesses a password stands, as whoever tries to break
// it makes them: words, names, keyboard patterns, repetitions, dates, and spellings of them
// (zxcvbn: Wheeler, USENIX Security 2016). It refuses nothing and keeps nothing.
package strength
