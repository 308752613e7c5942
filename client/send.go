package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

const (
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second
)

// sender implements HttpRequestDoer.
type sender struct {
	tokens    oauth2.TokenSource
	transport http.RoundTripper
	retries   int
	tenant    string // to act in; "" is the caller's
	wait      func(context.Context, time.Duration) error
}

// Do implements HttpRequestDoer. It returns answers of success only, and an *Error for others.
func (s *sender) Do(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	r = r.Clone(ctx)
	if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	if s.tenant != "" {
		r.Header.Set("Plinto-Tenant", s.tenant)
	}
	for sent := 0; ; sent++ {
		res, err := s.once(r)
		if err == nil && res.StatusCode < http.StatusMultipleChoices {
			return res, nil
		}
		pause, again := backOff(sent), err != nil && repeatable(r, err)
		if err == nil {
			refused := refusal(res)
			again, err = passing(refused), refused
			pause = max(pause, retryAfter(res.Header))
		}
		if !again || sent >= s.retries || pause > maxPause || ctx.Err() != nil {
			return nil, err
		}
		if r, err = rewound(r, err); err != nil {
			return nil, err
		}
		if err := s.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// once sends the request with a token that is good now.
func (s *sender) once(r *http.Request) (*http.Response, error) {
	token, err := s.tokens.Token()
	if err != nil {
		return nil, &noTokenError{err}
	}
	token.SetAuthHeader(r)
	return s.transport.RoundTrip(r)
}

// A noTokenError ends a request: who gives tokens decides itself how often it is asked.
type noTokenError struct{ err error }

func (e *noTokenError) Error() string {
	return fmt.Sprintf("get a token for the management API: %v", e.err)
}
func (e *noTokenError) Unwrap() error { return e.err }

// rewound returns the request with its body from the start, or failed when it cannot be read again.
func rewound(r *http.Request, failed error) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	if r.GetBody == nil {
		return nil, failed
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("read the body again: %w", err)
	}
	r = r.Clone(r.Context())
	r.Body = body
	return r, nil
}

// passing reports whether the same request may be served later. Refused for these reasons, nothing was
// changed.
func passing(e *Error) bool {
	status := int(e.Status)
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || e.Code == "idempotency_key_in_progress"
}

// repeatable reports whether a request that got no answer may be sent again: it changes nothing, does
// the same once more, or has a name. Without a token it was not sent.
func repeatable(r *http.Request, failed error) bool {
	var noToken *noTokenError
	return !errors.As(failed, &noToken) && (r.Method != http.MethodPatch || r.Header.Get("If-Match") != "")
}

// retryAfter returns how long to wait by an answer (RFC 9110 §10.2.3), 0 where it does not say.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// backOff returns how long to wait after a number of tries: twice as long each time, and by chance up
// to half of it less, so that many who were refused at once do not come back at once.
func backOff(tries int) time.Duration {
	pause := min(firstPause<<min(tries, 10), maxPause)
	less, err := rand.Int(rand.Reader, big.NewInt(int64(pause/2)))
	if err != nil {
		return pause
	}
	return pause - time.Duration(less.Int64())
}
