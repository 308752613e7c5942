package fault

import (
	"errors"
	"slices"
	"time"
)

// A Kind is a class of error. Kinds are errors, so errors.Is(err, fault.Conflict) reads aloud.
type Kind string

// The kinds. An error without a kind is a fault of ours: a 500 that says nothing.
const (
	Invalid         Kind = "invalid"
	Unauthenticated Kind = "unauthenticated"
	Forbidden       Kind = "forbidden"
	NotFound        Kind = "not found"
	Conflict        Kind = "conflict"
	TooMany         Kind = "too many"
	Precondition    Kind = "precondition failed" // it is not as the caller has seen it
	Unprocessable   Kind = "unprocessable"       // well formed, and yet it cannot be
	Unavailable     Kind = "unavailable"
)

// Error implements error.
func (k Kind) Error() string { return string(k) }

// An Error is an error with a kind.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case
	Message string // for the client: never says what is inside
	// RetryAfter is when to try again, for TooMany and Unavailable; zero: unsaid.
	RetryAfter time.Duration
	// Fields says which parts of a document are wrong, for documents with many.
	Fields []Field
	cause  error
}

// ErrChanged reports that what was to be written over is not what was read: somebody
// else has changed it meanwhile. Reading it again and deciding anew is the way on.
var ErrChanged = New(Conflict, "changed_meanwhile", "Somebody else has changed this meanwhile. Please look at it again.")

// ErrRecorded is the cause of a refusal whose reason was recorded in the same transaction: who
// presents a spent code is refused, and what the code brought is revoked. The transaction
// commits although its function returns an error.
var ErrRecorded = errors.New("recorded")

// A Field is one part of a document that is wrong.
type Field struct {
	Pointer   string // JSON Pointer (RFC 6901), like "/redirect_uris/0"; "" for a parameter
	Parameter string // of the query or a header, like "limit"
	Message   string // for the client
}

// New returns an error of that kind.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// With returns a copy that carries a cause, for logs. It still is e to errors.Is.
func (e *Error) With(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy that says when to try again. It still is e to errors.Is.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.RetryAfter = wait
	return &c
}

// At returns a copy that also says which parts are wrong. It still is e to errors.Is.
func (e *Error) At(fields ...Field) *Error {
	c := *e
	c.Fields = append(slices.Clip(e.Fields), fields...)
	return &c
}

// Error is for logs: it names the code and the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code
}

// Is reports whether target is the same error by kind and code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// Unwrap makes the kind and the cause visible to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// As returns the first Error in err's tree.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// KindOf returns the kind of err, or "" when it has none.
func KindOf(err error) Kind {
	var k Kind
	if e, ok := As(err); ok {
		return e.Kind
	}
	if errors.As(err, &k) {
		return k
	}
	return ""
}
