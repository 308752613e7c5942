// Package recovery has the pages on which somebody who forgot their password sets another one.
//
// What was shown so far is sealed with the flow; each step asks the service whether it still
// counts, so no step can be posted before the one it relies on.
//
// A link of an operator needs no flow: it sets a password and signs nobody in.
package recovery
