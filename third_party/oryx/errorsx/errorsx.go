// Package errorsx is what fosite needs of errors that carry more than a text.
package errorsx

import "github.com/pkg/errors"

// WithStack notes where err passed, unless that is noted already.
func WithStack(err error) error {
	if _, ok := err.(StackTracer); ok {
		return err
	}
	return errors.WithStack(err)
}

// Cause returns the innermost error, or the last one on the way that has no cause.
func Cause(err error) error {
	for err != nil {
		wrapper, ok := err.(interface{ Cause() error })
		if !ok || wrapper.Cause() == nil {
			return err
		}
		err = wrapper.Cause()
	}
	return nil
}

// A StackTracer knows where it passed.
type StackTracer interface{ StackTrace() errors.StackTrace }

// What an error may carry for an answer.
type (
	// StatusCodeCarrier has a status of HTTP.
	StatusCodeCarrier interface{ StatusCode() int }
	// StatusCarrier has the text of a status of HTTP.
	StatusCarrier interface{ Status() string }
	// RequestIDCarrier has the id of a request.
	RequestIDCarrier interface{ RequestID() string }
	// ReasonCarrier has a reason for people.
	ReasonCarrier interface{ Reason() string }
	// DebugCarrier has what only a developer should see.
	DebugCarrier interface{ Debug() string }
	// DetailsCarrier has named details.
	DetailsCarrier interface{ Details() map[string]interface{} }
)
