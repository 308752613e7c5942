package secret

import "strings"

// Form is a regular expression that finds secrets made here in a text: tokens by their prefixes, secrets of webhooks, private keys as
// they are written. What keeps secrets out of logs goes by it, so a kind of secret with another prefix is added here.
const Form = `(?:\b|%[0-9A-Fa-f]{2})(?:pl[a-z]{1,2}_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=_-]{16,}|PRIVATE\+KEY\+[A-Za-z0-9+/=:._-]+)|` +
	`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*`

// MayHaveForm reports whether Form could find something: most lines have nothing, and this is quick.
func MayHaveForm(text string) bool {
	for _, mark := range []string{"pl", "whsec_", "PRIVATE"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}
