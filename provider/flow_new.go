package provider

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
)

// NewFlow begins a flow for a request. csrf is the random value that its forms repeat; "" without forms.
func NewFlow(request Request, csrf string, now time.Time) *Flow {
	id := uuid.Must(uuid.NewV7())
	binary.BigEndian.PutUint16(id[:2], uint16(now.UnixMilli()>>32)) // 48 bits of milliseconds, as UUIDv7 has them
	binary.BigEndian.PutUint32(id[2:6], uint32(now.UnixMilli()))
	return &Flow{ID: id, CSRF: csrf, StartedAt: now.Truncate(time.Second), Request: request}
}

// Handle names the flow in addresses and forms. It holds the client too, so that a page
// whose flow is gone can lead back to the application. It is no secret and proves
// nothing: a flow opens only in its own browser.
func (f *Flow) Handle() string {
	return f.ID.String() + "." + base64.RawURLEncoding.EncodeToString([]byte(f.Request.ClientID))
}

// ParseHandle reads what Handle wrote, or a bare id.
func ParseHandle(text string) (id uuid.UUID, clientID string, ok bool) {
	first, rest, _ := strings.Cut(text, ".")
	id, err := uuid.Parse(first)
	if err != nil || len(first) != 36 {
		return uuid.Nil, "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil || len(raw) > maxName {
		return id, "", true
	}
	return id, string(raw), true
}
