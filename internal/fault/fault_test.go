package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

var errTaken = New(Conflict, "email_taken", "That address is in use.")

func TestError_isItselfItsKindAndItsCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("create user: %w", errTaken.With(fmt.Errorf("insert: %w", io.ErrUnexpectedEOF)))
	for _, target := range []error{errTaken, Conflict, io.ErrUnexpectedEOF} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(%v, %v) = false", err, target)
		}
	}
	for _, target := range []error{NotFound, New(Conflict, "slug_taken", ""), New(Invalid, "email_taken", ""), io.EOF} {
		if errors.Is(err, target) {
			t.Errorf("errors.Is(%v, %v) = true", err, target)
		}
	}
}

func TestError_showsTheCauseToLogsOnly(t *testing.T) {
	t.Parallel()
	err := errTaken.With(io.ErrUnexpectedEOF)
	if got, want := err.Error(), "email_taken: unexpected EOF"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := errTaken.Error(), "email_taken"; got != want {
		t.Errorf("Error() without a cause = %q, want %q: With must not change the original", got, want)
	}
	if got, ok := As(fmt.Errorf("x: %w", err)); !ok || got.Message != "That address is in use." {
		t.Errorf("As() = %+v, %v", got, ok)
	}
}

func TestAt_leavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	invalid := New(Invalid, "invalid_document", "The document is not valid.")
	one := invalid.At(Field{Pointer: "/a", Message: "is missing"})
	two, three := one.At(Field{Pointer: "/b", Message: "is missing"}), one.At(Field{Pointer: "/c", Message: "is missing"})
	if len(invalid.Fields) != 0 || len(one.Fields) != 1 || two.Fields[1].Pointer != "/b" || three.Fields[1].Pointer != "/c" {
		t.Errorf("fields: %v, %v, %v, %v", invalid.Fields, one.Fields, two.Fields, three.Fields)
	}
	if !errors.Is(two, invalid) {
		t.Error("with fields it is no longer the same error")
	}
}

func TestKindOf_findsTheOutermostKind(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want Kind
	}{
		"nothing":      {nil, ""},
		"without kind": {io.EOF, ""},
		"bare kind":    {fmt.Errorf("x: %w", NotFound), NotFound},
		"error":        {errTaken, Conflict},
		"translated":   {New(Unavailable, "busy", "").With(errTaken), Unavailable},
		"joined":       {errors.Join(io.EOF, errTaken), Conflict},
		"retry":        {&Error{Kind: TooMany, Code: "slow_down", RetryAfter: time.Second}, TooMany},
	} {
		if got := KindOf(tt.err); got != tt.want {
			t.Errorf("%s: KindOf() = %q, want %q", name, got, tt.want)
		}
	}
}
