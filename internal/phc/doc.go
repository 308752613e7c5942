// Package phc hashes passwords: argon2id with a pepper and a cost calibrated to
// the machine, in a bounded number of slots, kept as PHC strings; and verifies
// imported bcrypt hashes. It also says which passwords are refused.
//
// It stores nothing and knows no user.
package phc
