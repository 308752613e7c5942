package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const droppedEnv = "EMBEDDED_TEST_DIR"

// TestMain runs the tests of root in a second process that drops root, as
// `plinto dev` does: `go test` could not read the first one's files any more.
func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	if os.Geteuid() != 0 {
		return m.Run(), nil
	}
	if dir := os.Getenv(droppedEnv); dir != "" {
		if err := DropRoot(dir); err != nil {
			return 1, err
		}
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("/tmp", "plinto-embedded-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	args := []string{}
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-test.testlogfile=") && !strings.HasPrefix(arg, "-test.coverprofile=") {
			args = append(args, arg)
		}
	}
	again := exec.Command(os.Args[0], args...)
	again.Env = append(os.Environ(), droppedEnv+"="+dir, "TMPDIR="+dir)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Run(); again.ProcessState == nil {
		return 1, err
	}
	return again.ProcessState.ExitCode(), nil
}
