package main

import (
	"bytes"
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
)

func main() {
	dir := flag.String("chart", "../../deploy/helm/plinto", "the directory of the chart")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *dir)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "ci", "*-values.yaml"))
	if err != nil {
		return err
	}
	if len(files) < 3 {
		return fmt.Errorf("%d files of values in %s/ci, want three", len(files), dir)
	}
	h, err := findHelm(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, values := range append([]string{""}, files...) {
		name := strings.TrimSuffix(filepath.Base(values), "-values.yaml")
		objects, err := h.objects(ctx, dir, values)
		if err == nil {
			err = objects.check()
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
			continue
		}
		fmt.Fprintf(out, "chart: %s: %s\n", strings.Replace(name, ".", "defaults", 1), objects.kinds())
	}
	problems = append(problems, h.checkMigrations(ctx, dir), h.checkRefusals(ctx, dir))
	return errors.Join(problems...)
}

// helm is the program, built from its module.
type helm struct{ path string }

func findHelm(ctx context.Context) (helm, error) {
	text, err := exec.CommandContext(ctx, "go", "tool", "-n", "helm").Output() // builds it the first time
	if err != nil {
		return helm{}, fmt.Errorf("build helm: %w", err)
	}
	return helm{strings.TrimSpace(string(text))}, nil
}

func (h helm) output(ctx context.Context, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, h.path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("helm %s: %w\n%s%s", args[0], err, stdout.String(), stderr.String())
	}
	return stdout.Bytes(), nil
}

// render lints the chart and returns what it makes of values, "" for the defaults.
func (h helm) render(ctx context.Context, dir, values string, more ...string) ([]byte, error) {
	if values != "" {
		more = append([]string{"--values", values}, more...)
	}
	if _, err := h.output(ctx, append([]string{"lint", "--strict", dir}, more...)...); err != nil {
		return nil, err
	}
	return h.output(ctx, append([]string{"template", "plinto", dir, "--namespace", "identity"}, more...)...)
}

func (h helm) objects(ctx context.Context, dir, values string, more ...string) (*objects, error) {
	text, err := h.render(ctx, dir, values, more...)
	if err != nil {
		return nil, err
	}
	return decode(text)
}

// checkMigrations looks whether another version is another job, and the same one the same: a job
// cannot be changed, and would not run twice.
func (h helm) checkMigrations(ctx context.Context, dir string) error {
	name := func(more ...string) (string, error) {
		o, err := h.objects(ctx, dir, "", more...)
		if err != nil {
			return "", err
		}
		if len(o.jobs) != 1 {
			return "", fmt.Errorf("%d jobs, want one", len(o.jobs))
		}
		return o.jobs[0].Name, nil
	}
	first, err := name()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		set  string
		same bool
	}{
		{"replicas=5", true},
		{"image.tag=2.0.0", false},
		{"image.digest=sha256:" + strings.Repeat("0", 64), false},
		{"migration.database.secret=other", false},
		{"settings.PLINTO_LOG_LEVEL=debug", false},
	} {
		other, err := name("--set", c.set)
		if err != nil {
			return err
		}
		if (other == first) != c.same {
			return fmt.Errorf("the job of the migration is %s, and %s with %s", first, other, c.set)
		}
	}
	return nil
}

// refused are values that the schema has to refuse.
var refused = []string{
	"publicURL=http://id.example.com",
	"publicURL=https://id.example.com/path",
	"replica=2",
	"replicas=0",
	"image.digest=latest",
	"secrets.PLINTO_DATABASE_URL=postgres://plinto:hunter2@db/plinto",
	"secrets.PLINTO_ENCRYPTION_KEY=null",
	"secrets.PLINTO_MIGRATE_DATABASE_URL.secret=owner,secrets.PLINTO_MIGRATE_DATABASE_URL.key=url",
	"settings.PLINTO_ENCRYPTION_KEY=hunter2",
	"settings.PLINTO_REDIS_URL_FILE=/tmp/x",
	"settings.OTEL_EXPORTER_OTLP_HEADERS=authorization=hunter2",
	"settings.GOMEMLIMIT=2000000000",
	"settings.LD_PRELOAD=/tmp/x.so",
	"gateway.enabled=true",
	"terminationGracePeriodSeconds=5",
	"migration.wait=soon",
	"autoscaling.hashWaiting=many",
	"dashboard.enable=true",
}

func (h helm) checkRefusals(ctx context.Context, dir string) error {
	var problems []error
	for _, set := range refused {
		if _, err := h.output(ctx, "template", "plinto", dir, "--set", set); err == nil {
			problems = append(problems, fmt.Errorf("%s is not refused", set))
		} else if !strings.Contains(err.Error(), "meet the specifications of the schema") {
			problems = append(problems, fmt.Errorf("%s is not refused by the schema: %w", set, err))
		}
	}
	return errors.Join(problems...)
}
