package identity

import "slices"

// JoinAMR returns the methods of two proofs of one user, each once.
func JoinAMR(some, more []string) []string {
	all := slices.Clone(some)
	for _, value := range more {
		if !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}
