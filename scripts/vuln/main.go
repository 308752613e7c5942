package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

const (
	modfile = "-modfile=tools/vuln/go.mod"
	vulndb  = "golang.org/x/vulndb"
	// tags are those of the release (see the Makefile), and S3, which some build in.
	tags = "grpcnotrace,s3"
)

func main() {
	vex := flag.String("vex", "deploy/vex.openvex.json", "the OpenVEX document")
	write := flag.Bool("write", false, "write the statements about code that is not called, and drop those that nothing was found for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *vex, *write)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, name string, write bool) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	doc, err := parseDocument(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	dir, version, err := database(ctx)
	if err != nil {
		return err
	}
	report, err := scan(ctx, dir)
	if err != nil {
		return err
	}
	if write {
		doc.explain(report.found, time.Now())
		if err := os.WriteFile(name, doc.text(), 0o644); err != nil { //nolint:gosec // it is in the repository
			return err
		}
	}
	fmt.Fprintf(out, "vuln: %s, database %s: %s\n", report.goVersion, version, summary(report.found))
	if problems := doc.check(report.found); len(problems) > 0 {
		return errors.New(strings.Join(problems, "\nvuln: "))
	}
	return nil
}

// database makes the database of vulnerabilities from its module, unless it is there, and returns
// its directory and its version.
func database(ctx context.Context) (dir, version string, err error) {
	listed, err := output(ctx, "list", modfile, "-m", "-f", "{{.Version}} {{.Dir}}", vulndb)
	if err != nil {
		return "", "", err
	}
	version, source, _ := strings.Cut(strings.TrimSpace(string(listed)), " ")
	if source == "" {
		if _, err := output(ctx, "mod", "download", modfile, vulndb); err != nil {
			return "", "", err
		}
		return database(ctx)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", "", err
	}
	dir = filepath.Join(caches, "plinto", "vulndb-"+version)
	if _, err := os.Stat(dir); err == nil {
		return dir, version, nil
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", "", err
	}
	if _, err := output(ctx, "tool", modfile, "indexdb", "-vulns", filepath.Join(source, "data", "osv"), "-out", unfinished); err != nil {
		return "", "", err
	}
	return dir, version, os.Rename(unfinished, dir)
}

// scan has govulncheck read all packages.
func scan(ctx context.Context, database string) (*report, error) {
	text, err := output(ctx, "tool", modfile, "govulncheck", "-format", "json", "-db", "file://"+database, "-tags", tags, "./...")
	if err != nil {
		return nil, err
	}
	return readReport(bytes.NewReader(text))
}

// output runs the Go command.
func output(ctx context.Context, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("GO"), "go"), args...) //nolint:gosec // who runs it says which Go
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
