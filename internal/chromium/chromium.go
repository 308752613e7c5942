// Package chromium starts a real browser for tests. It is for test files, and for the command that
// tries the examples.
package chromium

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrNone says that there is no Chromium on this machine.
var ErrNone = errors.New("no Chromium on this machine (make setup installs it)")

// Options are those of a headless browser that keeps its profile in dir, accepts test certificates and finds no host but
// this machine: asking for a name that logos of tests have takes five seconds where nobody answers. ErrNone.
func Options(dir string) ([]chromedp.ExecAllocatorOption, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, ErrNone
	}
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(dir),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.NoFirstRun,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"),
	), nil
}

// Start returns the context of a fresh browser with Options. flags are more of its command line. It ends with
// the test, or when the time is over. The test is skipped, saying so, where there is no Chromium.
func Start(t testing.TB, within time.Duration, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options, err := Options(t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	options = append(options, flags...)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, within)
	t.Cleanup(cancel)
	return ctx
}

// Steps returns a function that does the steps of a test in the browser of ctx, each time within a duration. Where they
// fail it says which they were and what the page shows.
func Steps(ctx context.Context, t testing.TB, within time.Duration) func(what string, steps ...chromedp.Action[chromedp.Void]) {
	return func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		soon, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		if err := chromedp.Do(soon, steps...); err != nil {
			at, _ := chromedp.Run(ctx, chromedp.Location())
			text, _ := chromedp.Run(ctx, chromedp.Text("body"))
			t.Fatalf("%s: %v, at %s: %s", what, err, at, text)
		}
	}
}
