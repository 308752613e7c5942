package manifest

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that word is most likely a misspelling of, or ""
// when none is close. Case and underscores count for nothing.
func Nearest(word string, candidates []string) string {
	best, limit := "", max(2, min(3, len(word)-1), len(word)/4+1)
	slices.Sort(candidates)
	for _, c := range candidates {
		if d := distance(folded(word), folded(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}

func folded(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "")
}

// distance counts the insertions, deletions and substitutions between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
