// Package admission bounds how many requests a process works on at once, and has the
// others wait for a short time, in turns by tenant and network. What comes beyond that is
// refused at once (load shedding), so that a server that is asked for more than it can do
// goes on doing what it can, and answers in time.
//
// A request has a place while it computes or waits for the database. One that waits for
// something that has a queue of its own (a password hash, a server of somebody else, a
// reader of a long answer) gives its place back: see Release.
//
// It knows no protocol and no tenant.
package admission
