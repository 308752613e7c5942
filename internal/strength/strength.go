package strength

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/matching"
	"github.com/ccojocar/zxcvbn-go/scoring"
	"golang.org/x/text/unicode/norm"
)

// Most is the best score: two million million guesses and more. Each one below it stands for
// a hundredth of that; 0 is less than two million.
const Most = 4

// looked is how many characters of a password are looked at. The time that matching takes
// grows faster than the square of the length.
const looked = 40

// maxSigns is how many different signs that stand for letters are read as such. Each of them
// multiplies the readings, and the time.
const maxSigns = 6

// A Reason is what makes a password easy to guess.
type Reason string

// Reasons.
const (
	Words   Reason = "words"   // common words, names and passwords
	About   Reason = "about"   // what is known of the user or the service
	Pattern Reason = "pattern" // keyboard patterns, repetitions, sequences and dates
)

// Estimate returns how hard a password is to guess, from 0 to Most, for somebody who knows
// the words about; and what most of it is made of. Characters after the fortieth count
// nothing: what is hard to guess by its beginning is hard to guess.
func Estimate(clean string, about []string) (score int, because Reason) {
	whole := reduce(clean)
	text := once(whole)
	words := known(about)
	var skip []func(match.Matcher) bool
	if signs(text) > maxSigns {
		skip = append(skip, matching.FilterL33tMatcher)
	}
	best := zxcvbn.PasswordStrength(text, words, skip...)
	if plain := Plain(text); plain != text {
		// The words of the user are looked for as they are typed; here as they may be meant.
		if other := zxcvbn.PasswordStrength(plain, words, matching.FilterL33tMatcher); other.Entropy < best.Entropy {
			best = other
		}
	}
	because = reason(best)
	if because == Words && text != whole {
		because = Pattern
	}
	return best.Score, because
}

// Plain undoes the usual spellings of letters by signs.
func Plain(text string) string { return letters.Replace(text) }

var letters = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")

// reduce returns the beginning of a password in ASCII, a byte for a character, because the
// matchers count bytes here and characters there. Letters lose their accents; characters of
// other scripts become control characters, so that equal ones stay equal.
func reduce(clean string) string {
	var b strings.Builder
	for _, r := range clean {
		if b.Len() == looked {
			break
		}
		if r >= utf8.RuneSelf {
			r, _ = utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
		}
		if r >= utf8.RuneSelf {
			r = r%31 + 1
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}

// once returns the part that a text repeats, or the text: typing something again takes whoever
// guesses it one more guess.
func once(text string) string {
	for n := 1; 2*n <= len(text)+1; n++ {
		if text[n:] == text[:len(text)-n] {
			return text[:n]
		}
	}
	return text
}

// known are the words about a user that are long enough to say something, each once, as
// reduce writes passwords.
func known(about []string) []string {
	seen := make(map[string]bool, len(about))
	var words []string
	for _, w := range about {
		w = strings.ToLower(reduce(w))
		if len(w) < 3 || seen[w] {
			continue
		}
		seen[w] = true
		words = append(words, w)
	}
	return words
}

// signs counts the different characters that can stand for a letter.
func signs(text string) int {
	n := 0
	for _, sign := range "4@8({[<3691!|70$5+%2" {
		if strings.ContainsRune(text, sign) {
			n++
		}
	}
	return n
}

// reason is what most characters of a password are part of; Words when they are part of
// nothing.
func reason(best scoring.MinEntropyMatch) Reason {
	count := map[Reason]int{}
	for _, m := range best.MatchSequence {
		count[kind(m)] += len(m.Token)
	}
	switch {
	case count[About] > max(count[Words], count[Pattern]):
		return About
	case count[Pattern] > count[Words]:
		return Pattern
	}
	return Words
}

func kind(m match.Match) Reason {
	switch {
	case m.Pattern == "dictionary" && m.DictionaryName == "user_inputs":
		return About
	case m.Pattern == "dictionary" && strings.IndexFunc(m.Token, unicode.IsLetter) < 0:
		return Pattern // 123456 is in the list of passwords
	case m.Pattern == "dictionary":
		return Words
	case m.Pattern == "bruteforce":
		return ""
	}
	return Pattern
}
