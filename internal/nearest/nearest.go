package nearest

import (
	"slices"
	"strings"
)

// To returns the candidate that word is most likely a misspelling of, or ""
// when none is close. Case, underscores and hyphens count for nothing.
func To(word string, candidates []string) string {
	if len(word) > longest {
		return ""
	}
	best, limit := "", max(2, min(3, len(word)-1), len(word)/4+1)
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if len(c) > longest {
			continue
		}
		if d := distance(folded(word), folded(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// longest bounds the words that are compared, in bytes: others send them, too.
const longest = 256

// Hint is ": did you mean X?" of the nearest candidate, or "" when none is close.
func Hint(word string, candidates []string) string {
	if near := To(word, candidates); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// OneOf words what there is to choose from: "a, b or c".
func OneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func folded(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
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
