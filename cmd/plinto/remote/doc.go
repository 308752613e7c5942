// Package remote has the commands that work on a server by its management API, and how they sign in.
//
// The commands are made from the contract: each operation is one, whose words are its path, whose
// arguments are the ids in it, and whose flags are its parameters and the members of its body. So a
// resource that the contract gets is a command without a line here.
package remote
