package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"plinto/cmd/plinto/app"
	"plinto/event/mail"
	"plinto/internal/clientip"
	"plinto/internal/egress"
	"plinto/internal/logs"
	"plinto/internal/operations"
	"plinto/internal/web"
	"plinto/storage"
)

func serveCommand(c *cli) *cobra.Command {
	var migrateFirst, workers bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve every tenant on Postgres and Redis",
		Long: `Serve every tenant. Postgres and Redis are given by URL; plinto migrate has
prepared the database. TLS is ended here with PLINTO_TLS_CERT_FILE and
PLINTO_TLS_KEY_FILE, which are read again when they change, or by a proxy in front
that PLINTO_TRUSTED_PROXIES names. SIGTERM drains; a second one ends at once.

Events (mails, webhooks, logout notifications) and upkeep are worked off here too, unless
--workers=false: then plinto worker has to run somewhere.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := LoadConfig(c.environ, c.dir, "PLINTO_PUBLIC_URL", "PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY")
			if err != nil {
				return err
			}
			if migrateFirst {
				if err := c.migrate(cmd.Context(), cfg, outputTable); err != nil {
					return err
				}
			}
			return c.serve(cmd.Context(), cfg, workers)
		},
	}
	cmd.Flags().BoolVar(&workers, "workers", true, "work off events and upkeep too")
	cmd.Flags().BoolVar(&migrateFirst, "migrate", false, "run plinto migrate first")
	return cmd
}

// serve runs the server of a configuration until ctx ends.
func (c *cli) serve(ctx context.Context, cfg *Config, workers bool) error {
	ln, err := web.Listen(ctx, cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	options := app.ServeOptions{Drain: cfg.DrainDelay}
	var watched *web.Certificate
	if cfg.TLSCertFile != "" {
		certificate, err := web.LoadCertificate(cfg.TLSCertFile, cfg.TLSKeyFile)
		if err != nil {
			return fmt.Errorf("PLINTO_TLS_CERT_FILE, PLINTO_TLS_KEY_FILE: %w", err)
		}
		options.TLS = certificate.TLS()
		watched = certificate
	}
	return c.run(ctx, cfg, workers, watched, func(ctx context.Context, a *app.App) error {
		slog.InfoContext(ctx, "serving", "address", ln.Addr().String(), "public_url", cfg.PublicURL.String(), "tls", options.TLS != nil, "workers", workers)
		return a.Serve(ctx, ln, options)
	})
}

// startLog makes the log of the process, and tells in it what is odd about the configuration.
func (c *cli) startLog(ctx context.Context, cfg *Config) *slog.Logger {
	log := newLogger(c.err, cfg)
	slog.SetDefault(log)
	for _, w := range cfg.warnings {
		log.WarnContext(ctx, w)
	}
	return log
}

// run makes the app of a configuration, with its logs and its operations listener, and has
// work use it. served is the certificate that it serves, or nil.
func (c *cli) run(ctx context.Context, cfg *Config, workers bool, served *web.Certificate, work func(context.Context, *app.App) error) error {
	here := lookAround()
	here.spareProcessors()
	here.tuneCollector()
	log := c.startLog(ctx, cfg)
	sender, err := mailSender(cfg)
	if err != nil {
		return err
	}
	ops := operations.New()
	ops.Profiles = cfg.OperationsPprof
	traces, err := newTraces(cfg, ops) //nolint:contextcheck // they outlive the start
	if err != nil {
		return err
	}
	defer traces.Shutdown(context.WithoutCancel(ctx))
	store, err := openStore(ctx, cfg, storage.Config{
		Breakers: ops.Breakers,
		MaxConns: cfg.DatabaseMaxConns, TenantConns: int(cfg.TenantMaxConns), Workers: workers, AuditRetention: cfg.AuditRetention, Log: log, Traces: traces.Tracer(),
	})
	if err != nil {
		return err
	}
	defer store.Close()
	breaches, err := newBreaches(cfg, ops.Registry, ops.Breakers)
	if err != nil {
		return err
	}
	places, err := openPlaces(cfg)
	if err != nil {
		return err
	}
	authenticators, err := openMetadata(cfg)
	if err != nil {
		return err
	}
	a, err := app.New(app.Config{
		Root: cfg.Root, Store: store, Hasher: here.hasher(cfg.Root, cfg.HashSlots), Breaches: breaches, Place: places, PasskeyMetadata: authenticators,
		Clients: clientip.Policy{Trusted: cfg.TrustedProxies}, AccessLog: accessLog(cfg, log),
		RequestSlots: cfg.RequestSlots,
		Egress:       egress.Options{AllowLoopback: cfg.EgressAllowLoopback, CAFile: cfg.EgressCAFile},
		Mail:         sender, Operations: ops, Traces: traces.Tracer(), MetricsTenants: cfg.MetricsTenants, MetricsClients: cfg.MetricsClients,
	})
	if err != nil {
		return err
	}
	watchCertificate(ctx, ops, served)
	stop, err := serveOperations(ctx, cfg, ops)
	if err != nil {
		return err
	}
	defer stop()
	warnWithoutMail(ctx, sender)
	endAtSecondSignal(ctx)
	debug.FreeOSMemory() // what calibrating the hash took
	return work(ctx, a)
}

func warnWithoutMail(ctx context.Context, sender mail.Sender) {
	if sender == nil {
		slog.WarnContext(ctx, "PLINTO_SMTP_URL is not set: users without a second factor sign in only in browsers that are known, unless a tenant says devices: {unreachable: allow}")
	}
}

// mailSender is the configured mail server, or nil.
func mailSender(cfg *Config) (mail.Sender, error) {
	if cfg.SMTP.Empty() {
		return nil, nil
	}
	sender, err := mail.ParseURL(cfg.SMTP, cfg.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("PLINTO_SMTP_URL, PLINTO_MAIL_FROM: %w", err)
	}
	return sender, nil
}

// endAtSecondSignal ends the process at once when it is told to stop again while
// it drains.
func endAtSecondSignal(ctx context.Context) {
	go func() {
		<-ctx.Done()
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		<-again
		os.Exit(exitFailed)
	}()
}

func newLogger(w io.Writer, cfg *Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" {
		return slog.New(telling(slog.NewTextHandler(w, options)))
	}
	return slog.New(telling(slog.NewJSONHandler(w, options)))
}

// telling has lines say what they belong to, and takes out what looks like a secret.
func telling(h slog.Handler) slog.Handler { return logs.InContext(logs.Redact(h)) }

// accessLog is where requests are logged: nowhere when the level leaves them out,
// so that they cost nothing.
func accessLog(cfg *Config, log *slog.Logger) *slog.Logger {
	if cfg.LogLevel > slog.LevelInfo {
		return nil
	}
	return log
}
