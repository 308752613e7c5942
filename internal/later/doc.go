// Package later does what nobody waits for after a request was answered: a bounded number at once,
// within a bounded time. What finds no room is not done, and nothing is kept over a restart, so it
// is for work that a later request does again.
package later
