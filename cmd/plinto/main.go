// Plinto is an OAuth 2.0 and OpenID Connect authorization server in one binary.
//
// This package owns the commands and the configuration. What they wire together
// is in package app, what a manifest means in package manifest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &cli{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), dir: "."}, os.Args[1:])
	stop()
	os.Exit(code)
}

// A cli is what a command may touch of the world.
type cli struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string // as os.Environ writes it
	dir     string   // where .env is looked for
	command string   // that runs, such as "webhook create"
	force   bool     // change also what a manifest declares
	json    bool     // what goes to standard error is JSON, too

	browse    func(ctx context.Context, address string) error // of tests; nil: the desktop's browser
	transport http.RoundTripper                               // of tests; nil: the default
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it did not work, or doctor and migrate --check found something
	exitUsage  = 2 // it was called wrongly
)

// errFound ends a command whose output already says what is wrong.
var errFound = errors.New("problems found")

// usageError marks errors of how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run executes one command line and returns the exit code.
func run(ctx context.Context, c *cli, args []string) int {
	c.json = asksForJSON(args)
	root := newRoot(c) //nolint:contextcheck // each command gets the context from ExecuteContext
	root.SetArgs(args)
	err := c.onServer(root, args) //nolint:contextcheck // as above
	called := root
	if err == nil {
		called, err = root.ExecuteContextC(ctx)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFailed
	case isUsage(err) && c.json:
		c.fails(err)
		return exitUsage
	case isUsage(err):
		fmt.Fprintf(c.err, "plinto: %s\nplinto: %s --help says more\n", onOneLine(err), called.CommandPath())
		return exitUsage
	default:
		c.fails(err)
		return exitFailed
	}
}

// fails tells an error.
func (c *cli) fails(err error) {
	if c.json {
		c.tell("errors", failures(err))
		return
	}
	fmt.Fprintln(c.err, prefixed(err))
}

// prefixed names the program before each line of an error.
func prefixed(err error) string {
	return "plinto: " + strings.ReplaceAll(explainFault(err), "\n", "\nplinto: ")
}
