package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	postgres "github.com/fergusstrange/embedded-postgres"
)

// Superuser is the role that owns a new cluster.
const Superuser = "postgres"

// Options say where and how Postgres runs. Only Dir is required.
type Options struct {
	Dir      string            // made with mode 0700 when missing
	Port     int               // TCP port on 127.0.0.1; 0 takes a free one
	Settings map[string]string // additional or other settings of postgresql.conf
}

// A Postgres is a running server and the lock on its directory.
type Postgres struct {
	layout layout
	port   int
	server *postgres.EmbeddedPostgres
	lock   *os.File
	guard  *guard
}

// Start starts Postgres on the directory, which may be new, cleanly stopped or
// left by a killed process whose Postgres still runs, for a moment or, where its
// guard was killed too, for good. It returns ErrInUse when
// a living process has the directory, and an error as root: see DropRoot.
func Start(ctx context.Context, options Options) (*Postgres, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("start postgres: it refuses to run as root")
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("find directory of postgres: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory of postgres: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	p := &Postgres{layout: layout(dir), lock: lock}
	if err := p.start(ctx, options); err != nil {
		return nil, errors.Join(err, unlockDir(lock))
	}
	if p.guard, err = p.layout.startGuard(); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, options Options) error {
	if err := p.layout.prepare(ctx); err != nil {
		return err
	}
	password, err := p.layout.password()
	if err != nil {
		return err
	}
	config, err := p.layout.programs(ctx, postgres.DefaultConfig())
	if err != nil {
		return err
	}
	config = config.
		DataPath(p.layout.path("data")).RuntimePath(p.layout.path("run")).
		Username(Superuser).Password(password).
		Locale("C").Encoding("UTF8").
		Logger(nil).StartTimeout(30 * time.Second).
		StartParameters(p.layout.settings(options.Settings))
	if err := p.try(ctx, config, options.Port); err != nil {
		return fmt.Errorf("start postgres (its log: %s): %w", p.layout.path("log"), err)
	}
	return os.WriteFile(p.layout.path("complete"), nil, 0o600)
}

// try starts the server, again on another port when somebody else took the
// free port first.
func (p *Postgres) try(ctx context.Context, config postgres.Config, port int) (err error) {
	for range 3 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.port = port; port == 0 {
			if p.port, err = freePort(); err != nil {
				return err
			}
		}
		p.server = postgres.NewDatabase(config.Port(uint32(p.port)))
		if err = tidy(p.server.Start); err == nil || port != 0 {
			return err
		}
	}
	return err
}

// tidy removes the file that the library makes for the output of its programs
// at each start and never removes. Nobody reads it: the server has its own log.
func tidy(start func() error) error {
	pattern := filepath.Join(os.TempDir(), "embedded_postgres_log*")
	before, _ := filepath.Glob(pattern) // only a malformed pattern errs
	err := start()
	after, _ := filepath.Glob(pattern)
	for _, file := range after {
		if !slices.Contains(before, file) {
			_ = os.Remove(file) // litter at worst
		}
	}
	return err
}

// URL names a database as seen by a role, over the Unix socket, which lets its
// owner in as any role without a password.
func (p *Postgres) URL(database, role string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: url.Values{
		"host": {p.layout.socket()}, "port": {strconv.Itoa(p.port)},
	}.Encode()}
	return u.String()
}

// Stop disconnects everybody, stops Postgres and releases the directory.
func (p *Postgres) Stop() error {
	err := p.server.Stop()
	if err != nil && p.layout.postmaster() == 0 {
		err = nil // it had already ended, by itself or by somebody else's hand
	}
	if err != nil {
		err = fmt.Errorf("stop postgres: %w", err)
	}
	return errors.Join(err, p.guard.dismiss(), p.layout.removeForeignSocket(), unlockDir(p.lock))
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// settings merges ours, which keep the server on this machine, with the
// caller's.
func (l layout) settings(more map[string]string) map[string]string {
	settings := map[string]string{
		"listen_addresses":         "127.0.0.1",
		"unix_socket_directories":  l.socket(),
		"hba_file":                 l.path("access"),
		"timezone":                 "UTC",
		"logging_collector":        "on",
		"log_directory":            l.path("log"),
		"log_filename":             "postgres.log",
		"log_rotation_age":         "0",
		"log_rotation_size":        "10MB",
		"log_truncate_on_rotation": "on",
	}
	maps.Copy(settings, more)
	return settings
}

// password returns the superuser's password, made at the first start.
func (l layout) password() (string, error) {
	content, err := os.ReadFile(l.path("password"))
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read password of postgres: %w", err)
	}
	password := rand.Text()
	if err := os.WriteFile(l.path("password"), []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep password of postgres: %w", err)
	}
	return password, nil
}
