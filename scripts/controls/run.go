package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An outcome is what became of a control.
type outcome int

const (
	broken   outcome = iota // it could not be tried: this is a fault of the table
	survived                // the test passed without the defence
	killed                  // the test failed
)

func (o outcome) String() string { return [...]string{"BROKEN", "SURVIVED", "killed"}[o] }

// A verdict is an outcome with what the test said, or why it could not be tried.
type verdict struct {
	outcome outcome
	said    string
}

// try runs the control's test without the defence.
func (c *control) try(ctx context.Context, root string) verdict {
	return c.without(root, func(overlay string) verdict {
		output, err := goTest(ctx, root, "-overlay", overlay, "-run", c.pattern(), "./"+c.pkg)
		return c.judge(output, err)
	})
}

// compile only sees that what is left compiles: quick, for whoever writes controls.
func (c *control) compile(ctx context.Context, root string) verdict {
	return c.without(root, func(overlay string) verdict {
		args := []string{"build", "-overlay", overlay}
		for _, e := range c.edits {
			if dir := "./" + filepath.Dir(e.file); strings.HasSuffix(e.file, ".go") && !slices.Contains(args, dir) {
				args = append(args, dir)
			}
		}
		if len(args) == 3 {
			return verdict{killed, ""} // nothing that is compiled
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = root
		if output, err := cmd.CombinedOutput(); err != nil {
			return verdict{broken, string(output)}
		}
		return verdict{killed, ""}
	})
}

// without lays the altered files over the tree for as long as f runs.
func (c *control) without(root string, f func(overlay string) verdict) verdict {
	files, err := c.mutated(root)
	if err != nil {
		return verdict{broken, err.Error()}
	}
	dir, err := os.MkdirTemp("", "plinto-control-")
	if err != nil {
		return verdict{broken, err.Error()}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := layOver(root, dir, files)
	if err != nil {
		return verdict{broken, err.Error()}
	}
	return f(overlay)
}

// layOver writes the files to dir, and what go's -overlay wants to know of them.
func layOver(root, dir string, files map[string][]byte) (string, error) {
	replace := map[string]string{}
	for file, text := range files {
		at := filepath.Join(dir, fmt.Sprint(len(replace))+filepath.Ext(file))
		if err := os.WriteFile(at, text, 0o600); err != nil {
			return "", fmt.Errorf("write overlay: %w", err)
		}
		replace[filepath.Join(root, file)] = at
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return overlay, nil
}

// timeLimit is how long one control may take, on a machine that has other work too.
const timeLimit = time.Hour

// quickly is the environment of builds: compiling and linking is most of the time.
func quickly() []string { return append(os.Environ(), "GOGC=800") }

// goTest runs go test without its cache and without vet, which compiling suffices for.
func goTest(ctx context.Context, root string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	all := append([]string{"test", "-count=1", "-vet=off", "-timeout=10m", "-ldflags=-s -w"}, args...)
	cmd := exec.CommandContext(ctx, "go", all...)
	cmd.Dir, cmd.Env = root, quickly()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return output.Bytes(), err
}

var (
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (.*)$`)
	noTests = regexp.MustCompile(`no tests to run`)
	unbuilt = regexp.MustCompile(`\[(build|setup) failed\]`)
)

// judge tells a test that failed from one that was never run.
func (c *control) judge(output []byte, err error) verdict {
	said := strings.TrimSpace(string(output))
	var exit *exec.ExitError
	switch {
	case unbuilt.Match(output):
		return verdict{broken, "it does not compile without the defence:\n" + said}
	case noTests.Match(output):
		return verdict{broken, "no test has that name"}
	case err == nil:
		return verdict{survived, said}
	case !errors.As(err, &exit) || !failed.Match(output) || bytes.Contains(output, []byte("panic: test timed out")):
		return verdict{broken, "go test did not come to a result:\n" + said}
	case c.says != "" && !strings.Contains(said, c.says):
		return verdict{survived, fmt.Sprintf("the test failed, but not about %q:\n%s", c.says, said)}
	}
	return verdict{killed, said}
}

// A bench holds the woven test binaries.
type bench struct {
	root, dir string
	binaries  map[string]string // by package
}

// newBench weaves the controls and builds a test binary of every package. in says
// which controls are in them.
func newBench(ctx context.Context, root, dir string, controls []control) (b *bench, in []bool, err error) {
	files, in, err := weave(root, controls)
	if err != nil {
		return nil, nil, err
	}
	overlay, err := layOver(root, dir, files)
	if err != nil {
		return nil, nil, err
	}
	b = &bench{root: root, dir: dir, binaries: map[string]string{}}
	for i := range controls {
		pkg := controls[i].pkg
		if b.binaries[pkg] != "" {
			continue
		}
		b.binaries[pkg] = filepath.Join(dir, fmt.Sprintf("%d.test", i))
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", b.binaries[pkg], "./"+pkg)
		cmd.Dir, cmd.Env = root, quickly()
		if output, err := cmd.CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("build the tests of %s (-compile says which control is at fault): %w\n%s", pkg, err, output)
		}
	}
	return b, in, nil
}

// run runs tests of a package, as the control with that number has it; "" for with
// every defence.
func (b *bench) run(ctx context.Context, pkg, control, pattern string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.binaries[pkg], "-test.count=1", "-test.timeout=10m", "-test.run="+pattern)
	cmd.Dir = filepath.Join(b.root, pkg)
	cmd.Env = append(os.Environ(), controlEnv+"="+control)
	return cmd.CombinedOutput()
}

// baseline runs every test of the controls with the defences in place, a package at
// a time. A test that fails anyway would prove nothing.
func (b *bench) baseline(ctx context.Context, controls []control) error {
	tests := map[string][]string{}
	for i := range controls {
		c := &controls[i]
		name, _, _ := strings.Cut(c.test, "/")
		if !slices.Contains(tests[c.pkg], name) {
			tests[c.pkg] = append(tests[c.pkg], name)
		}
	}
	for pkg, names := range tests {
		output, err := b.run(ctx, pkg, "", "^("+strings.Join(names, "|")+")$")
		if err != nil {
			return fmt.Errorf("%s fails with every defence in place: %w\n%s", pkg, err, output)
		}
	}
	return nil
}
