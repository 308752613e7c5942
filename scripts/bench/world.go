package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
)

// A world is what is measured: a server, its Postgres, and floors beside them.
type world struct {
	server, postgres, redis, beside process
	others                          []process // servers beside the first
	processes                       int       // servers to start
	pooler                          process   // 0: none
	pooled                          bool
	issuer, floor                   string
	silent                          net.Listener  // takes connections and says nothing; nil: not asked for
	database, isolation             string        // URL of its owner; of the tenant
	ready                           time.Duration // until the server answered
	environment                     []string      // of commands
	client                          *http.Client
	lookers, asked                  int // clients that look users up, and what they asked
	ended                           []func()
}

func (w *world) stop() {
	for i := len(w.ended) - 1; i >= 0; i-- {
		w.ended[i]()
	}
}

// startWorld starts the server and the floors, with another tenant to attack if asked.
func startWorld(ctx context.Context, binary string, w *world, attacked bool) (_ *world, err error) {
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	admin := os.Getenv("PLINTO_TEST_POSTGRES_URL")
	if admin == "" {
		return nil, errors.New("PLINTO_TEST_POSTGRES_URL is not set: run it as `make bench`")
	}
	if w.postgres, err = postmaster(ctx, admin); err != nil {
		return nil, err
	}
	w.redis = redisServer(ctx, os.Getenv("PLINTO_TEST_REDIS_URL"))
	address, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	w.issuer = "http://" + address
	if attacked {
		if w.silent, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		w.ended = append(w.ended, func() { _ = w.silent.Close() })
	}
	environment, err := w.prepare(ctx, binary, admin, address)
	if err != nil {
		return nil, err
	}
	if w.pooled {
		if environment, err = w.startPooler(environment); err != nil { //nolint:contextcheck // it outlives the start
			return nil, err
		}
	}
	w.environment = environment
	if w.server, err = w.startServer(ctx, binary, environment, w.issuer); err != nil {
		return nil, err
	}
	if err := w.startOthers(ctx, binary, environment, address); err != nil {
		return nil, err
	}
	return w, w.startFloor(ctx)
}

// prepare makes a database of our own and everything in it.
func (w *world) prepare(ctx context.Context, binary, admin, address string) ([]string, error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	name := "bench_" + strings.ToLower(rand.Text()[:8])
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+name); err != nil {
		return nil, err
	}
	owner, err := url.Parse(admin)
	if err != nil {
		return nil, err
	}
	owner.Path = "/" + name
	w.database = owner.String()
	server := *owner
	server.User = url.User("plinto_bench")
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	environment := append(os.Environ(),
		"PLINTO_MIGRATE_DATABASE_URL="+owner.String(), "DATABASE_URL="+server.String(), "REDIS_URL="+os.Getenv("PLINTO_TEST_REDIS_URL"),
		"PLINTO_PUBLIC_URL=http://"+address, "PLINTO_LISTEN="+address, "PLINTO_ENCRYPTION_KEY="+base64.StdEncoding.EncodeToString(key),
		"PLINTO_LOG_LEVEL=error", "PLINTO_DRAIN_DELAY=0s")
	if w.silent != nil { // its callers come from many networks, its silent server is here
		environment = append(environment, "PLINTO_TRUSTED_PROXIES=127.0.0.1", "PLINTO_EGRESS_ALLOW_LOOPBACK=true")
	}
	if w.processes > 1 { // each has its part of the processors, as the limit of a container says it
		environment = append(environment, fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.GOMAXPROCS(0)/w.processes)))
	}
	seed, err := w.writeSeed(address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(filepath.Dir(seed)) }()
	for _, args := range [][]string{{"migrate"}, {"apply", "-f", seed}} {
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = environment
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("plinto %s: %w: %s", args[0], err, out)
		}
	}
	own, err := pgx.Connect(ctx, owner.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = own.Close(context.WithoutCancel(ctx)) }()
	_, err = own.Exec(ctx, `ANALYZE`)
	return environment, err
}

// startPooler puts a PgBouncer between the server and its database.
func (w *world) startPooler(environment []string) ([]string, error) {
	bouncer, err := testservice.StartPgBouncer(w.database)
	if err != nil {
		return nil, err
	}
	w.ended = append(w.ended, func() { _ = bouncer.Remove() })
	w.pooler = process(bouncer.PID())
	direct, err := url.Parse(w.database)
	if err != nil {
		return nil, err
	}
	direct.User = url.User("plinto_bench")
	through, err := bouncer.URL(direct.String())
	return append(environment, "PLINTO_DATABASE_POOLER=transaction", "PLINTO_DATABASE_URL="+through, "PLINTO_DATABASE_DIRECT_URL="+direct.String()), err
}

const (
	users        = 50
	userPassword = "correct horse battery staple"
	machine      = "machine-secret-0123456789abcdef0123"
	web          = "web-secret-0123456789abcdef0123456"
	callback     = "http://127.0.0.1:9/callback"
)

