package web

import (
	"encoding/base64"
	"strings"
)

// Credentials splits a line of the Authorization header into its scheme and what follows, between which there may be more
// than one space (RFC 9110 §11.4).
func Credentials(line string) (scheme, rest string) {
	scheme, rest, _ = strings.Cut(line, " ")
	return scheme, strings.TrimLeft(rest, " ")
}

// Basic returns the two halves of a line of the Authorization header (RFC 7617 §2), of which the first holds no colon.
// ok is false where it is of another scheme or malformed.
func Basic(line string) (user, password string, ok bool) {
	scheme, encoded := Credentials(line)
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}
