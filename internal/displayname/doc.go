// Package displayname says which names may be shown to people: names of clients,
// organizations and users, which strangers choose, and which must neither change how
// the text around them is read nor pass for somebody else's.
//
// Check refuses characters, Line makes any text fit to be shown, and Skeleton tells
// which names look alike.
package displayname
