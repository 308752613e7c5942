// Package errorsx has what fosite calls of the package of this name in github.com/ory/x: interfaces that its errors
// fulfil, and a stack trace for an error that has none.
package errorsx

import "github.com/pkg/errors"

// StackTracer is an error that knows where it was made.
type StackTracer interface {
	StackTrace() errors.StackTrace
}

// StatusCodeCarrier is an error that knows its HTTP status, as a number.
type StatusCodeCarrier interface {
	StatusCode() int
}

// StatusCarrier is an error that knows its HTTP status, as text.
type StatusCarrier interface {
	Status() string
}

// RequestIDCarrier is an error that knows the request it belongs to.
type RequestIDCarrier interface {
	RequestID() string
}

// ReasonCarrier is an error that knows its cause in words for the client.
type ReasonCarrier interface {
	Reason() string
}

// DebugCarrier is an error that knows its cause in words for the operator.
type DebugCarrier interface {
	Debug() string
}

// Cause returns the innermost error that err names by its method Cause, or err. Other than that of pkg/errors it is
// never nil where err is not: errors of fosite have the method and often no cause.
func Cause(err error) error {
	for {
		wrapped, ok := err.(interface{ Cause() error }) //nolint:errorlint // one step at a time
		if !ok || wrapped.Cause() == nil {
			return err
		}
		err = wrapped.Cause()
	}
}

// WithStack returns err with the stack of its caller, or err where it has one.
func WithStack(err error) error {
	if traced, ok := err.(StackTracer); ok && len(traced.StackTrace()) > 0 { //nolint:errorlint // only the outermost counts
		return err
	}
	return errors.WithStack(err)
}
