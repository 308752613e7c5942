package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a document.
type Limits struct {
	Depth int // objects and lists in each other at most, the document included
	// Scalar looks at each member name, text and number; nil: all are taken. The token is
	// valid until it returns.
	Scalar func(jsontext.Token) error
}

// ErrSyntax reports what is no JSON object, or one that readers could disagree on.
var ErrSyntax = errors.New("not one JSON object with distinct member names")

// Object reads raw as one object and hands each of its members to visit, undecoded, with
// the name unescaped. A nil visit only reads. ErrSyntax, or the error of visit or of
// Limits.Scalar.
func Object(raw []byte, limits Limits, visit func(name string, value []byte) error) error {
	r := readers.Get().(*reader)
	defer r.done()
	r.raw, r.limits, r.visit = raw, limits, visit
	r.buffer = *bytes.NewBuffer(raw) // which the decoder reads without a copy
	r.tokens.Reset(&r.buffer)
	if r.tokens.PeekKind() != '{' {
		return ErrSyntax
	}
	for {
		switch err := r.step(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// A reader reads one document token by token.
type reader struct {
	raw    []byte
	buffer bytes.Buffer
	limits Limits
	visit  func(string, []byte) error
	tokens jsontext.Decoder
	member string // of the document, whose value is being read
	start  int64  // where the value begins, or what is before it
}

// readers are reused: what a decoder allocates to begin with is more than a small document.
var readers = sync.Pool{New: func() any { return new(reader) }}

// done keeps nothing of the document.
func (r *reader) done() {
	r.raw, r.buffer, r.visit, r.limits, r.member = nil, bytes.Buffer{}, nil, Limits{}, ""
	readers.Put(r)
}

// step reads one token. io.EOF after the document; a second document is refused.
func (r *reader) step() error {
	if r.tokens.StackDepth() == 0 && r.tokens.InputOffset() > 0 {
		if _, err := r.tokens.ReadToken(); errors.Is(err, io.EOF) {
			return io.EOF
		}
		return ErrSyntax
	}
	token, err := r.tokens.ReadToken()
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Errorf("%w: %w", ErrSyntax, jsontext.ErrDuplicateName)
	case err != nil:
		return ErrSyntax // the error of the library shows the document, which may be secret
	case r.tokens.StackDepth() > r.limits.Depth:
		return fmt.Errorf("%w: nested deeper than %d", ErrSyntax, r.limits.Depth)
	}
	if kind := token.Kind(); r.limits.Scalar != nil && (kind == '"' || kind == '0') {
		if err := r.limits.Scalar(token); err != nil {
			return err
		}
	}
	if r.visit == nil || r.tokens.StackDepth() != 1 {
		return nil
	}
	return r.topLevel(token)
}

// topLevel notes the name of a member, and hands on its value once it has been read.
func (r *reader) topLevel(token jsontext.Token) error {
	switch _, read := r.tokens.StackIndex(1); {
	case read == 0: // the brace that begins the document
		return nil
	case read%2 == 1: // names and values take turns
		r.member, r.start = token.String(), r.tokens.InputOffset()
		return nil
	}
	value := bytes.TrimLeft(r.raw[r.start:r.tokens.InputOffset()], ": \t\r\n")
	return r.visit(r.member, value)
}
