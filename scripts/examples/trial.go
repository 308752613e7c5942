package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	installTime = 20 * time.Minute // Argo CD is compiled for minutes
	commandTime = 3 * time.Minute  // for a command with its sign-in
)

// A trial is one run of an example.
type trial struct {
	example
	seed   *seed
	client client
	server *server
	issuer string
	port   string
	dir    string // the copy of its directory
	home   string // what else it may write, the browser's profile for one
	out    *log
}

// A result is what became of a trial.
type result struct {
	name, version string
	untried       string
	took          time.Duration // of the run, without the installation
	err           error
}

// try installs and runs an example in a copy below dir. What it prints goes to also, too, unless that is nil.
func try(ctx context.Context, e example, s *seed, srv *server, dir string, also io.Writer) (r result) {
	r.name = e.name()
	if e.Untried != "" {
		r.untried = e.Untried
		return r
	}
	t := &trial{example: e, seed: s, server: srv, issuer: srv.issuer, dir: filepath.Join(dir, e.name()), home: filepath.Join(dir, e.name()+"-home"), out: &log{also: also}}
	if r.version, r.err = t.install(ctx); r.err != nil {
		return r
	}
	began := time.Now()
	r.err = t.run(ctx)
	r.took = time.Since(began)
	return r
}

// install copies the directory, installs what it needs, and returns the version of its library.
func (t *trial) install(ctx context.Context) (string, error) {
	if err := os.CopyFS(t.dir, os.DirFS(t.example.dir)); err != nil {
		return "", fmt.Errorf("copy %s: %w", t.name(), err)
	}
	if err := os.MkdirAll(t.home, 0o700); err != nil {
		return "", err
	}
	t.client, _ = t.seed.client(t.Client)
	if t.port = t.client.port(); t.port == "" {
		var err error
		if t.port, err = freePort(ctx); err != nil {
			return "", err
		}
	} else if taken(ctx, t.port) {
		return "", fmt.Errorf("another program listens on port %s", t.port)
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	if t.Install != "" {
		if _, err := once(ctx, t.Install, t.dir, t.environ(), t.out); err != nil {
			return "", fmt.Errorf("install: %w", err)
		}
	}
	return once(ctx, t.Version, t.dir, t.environ(), t.out)
}

// environ is what an example is told, and what keeps installers quiet and quick.
func (t *trial) environ() []string {
	environ := environment("ISSUER="+t.issuer, "PORT="+t.port, "NEXT_TELEMETRY_DISABLED=1", "PYTHONUNBUFFERED=1",
		"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_package_lock=false", "npm_config_loglevel=error",
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_QUIET=1")
	if f := t.server.front; f != nil {
		environ = append(environ, "SSL_CERT_FILE="+f.authority)
	}
	if t.Client != "" {
		environ = append(environ, "CLIENT_ID="+t.client.ClientID)
	}
	if t.client.ClientSecret != "" {
		environ = append(environ, "CLIENT_SECRET="+t.client.ClientSecret)
	}
	return environ
}

func (t *trial) address() string { return "http://localhost:" + t.port }

// run starts the example and does with it what people do.
func (t *trial) run(ctx context.Context) error {
	if t.Beside != "" {
		p, err := t.serve(ctx, t.Beside, t.Ready)
		if err != nil {
			return err
		}
		defer p.stop()
	}
	if t.Kind == kindCommand {
		return t.command(ctx)
	}
	ready := t.address() + "/"
	if t.Kind == kindAPI {
		ready = t.address() + t.Start
	}
	p, err := t.serve(ctx, t.Run, ready)
	if err != nil {
		return err
	}
	defer p.stop()
	if t.Kind == kindAPI {
		err = t.api(ctx)
	} else {
		err = t.pages(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w\nIt printed:\n%s", err, t.out.tail())
	}
	return nil
}

// serve starts a command that serves, and waits until it does.
func (t *trial) serve(ctx context.Context, command, ready string) (*process, error) {
	p, err := start(command, t.dir, t.environ(), t.out)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := p.answers(ctx, ready); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// command runs a command, opens the address that it prints, if any, and looks for what is expected in what it prints.
func (t *trial) command(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	out := &log{also: t.out}
	p, err := start(t.Run, t.dir, t.environ(), out)
	if err != nil {
		return err
	}
	defer p.stop()
	if t.Start != "" {
		if err := t.signInFor(ctx, p); err != nil {
			return err
		}
	}
	if err := p.wait(ctx); err != nil {
		return err
	}
	if !strings.Contains(out.String(), t.Expect) {
		return fmt.Errorf("it did not print %q, but\n%s", t.Expect, out.tail())
	}
	return nil
}

// signInFor opens the address that a command prints and signs in, until the command has ended.
func (t *trial) signInFor(ctx context.Context, p *process) error {
	found := regexp.MustCompile(t.Start)
	address := ""
	if err := p.until(ctx, "it printed an address", func() bool {
		said := p.out.String()
		address = found.FindString(said[:strings.LastIndex(said, "\n")+1]) // whole lines only
		return address != ""
	}); err != nil {
		return err
	}
	tab, end, err := open(ctx, t.home)
	if err != nil {
		return err
	}
	defer end()
	w := t.walker()
	if err := w.take(tab, address, ""); err != nil {
		return err
	}
	// The walk goes on while the command waits: where its own page is, and what is on it, is its business.
	walked := make(chan error, 1)
	walking, cancel := context.WithCancel(tab)
	go func() { walked <- w.until(walking, "\x00", true) }()
	err = p.until(ctx, "it printed "+t.Expect, func() bool { return strings.Contains(p.out.String(), t.Expect) })
	cancel()
	if walk := <-walked; err != nil {
		return errors.Join(err, walk)
	}
	return nil
}

// walker is who signs in: the first user of the seed.
func (t *trial) walker() *walker { return &walker{t.issuer, t.seed.Tenants[0].Users[0]} }

// pages signs in, takes the further steps and signs out.
func (t *trial) pages(ctx context.Context) error {
	tab, end, err := open(ctx, t.home)
	if err != nil {
		return err
	}
	defer end()
	w := t.walker()
	if err := w.take(tab, t.address()+t.Start, t.Click); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	if err := w.until(tab, t.Expect, true); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	for _, s := range t.After {
		if err := t.step(tab, w, s); err != nil {
			return err
		}
	}
	if t.Logout == nil {
		return nil
	}
	if err := t.step(tab, w, *t.Logout); err != nil {
		return fmt.Errorf("logout: %w", err)
	}
	if err := w.take(tab, t.address()+t.Start, t.Click); err != nil {
		return fmt.Errorf("after the logout: %w", err)
	}
	if err := w.until(tab, t.Expect, false); !errors.Is(err, errAsked) {
		return errors.Join(errors.New("after the logout a sign-in asked for no password"), err)
	}
	return nil
}

func (t *trial) step(tab context.Context, w *walker, s step) error {
	address := ""
	if s.Path != "" {
		address = t.address() + s.Path
	}
	if err := w.take(tab, address, s.Click); err != nil {
		return err
	}
	if err := w.until(tab, s.Expect, false); err != nil {
		return fmt.Errorf("%s %s: %w", s.Path, s.Click, err)
	}
	return nil
}
