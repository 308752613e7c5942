package secret

import "strings"

// Form is a regular expression that finds secrets made here in a text: tokens by their prefixes, secrets of webhooks, private keys as
// they are written. What keeps secrets out of logs goes by it, so a kind of secret with another prefix is added here.
const Form = `(?:\b|%[0-9A-Fa-f]{2})(?:pl[a-z]{1,2}_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=_-]{16,}|PRIVATE\+KEY\+[A-Za-z0-9+/=:._-]+)|` +
	`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*`

// MayHaveForm reports whether Form could find something: most lines have nothing, and this is quick.
func MayHaveForm(text string) bool {
	return strings.Contains(text, "whsec_") || strings.Contains(text, "PRIVATE") || mayHaveToken(text)
}

// mayHaveToken looks for pl, one or two more bytes and an underscore: "plinto" is in every line.
func mayHaveToken(text string) bool {
	for at := strings.Index(text, "pl"); at >= 0; at = strings.Index(text, "pl") {
		text = text[at+len("pl"):]
		if strings.IndexByte(text[min(1, len(text)):min(3, len(text))], '_') >= 0 {
			return true
		}
	}
	return false
}