func (w *world) writeSeed(address string) (string, error) {
	dir, err := os.MkdirTemp("", "plinto-bench")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `tenants:
  - slug: bench
    name: Bench
    host: %q
    isolation: %s
    settings: {devices: {check: "off"}} # the clients read no mail
    resource_servers:
      - {identifier: "https://api.example", scopes: [{name: api.read}]}
      - {identifier: "https://opaque.example", token_format: opaque, scopes: [{name: opaque.read}]}
    clients:
      - {client_id: machine, client_secret: %s, grant_types: [client_credentials], response_types: [], scope: "api.read opaque.read"}
      - client_id: web
        client_secret: %s
        redirect_uris: [%q]
        grant_types: [authorization_code, refresh_token]
        response_types: [code]
        scope: openid offline_access profile
        id_token_signed_response_alg: ES256
        first_party: true
`, address, w.isolation, machine, web, callback)
	for i := range w.lookers {
		fmt.Fprintf(&b, "      - {client_id: looker%d, client_secret: %s, grant_types: [client_credentials], response_types: [], resources: [%q], scope: \"users:read\"}\n",
			i, machine, w.issuer+"/admin/v1")
	}
	b.WriteString("    users:\n")
	for i := range users {
		fmt.Fprintf(&b, "      - {email: user%d@example.com, email_verified: true, password: %q}\n", i, userPassword)
	}
	if w.silent != nil {
		writeAttacked(&b, w.silent.Addr().String())
	}
	name := filepath.Join(dir, "seed.yaml")
	return name, os.WriteFile(name, []byte(b.String()), 0o600)
}

// writeAttacked declares the tenant to attack, whose clients' servers are silent.
func writeAttacked(b *strings.Builder, silent string) {
	fmt.Fprintf(b, `  - slug: attacked
    name: Attacked
    clients:
      - {client_id: web, client_secret: %s, redirect_uris: [%q], scope: openid, first_party: true}
`, web, callback)
	for i := range slowClients {
		fmt.Fprintf(b, `      - client_id: slow%d
        token_endpoint_auth_method: private_key_jwt
        jwks_uri: "https://%s/%d/jwks.json"
        request_uris: ["https://%s/object"]
        redirect_uris: [%q]
        grant_types: [authorization_code, client_credentials]
`, i, silent, i, silent, callback)
	}
	b.WriteString("    users:\n")
	for i := range guessers {
		fmt.Fprintf(b, "      - {email: user%d@example.com, email_verified: true, password: %q}\n", 2*i, userPassword)
	}
}

// startServer starts a server and waits until it is ready at that address.
func (w *world) startServer(ctx context.Context, binary string, environment []string, at string) (process, error) {
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Env, cmd.Stderr = environment, os.Stderr
	began := time.Now()
	if err := w.start(cmd); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	c := newCaller("", "")
	defer c.http.CloseIdleConnections()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		if a, err := c.send(ctx, at+"/readyz", nil, ""); err == nil && a.status == http.StatusOK {
			w.ready = time.Since(began)
			return process(cmd.Process.Pid), nil
		}
		select {
		case <-ctx.Done():
			return 0, errors.New("the server did not become ready")
		case <-again.C:
		}
	}
}

// startOthers starts the servers beside the first, and has connections of the load go to all in turns.
func (w *world) startOthers(ctx context.Context, binary string, environment []string, first string) error {
	addresses := []string{first}
	for range w.processes - 1 {
		address, err := freePort(ctx)
		if err != nil {
			return err
		}
		of := append(slices.Clone(environment), "PLINTO_LISTEN="+address)
		p, err := w.startServer(ctx, binary, of, "http://"+address)
		if err != nil {
			return err
		}
		w.others, addresses = append(w.others, p), append(addresses, address)
	}
	turns.spread(addresses)
	return nil
}

// serverCPU is what all servers have used.
func (w *world) serverCPU() time.Duration {
	used := w.server.cpu()
	for _, p := range w.others {
		used += p.cpu()
	}
	return used
}

func (w *world) startFloor(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "floor")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.start(cmd); err != nil {
		return err
	}
	w.beside = process(cmd.Process.Pid)
	line, err := bufio.NewReader(out).ReadString('\n')
	w.floor = strings.TrimSpace(line)
	return err
}

// start starts a process that ends with the world.
func (w *world) start(cmd *exec.Cmd) error {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	w.ended = append(w.ended, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		_ = cmd.Wait()
	})
	return nil
}

// postmaster is the process of Postgres, found by its own word.
func postmaster(ctx context.Context, admin string) (process, error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return 0, fmt.Errorf("connect to Postgres: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var dir string
	if err := conn.QueryRow(ctx, `SHOW data_directory`).Scan(&dir); err != nil {
		return 0, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return 0, nil // another machine's or user's Postgres: its CPU is not counted
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, _ := strconv.Atoi(cmp.Or(first, "0"))
	return process(pid), nil
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
