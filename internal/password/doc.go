// Package password hashes passwords: argon2id with a pepper and a cost calibrated to the
// machine, kept as PHC strings. It verifies hashes of other systems too: bcrypt, PBKDF2,
// scrypt, argon2i and salted SHA. It also says which passwords are refused.
//
// Hashes run in a bounded number of slots and within a bound on memory. Whoever waits has
// an owner, a tenant and a network, and owners take turns. It stores nothing and knows no
// user.
package password
