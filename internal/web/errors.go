package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"plinto/internal/fault"
)

// A Handler answers a request or returns an error for its wrapper to translate.
type Handler func(w http.ResponseWriter, r *http.Request) error

// An OAuthError is an answer in the words of RFC 6749 §5.2.
type OAuthError struct {
	Code        string // registered error code
	Description string // fixed text; never repeats input
	Status      int    // zero: 400
	Header      http.Header
	Cause       error // only logged
}

func (e *OAuthError) Error() string {
	if e.Cause != nil {
		return e.Code + ": " + e.Cause.Error()
	}
	return e.Code + ": " + e.Description
}

func (e *OAuthError) Unwrap() error { return e.Cause }

// An ErrorPage shows an error to a person. code and message are fixed texts.
type ErrorPage func(w http.ResponseWriter, r *http.Request, status int, code, message string)

// statuses is what each kind is in HTTP.
var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// StatusOf returns the HTTP status of an error: 500 for one without a kind.
func StatusOf(err error) int {
	switch {
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrMediaType):
		return http.StatusUnsupportedMediaType
	}
	if status, ok := statuses[fault.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// answer is what the three translations share: status, code, message, Retry-After, log.
func answer(w http.ResponseWriter, r *http.Request, err error) (status int, code, message string) {
	status, code, message = StatusOf(err), "server_error", "Something went wrong on our side."
	if f, ok := fault.As(err); ok {
		code, message = f.Code, f.Message
		retryAfter(w, f.RetryAfter, status)
	}
	logError(r, status, err)
	w.Header().Set("Cache-Control", "no-store")
	return status, code, message
}

func retryAfter(w http.ResponseWriter, after time.Duration, status int) {
	if after <= 0 && status == http.StatusServiceUnavailable {
		after = 2 * time.Second
	}
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
}

// logError tells operators once. What clients do wrong is their business.
func logError(r *http.Request, status int, err error) {
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if r.Context().Err() != nil {
		level = slog.LevelDebug // the client is gone; so is what it asked for
	}
	slog.Log(r.Context(), level, "request failed", "request_id", RequestID(r.Context()),
		"method", r.Method, "path", r.URL.Path, "status", status, "error", err.Error())
}

// Page wraps a handler of pages.
func Page(render ErrorPage) func(Handler) http.Handler {
	return func(h Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				status, code, message := answer(w, r, err)
				render(w, r, status, code, message)
			}
		})
	}
}

// problem is RFC 9457.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Code      string `json:"code"`
	RequestID string `json:"request_id,omitempty"`
}

// JSON wraps a handler of JSON that is not OAuth's: errors are problem+json (RFC 9457).
func JSON(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			status, code, message := answer(w, r, err)
			writeJSON(w, "application/problem+json", status, problem{
				Type: "about:blank", Title: http.StatusText(status), Status: status,
				Detail: message, Code: code, RequestID: RequestID(r.Context()),
			})
		}
	})
}

// oauthCodes is what a kind is called at the token endpoint and its siblings.
var oauthCodes = map[fault.Kind]string{
	fault.Invalid:         "invalid_request",
	fault.Unauthenticated: "invalid_client",
	fault.Forbidden:       "access_denied",
	fault.NotFound:        "invalid_request",
	fault.Conflict:        "invalid_request",
	fault.TooMany:         "temporarily_unavailable",
	fault.Unavailable:     "temporarily_unavailable",
}

// OAuth wraps a handler that clients call: errors are RFC 6749 §5.2 JSON.
func OAuth(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			WriteOAuthError(w, r, err)
		}
	})
}

// WriteOAuthError answers with an error in OAuth's words.
func WriteOAuthError(w http.ResponseWriter, r *http.Request, err error) {
	var o *OAuthError
	if !errors.As(err, &o) {
		status, _, message := answer(w, r, err)
		code, ok := oauthCodes[fault.KindOf(err)]
		if !ok {
			code = "server_error"
		}
		writeOAuth(w, status, code, message)
		return
	}
	status := o.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	for name, values := range o.Header {
		w.Header()[name] = values
	}
	if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "2")
	}
	logError(r, status, err)
	writeOAuth(w, status, o.Code, o.Description)
}

func writeOAuth(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.2
	writeJSON(w, "application/json", status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{code, Description(description)})
}

func writeJSON(w http.ResponseWriter, contentType string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own plain structs come here
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone cannot be told
}

// Description leaves of s what error_description may hold: %x20-21 / %x23-5B /
// %x5D-7E (RFC 6749 §5.2).
func Description(s string) string {
	clean := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c >= 0x20 && c <= 0x7e && c != '"' && c != '\\' {
			clean = append(clean, c)
		}
	}
	return string(clean)
}

// MethodNotAllowed answers 405 in JSON.
func MethodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	writeOAuth(w, http.StatusMethodNotAllowed, "invalid_request", "this method is not allowed here")
}
