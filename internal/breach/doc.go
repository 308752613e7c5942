// Package breach knows passwords that have leaked: from a file of the operator, and from a
// service that is asked for a range of hashes and never learns which of them is meant
// (k-anonymity). Both have the format of Have I Been Pwned.
//
// What cannot be found out counts as not leaked: a list that is out of reach must not keep
// anybody from signing in. It is logged and counted.
package breach
