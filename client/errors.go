package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// An Error is what the API refused: its problem document (RFC 9457). Where the answer is none, as of a
// proxy or of a refused token, Code is "" and Detail is what the status means.
type Error struct {
	Problem
	// Header has Retry-After, RateLimit and WWW-Authenticate, where they were sent.
	Header http.Header
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "management API: %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, part := range e.Errors {
		at := part.Pointer + part.Parameter
		if at != "" {
			at += " "
		}
		fmt.Fprintf(&b, " (%s%s)", at, part.Detail)
	}
	if e.RequestID != "" {
		b.WriteString(" [" + e.RequestID + "]")
	}
	return b.String()
}

// maxProblem bounds what is read of an answer that is an error, in bytes.
const maxProblem = 1 << 20

// refusal reads an answer that is no success.
func refusal(res *http.Response) *Error {
	defer res.Body.Close()
	e := &Error{Header: res.Header}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" || json.Unmarshal(body, &e.Problem) != nil {
		e.Problem = Problem{Title: http.StatusText(res.StatusCode), Detail: http.StatusText(res.StatusCode)}
	}
	e.Status = int32(res.StatusCode)
	if to, err := res.Location(); err == nil {
		e.Detail = (&redirectError{to}).Error()
	}
	return e
}
