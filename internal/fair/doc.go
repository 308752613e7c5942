// Package fair shares a number of places among owners, such as tenants and the
// networks their visitors come from, so that one owner's flood lengthens nobody
// else's queue but its own.
//
// Owners are nested. At each level those who wait take turns, whatever each of them
// wants, and each may be given a limit of its own below the total, so that a place is
// left when somebody else comes.
//
// It knows neither what the places are of nor who the owners are.
package fair
