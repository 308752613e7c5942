package webhook

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/egress"
	"plinto/tenant"
)

const (
	maxRead   = 64 << 10 // of an answer, so that the connection can be used again
	maxAnswer = 4 << 10  // of an answer that is kept
)

// A Sender makes the requests.
type Sender struct {
	// Transport reaches endpoints on behalf of an owner. It must be the protected one, and
	// hand redirects back: egress.Client.For.
	Transport func(egress.Owner) http.RoundTripper
	Now       func() time.Time
}

// send posts a payload once. It does not say what failed inside: an attempt has a class.
func (s *Sender) send(ctx context.Context, e *Endpoint, live []Secrets, id string, content []byte) Attempt {
	at := s.Now()
	a := Attempt{ID: uuid.Must(uuid.NewV7()), At: at}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(content))
	if err != nil {
		a.Error = egress.ClassBlocked
		return a
	}
	signatures := make([]string, len(live))
	for i := range live {
		signatures[i] = live[i].signatures(id, at, content)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Plinto")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("Webhook-Signature", strings.Join(signatures, " "))
	began := time.Now()
	answer, err := s.Transport(egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.Webhooks, Client: e.ID.String()}).RoundTrip(r)
	if err != nil {
		a.Latency, a.Error = time.Since(began), egress.Class(err)
		return a
	}
	a.Status = answer.StatusCode
	a.Answer, a.Cut = read(answer.Body)
	_ = answer.Body.Close() // the status is what counts
	a.Latency = time.Since(began)
	if a.Status < 200 || a.Status > 299 {
		a.Error = "status"
	}
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		a.retryAfter = retryAfter(answer.Header.Get("Retry-After"), at)
	}
	return a
}

// read returns the beginning of an answer as text that can be kept and shown: valid UTF-8
// without NUL. An answer that breaks off ends there.
func read(body io.Reader) (text string, cut bool) {
	content, err := io.ReadAll(io.LimitReader(body, maxRead+1))
	cut = err != nil
	text = strings.ReplaceAll(strings.ToValidUTF8(string(content), "\ufffd"), "\x00", "\ufffd")
	for len(text) > maxAnswer {
		text, cut = strings.ToValidUTF8(text[:maxAnswer], ""), true
	}
	return text, cut
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 for anything else.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
