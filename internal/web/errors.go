package web

import (
	"encoding/json"
	"errors"
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

func (e *OAuthError) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

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
	fault.Precondition:    http.StatusPreconditionFailed,
	fault.Unprocessable:   http.StatusUnprocessableEntity,
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
	var o *OAuthError
	if errors.As(err, &o) {
		return o.status()
	}
	if status, ok := statuses[fault.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// plain is what is said of an error that is a kind and nothing else.
var plain = map[fault.Kind]struct{ code, message string }{
	fault.Invalid:         {"invalid_request", "The request is not valid."},
	fault.Unauthenticated: {"unauthenticated", "Please sign in."},
	fault.Forbidden:       {"forbidden", "This is not allowed."},
	fault.NotFound:        {"not_found", "There is nothing here."},
	fault.Conflict:        {"conflict", "This contradicts what is there already."},
	fault.Precondition:    {"precondition_failed", "It is not as you have seen it any more."},
	fault.Unprocessable:   {"unprocessable", "This cannot be done."},
	fault.TooMany:         {"too_many_requests", "That was too often. Please try again later."},
	fault.Unavailable:     {"temporarily_unavailable", "This does not work at the moment. Please try again."},
}

// answer is what the three translators share: status, code, message, headers, log.
func answer(w http.ResponseWriter, r *http.Request, err error) (status int, code, message string) {
	status, code, message = StatusOf(err), "server_error", "Something went wrong on our side."
	if said, ok := plain[fault.KindOf(err)]; ok {
		code, message = said.code, said.message
	}
	var o *OAuthError
	if errors.As(err, &o) {
		code, message = o.Code, o.Description
	} else if f, ok := fault.As(err); ok {
		code, message = f.Code, f.Message
		retryAfter(w, f.RetryAfter, status)
	}
	prepare(w, status)
	logError(r, status, err)
	refused(r, status, code, err)
	return status, code, message
}

// prepare takes back what the handler had announced of another answer.
func prepare(w http.ResponseWriter, status int) {
	h := w.Header()
	h["Cache-Control"] = noStore
	h.Del("Content-Length")
	h.Del("Etag")
	h.Del("Location")
	if status >= http.StatusInternalServerError {
		h.Del("Set-Cookie") // what failed must not leave a session behind
	}
}

func retryAfter(w http.ResponseWriter, after time.Duration, status int) {
	if after <= 0 && status == http.StatusServiceUnavailable {
		after = 2 * time.Second
	}
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
}

// Page wraps a handler of pages.
func Page(render ErrorPage) func(Handler) http.Handler {
	return func(h Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := h.safely(w, r); err != nil {
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
	Errors    []part `json:"errors,omitempty"`
}

// part is one wrong part of a document (RFC 9457 §3.1, by its example).
type part struct {
	Detail    string `json:"detail"`
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

func parts(err error) []part {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	all := make([]part, 0, len(f.Fields))
	for _, field := range f.Fields {
		all = append(all, part{field.Message, field.Pointer, field.Parameter})
	}
	return all
}

// JSON wraps a handler of JSON that is not OAuth's: errors are problem+json (RFC 9457).
func JSON(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.safely(w, r); err != nil {
			WriteProblem(w, r, err, "")
		}
	})
}

// WriteProblem answers with an error as problem+json (RFC 9457). Its type is the page of its code
// below docs, a path or URL that ends with a slash; "" for none.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error, docs string) {
	status, code, message := answer(w, r, err)
	var o *OAuthError
	if errors.As(err, &o) {
		for name, values := range o.Header {
			w.Header()[name] = values
		}
	}
	kind := "about:blank"
	if docs != "" {
		kind = docs + code
	}
	writeJSON(w, "application/problem+json", status, problem{
		Type: kind, Title: http.StatusText(status), Status: status,
		Detail: message, Code: code, RequestID: RequestID(r.Context()), Errors: parts(err),
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
		if err := h.safely(w, r); err != nil {
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
	status := o.status()
	prepare(w, status)
	for name, values := range o.Header {
		w.Header()[name] = values
	}
	if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "2")
	}
	logError(r, status, err)
	refused(r, status, o.Code, err)
	writeOAuth(w, status, o.Code, o.Description)
}

func writeOAuth(w http.ResponseWriter, status int, code, description string) {
	w.Header()["Cache-Control"] = noStore
	w.Header()["Pragma"] = noCache // RFC 6749 §5.2
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
