package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/cmd/plinto/app"
	"plinto/cmd/plinto/manifest"
	"plinto/event/mail"
	"plinto/identity"
	"plinto/internal/egress"
	"plinto/internal/embedded"
	"plinto/internal/mailcatcher"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/pages/setup"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/tenant"
)

//go:embed dev_seed.yaml
var demoSeed []byte

// setupLife is how long the set-up link works; every start makes a new one.
const setupLife = 24 * time.Hour

// A dev is one run of plinto dev.
type dev struct {
	c       *cli
	listen  string
	dataDir string
	seed    string
	expose  bool // others may reach it
	public  *url.URL
	here    machine
	tenants *devTenants
}

func devCommand(c *cli) *cobra.Command {
	d := &dev{c: c}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run everything on this machine, with nothing to install",
		Long: `Run everything on this machine: a real Postgres, a Redis in this process, mails
caught at /dev/mail, a demo tenant, and a relying party at /dev/playground that shows
each step of a login. Data stays in --data-dir.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	cmd.Flags().StringVar(&d.listen, "listen", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringVar(&d.dataDir, "data-dir", "", "where to keep data (default: the user's state directory)")
	cmd.Flags().StringVar(&d.seed, "seed", "", "a manifest to apply instead of the demo tenant")
	cmd.Flags().BoolVar(&d.expose, "expose", false, "others may reach it, by a tunnel or the network: they read all mails, and have all passwords and codes")
	return cmd
}

func (d *dev) run(ctx context.Context) error {
	began := time.Now()
	d.here = lookAround()
	d.here.spareProcessors()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (--listen takes another address)", d.listen, err)
	}
	defer ln.Close()
	if err := d.prepare(ln.Addr()); err != nil {
		return err
	}
	seed, name, err := d.readSeed()
	if err != nil {
		return err
	}
	d.announce()
	if err := embedded.DropRoot(d.dataDir); err != nil {
		return fmt.Errorf("prepare %s: %w", d.dataDir, err)
	}
	postgres, err := embedded.Start(ctx, embedded.Options{Dir: d.dataDir})
	if err != nil {
		return err
	}
	err = d.serve(ctx, ln, postgres, name, seed, began)
	return errors.Join(err, postgres.Stop())
}

// prepare finds the public URL and the data directory.
func (d *dev) prepare(addr net.Addr) (err error) {
	if d.dataDir == "" {
		if d.dataDir, err = embedded.DefaultDir(); err != nil {
			return err
		}
	}
	if d.dataDir, err = filepath.Abs(d.dataDir); err != nil {
		return err
	}
	if err := d.environment(addr); err != nil {
		return err
	}
	return d.reach(addr)
}

// environment takes the public URL from the environment, or makes it from the address,
// and says which variables are unknown or mean nothing here.
func (d *dev) environment(addr net.Addr) error {
	found := gather(d.c.environ, d.c.dir)
	if len(found.unknown) > 0 {
		return configError(found.unknown)
	}
	for _, w := range append(found.warnings, unused(found.settings)...) {
		fmt.Fprintln(d.c.err, "plinto: warning: "+w)
	}
	public := found.values[publicURL]
	if public == "" {
		_, port, err := net.SplitHostPort(addr.String())
		if err != nil {
			return err
		}
		public = "http://localhost:" + port
	}
	origin, err := parseOrigin(public)
	if err != nil {
		return configError{named(publicURL).refuse(public)}
	}
	d.public = &origin
	return nil
}

const publicURL = "PLINTO_PUBLIC_URL"

// unused names the variables that plinto dev brings itself.
func unused(settings []setting) []string {
	var names []string
	for _, s := range settings {
		if s.Name != publicURL && (s.Source == fromEnvironment || s.Source == fromDotEnv) {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{"plinto dev brings everything itself and does not use " + strings.Join(names, ", ")}
}

const (
	devDatabase = "plinto"
	devRole     = "plinto_server"
	devKeyFile  = "encryption-key"
)

// serve runs the server on the running Postgres until ctx ends.
func (d *dev) serve(ctx context.Context, ln net.Listener, pg *embedded.Postgres, name string, seed []byte, began time.Time) error {
	log := slog.New(telling(slog.NewTextHandler(d.c.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	slog.SetDefault(log)
	redis, stopRedis, err := embedded.StartRedis()
	if err != nil {
		return err
	}
	defer stopRedis()
	root, err := devRoot(d.dataDir)
	if err != nil {
		return err
	}
	owner, url := pg.URL(devDatabase, embedded.Superuser), secret.NewString(pg.URL(devDatabase, devRole))
	if err := makeTables(ctx, pg, owner, url, root); err != nil {
		return err
	}
	var caught mailcatcher.Catcher
	store, err := storage.Open(ctx, storage.Config{
		URL: url, RedisURL: secret.NewString(redis), Root: root, Public: d.public,
		Owner: secret.NewString(owner), Workers: true, Subscriptions: app.Subscriptions(), Log: log,
	})
	if err != nil {
		return err
	}
	defer store.Close()
	link, err := d.seedStore(ctx, store, root, name, seed)
	if err != nil {
		return err
	}
	if err := d.writeEnv(pg, redis); err != nil {
		return err
	}
	extra := d.pages(&caught, ln.Addr(), name).routes()
	if extra[demoIdPPath], err = newDemoIdP(d.public.String()); err != nil {
		return err
	}
	a, err := app.New(app.Config{
		Dir: d.dataDir, Program: program(), Root: root, Store: store, Hasher: d.here.hasher(root, 0), Development: true,
		Extra: extra, Egress: egress.Options{AllowLoopback: true},
		Mail: catching{&caught},
	})
	if err != nil {
		return err
	}
	endAtSecondSignal(ctx)
	if err := d.welcome(ctx, link, time.Since(began)); err != nil {
		return err
	}
	return a.Serve(ctx, ln, app.ServeOptions{})
}

// makeTables makes the database and brings its tables up to date, those of tenants too.
func makeTables(ctx context.Context, pg *embedded.Postgres, owner string, url secret.String, root secret.Root) error {
	if err := schema.EnsureDatabase(ctx, pg.URL("postgres", embedded.Superuser), devDatabase); err != nil {
		return err
	}
	if _, err := schema.Migrate(ctx, owner, &schema.LoginRole{Name: devRole}); err != nil {
		return err
	}
	databases, err := schema.NewDatabases(url, root)
	if err != nil {
		return err
	}
	return schema.MigrateTenants(ctx, owner, databases, func(schema.Migrated) {})
}

// seedStore applies the manifest and returns the set-up link of the operators'
// tenant, or "" once somebody has used one.
func (d *dev) seedStore(ctx context.Context, s *storage.Store, root secret.Root, name string, seed []byte) (link string, err error) {
	m, _, err := manifest.Parse(name, seed)
	if err != nil {
		return "", err
	}
	sectors, err := newSectors("")
	if err != nil {
		return "", err
	}
	factors, err := app.NewFactors(s, root, app.NewDevices(s), time.Now)
	if err != nil {
		return "", err
	}
	target := newTarget(s, root, egress.Options{AllowLoopback: true})
	target.VerifySector, target.Apps = sectors.verify, factors
	plan, err := m.Plan(ctx, target, false)
	if err != nil {
		return "", err
	}
	if _, err := plan.Apply(ctx); err != nil {
		return "", err
	}
	d.tenants = &devTenants{public: d.public, store: s, seed: m, factors: factors, registrar: target.Registrar, root: root}
	return d.setupLink(ctx, s)
}

func (d *dev) setupLink(ctx context.Context, s *storage.Store) (string, error) {
	system, err := s.Tenants.BySlug(ctx, tenant.SystemSlug)
	if errors.Is(err, tenant.ErrUnknown) {
		made := tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: tenant.SystemSlug, Name: "Operators"}
		system, err = newRegistry(s).Create(ctx, made)
	}
	if err != nil {
		return "", err
	}
	ctx = tenant.With(ctx, system)
	_, err = s.Organizations.BySlug(ctx, "operators")
	if !errors.Is(err, organization.ErrNotFound) {
		return "", err
	}
	token := secret.Token(setup.TokenPrefix)
	err = s.OneTimeTokens.Issue(ctx, identity.PurposeSetup, setup.Hash(system.ID, token), nil, setupLife)
	return system.URL(paths.Setup + "?token=" + token), err
}

// devRoot returns the root key of a data directory, made at its first start.
func devRoot(dir string) (secret.Root, error) {
	path := filepath.Join(dir, devKeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		root, key := secret.NewRoot()
		return root, os.WriteFile(path, []byte(key.Reveal()+"\n"), 0o600)
	}
	if err != nil {
		return secret.Root{}, err
	}
	return secret.ParseRoot(strings.TrimSpace(string(text)))
}

// catching is a mail.Sender that keeps mails.
type catching struct{ to *mailcatcher.Catcher }

// Send implements mail.Sender.
func (c catching) Send(_ context.Context, m mail.Message) error {
	c.to.Catch(mailcatcher.Mail{From: m.From, ReplyTo: m.ReplyTo, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
	return nil
}
