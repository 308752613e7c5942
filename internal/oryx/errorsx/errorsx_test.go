package errorsx_test

import (
	"errors"
	"testing"

	"github.com/ory/x/errorsx"
)

type caused struct{ cause error }

func (c caused) Error() string { return "caused" }
func (c caused) Cause() error  { return c.cause }

func TestCause_isTheInnermostThatThereIs(t *testing.T) {
	inner := errors.New("inner")
	for _, c := range []struct{ err, want error }{
		{nil, nil},
		{inner, inner},
		{caused{inner}, inner},
		{caused{caused{inner}}, inner},
		{caused{}, caused{}},
	} {
		if got := errorsx.Cause(c.err); got != c.want {
			t.Errorf("the cause of %#v is %#v, want %#v", c.err, got, c.want)
		}
	}
}

func TestWithStack_addsOne(t *testing.T) {
	plain := errors.New("plain")
	traced := errorsx.WithStack(plain)
	if stack, ok := traced.(errorsx.StackTracer); !ok || len(stack.StackTrace()) == 0 {
		t.Error("no stack")
	}
	if !errors.Is(traced, plain) {
		t.Error("the error itself is lost")
	}
	if again := errorsx.WithStack(traced); again != traced {
		t.Error("an error with a stack got another")
	}
	if errorsx.WithStack(nil) != nil {
		t.Error("nil became an error")
	}
}
