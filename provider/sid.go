package provider

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/google/uuid"
)

// SID returns the "sid" claim of a browser session for a client: stable for the
// pair, different between clients so that they cannot compare users (OpenID
// Connect Front-Channel Logout 1.0 §3), and no use for finding the session.
func SID(session uuid.UUID, clientID uuid.UUID) string {
	h := sha256.New()
	h.Write([]byte("plinto/sid/v1"))
	h.Write(session[:])
	h.Write(clientID[:])
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
