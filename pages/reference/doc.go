// Package reference is the reference of the management API: pages that are drawn from its contract when
// the server starts, with a page for each code of an error, and the contract itself. Nobody has to sign
// in: nothing of a tenant but its brand and its address is on them.
package reference
