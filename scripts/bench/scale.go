package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	fewUsers    = 1000
	scaleRounds = 3
	// scaleEach is how many requests a caller sends in a round: all rounds are within the limit of one.
	scaleEach   = 180
	manyTenants = 1000
)

// A crowd is a tenant with many users, or few.
type crowd struct {
	slug   string
	users  int
	tokens []string // of callers that are limited each by itself
}

// An asking is one kind of request.
type asking struct {
	name  string
	bound time.Duration // of the p95 with many users; 0: none
	ratio bool          // the p99 with many is compared with that with few
	path  func(c *crowd) string
	body  func() string // of a POST; nil: a GET
}

// scale prints what lists and searches of the management API take in a tenant with few users and one with
// many, and what tenants take when there are many.
func (w *world) scale(ctx context.Context, binary string, many int) error {
	w.client = newCaller("", "").http
	few, large := &crowd{slug: "few", users: fewUsers}, &crowd{slug: "many", users: many}
	began := time.Now()
	if err := w.fill(ctx, binary, few, large); err != nil {
		return err
	}
	fmt.Printf("%d and %d users in %.0f s\n\n", few.users, large.users, time.Since(began).Seconds())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "p50 ms\tp95\tp99\tmany: p50\tp95\tp99\tp99 ratio\tCPU ms: server\tPostgres\t  ")
	missed := 0
	for i, a := range askings() {
		a, b, cpu, err := w.ask(ctx, &a, i, few, large)
		if err != nil {
			return fmt.Errorf("%s: %w", askings()[i].name, err)
		}
		what := askings()[i]
		ratio := float64(percentile(b, 99)) / float64(percentile(a, 99))
		note := ""
		if what.bound > 0 && percentile(b, 95) > what.bound || what.ratio && ratio > 1.5 {
			missed, note = missed+1, " (missed)"
		}
		ms := func(of []time.Duration, p int) float64 { return milliseconds(percentile(of, p)) }
		fmt.Fprintf(table, "%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t  %s%s\n", ms(a, 50), ms(a, 95), ms(a, 99), ms(b, 50), ms(b, 95), ms(b, 99),
			ratio, milliseconds(cpu[0])/float64(len(b)), milliseconds(cpu[1])/float64(len(b)), what.name, note)
	}
	if err := errors.Join(table.Flush(), w.moving(ctx, binary), w.tenants(ctx, binary)); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d aims were missed", missed)
	}
	return nil
}

func askings() []asking {
	get := func(query string) func(*crowd) string {
		return func(*crowd) string { return "/users?" + query }
	}
	anybody := func(c *crowd) int { return rand.IntN(c.users) } //nolint:gosec // not secret
	return []asking{
		{name: "list of 100, first page", ratio: true, path: get("limit=100")},
		{name: "list of 100, oldest first", ratio: true, path: get("limit=100&order=asc")},
		{name: "exact address", bound: 50 * time.Millisecond, path: func(c *crowd) string { return fmt.Sprintf("/users?identifier=person%d@example.com", anybody(c)) }},
		{name: "exact external id", bound: 50 * time.Millisecond, path: func(c *crowd) string { return fmt.Sprintf("/users?external_id=crm-%d", anybody(c)) }},
		{name: "substring of one", bound: 200 * time.Millisecond, path: func(c *crowd) string { return fmt.Sprintf("/users?search=son%d@ex", anybody(c)) }},
		{name: "substring of a thousandth", bound: 200 * time.Millisecond, path: func(*crowd) string { return fmt.Sprintf("/users?search=family%d", 1000+rand.IntN(1000)) }}, //nolint:gosec // not secret
		{name: "substring of all", bound: 200 * time.Millisecond, path: get("search=example.com")},
		{name: "substring of nobody", bound: 200 * time.Millisecond, path: get("search=zqxv")},
		{name: "prefix", bound: 200 * time.Millisecond, path: func(c *crowd) string { return fmt.Sprintf("/users?match=prefix&search=person%d", anybody(c)) }},
		{name: "create", path: func(*crowd) string { return "/users" }, body: func() string {
			return fmt.Sprintf(`{"email": "new%d@example.com", "profile": {"name": "New Person"}}`, rand.Int64()) //nolint:gosec // not secret
		}},
	}
}

// ask sends what is asked in turns to both tenants, and returns how long each took and what those
// of the larger one cost.
func (w *world) ask(ctx context.Context, a *asking, caller int, few, large *crowd) (small, big []time.Duration, cpu [2]time.Duration, err error) {
	for range scaleRounds {
		took, err := w.asks(ctx, a, few, caller)
		if err != nil {
			return nil, nil, cpu, err
		}
		small = append(small, took...)
		server, postgres := w.serverCPU(), w.postgres.tree()
		if took, err = w.asks(ctx, a, large, caller); err != nil {
			return nil, nil, cpu, err
		}
		big = append(big, took...)
		cpu[0], cpu[1] = cpu[0]+w.serverCPU()-server, cpu[1]+w.postgres.tree()-postgres
	}
	return small, big, cpu, nil
}

func (w *world) asks(ctx context.Context, a *asking, c *crowd, caller int) (took []time.Duration, err error) {
	for range scaleEach {
		method, body := http.MethodGet, ""
		if a.body != nil {
			method, body = http.MethodPost, a.body()
		}
		start := time.Now()
		if _, err := w.call(ctx, method, w.issuer+"/t/"+c.slug+"/admin/v1"+a.path(c), c.tokens[caller], body); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// call sends one request of the management API.
func (w *world) call(ctx context.Context, method, address, token, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", fmt.Sprint(rand.Int64())) //nolint:gosec // not secret
	}
	res, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return text, err
}

// fill makes both tenants with their users, by COPY, and gets the tokens of the callers.
func (w *world) fill(ctx context.Context, binary string, crowds ...*crowd) error {
	callers := len(askings())
	var b strings.Builder
	b.WriteString("tenants:\n")
	for _, c := range crowds {
		fmt.Fprintf(&b, "  - slug: %s\n    name: A\n    clients:\n", c.slug)
		for n := range callers {
			fmt.Fprintf(&b, "      - {client_id: caller%d, client_secret: %s, grant_types: [client_credentials], response_types: [], resources: [%q], scope: \"users:read users:write\"}\n",
				n, machine, w.issuer+"/t/"+c.slug+"/admin/v1")
		}
	}
	if err := w.apply(ctx, binary, b.String()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, c := range crowds {
		if err := c.copy(ctx, conn); err != nil {
			return fmt.Errorf("copy users: %w", err)
		}
		for n := range callers {
			token, err := w.token(ctx, c.slug, fmt.Sprint("caller", n))
			if err != nil {
				return err
			}
			c.tokens = append(c.tokens, token)
		}
	}
	if _, err = conn.Exec(ctx, `VACUUM ANALYZE users, user_identifiers`); err == nil {
		_, err = conn.Exec(ctx, `CHECKPOINT`) // what the filling cost is not for the requests to pay
	}
	return err
}

func (c *crowd) copy(ctx context.Context, conn *pgx.Conn) error {
	var tenant [16]byte
	if err := conn.QueryRow(ctx, `SELECT id FROM tenants WHERE slug = $1`, c.slug).Scan(&tenant); err != nil {
		return err
	}
	id := func(n int) [16]byte { // in order of time, as real ones are
		return [16]byte{1, 0x90, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 0x70, 0, 0x80, 9: byte(n), 10: byte(n >> 8)}
	}
	first := strings.Fields("anna bernd carla dieter elif franz gina hugo ines jonas klara leo maria nina otto paula")
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"users"}, []string{"tenant_id", "id", "email", "external_id", "profile", "email_verified"},
		pgx.CopyFromSlice(c.users, func(n int) ([]any, error) {
			name := map[string]string{"name": fmt.Sprintf("%s Family%d", first[n*7919%len(first)], n%1000+1000)}
			return []any{tenant, id(n), fmt.Sprintf("person%d@example.com", n), fmt.Sprintf("crm-%d", n), name, true}, nil
		}))
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"user_identifiers"}, []string{"tenant_id", "canonical", "kind", "user_id"},
		pgx.CopyFromSlice(c.users, func(n int) ([]any, error) {
			return []any{tenant, fmt.Sprintf("person%d@example.com", n), "email", id(n)}, nil
		}))
	return err
}

// apply applies a manifest.
func (w *world) apply(ctx context.Context, binary, manifest string) error {
	dir, err := os.MkdirTemp("", "plinto-scale")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, "scale.yaml")
	if err := os.WriteFile(name, []byte(manifest), 0o600); err != nil {
		return err
	}
	_, err = w.command(ctx, binary, "apply", "-f", name)
	return err
}

// command runs a command of the binary and returns how long it took.
func (w *world) command(ctx context.Context, binary string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = w.environment
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("plinto %s: %w: %s", args[0], err, out)
	}
	return time.Since(began), nil
}

func (w *world) token(ctx context.Context, slug, client string) (string, error) {
	return tokenAt(ctx, w.issuer+"/t/"+slug, client, "users:read users:write")
}

// tokenAt gets a token for the management API of an issuer.
func tokenAt(ctx context.Context, issuer, client, scope string) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {issuer + "/admin/v1"}, "scope": {scope}}
	return newCaller(client, machine).member(ctx, issuer+"/oauth2/token", form, "access_token")
}

// tenants prints what a tenant takes to list, create and resolve while there are few, and when there
// are many.
func (w *world) tenants(ctx context.Context, binary string) error {
	fmt.Println()
	for _, n := range []int{0, manyTenants} {
		if err := w.addTenants(ctx, n); err != nil {
			return err
		}
		var create, list, resolve []time.Duration
		for i := range 10 {
			slug := fmt.Sprintf("new-%d-%d", n, i)
			took, err := w.command(ctx, binary, "tenant", "create", slug)
			if err != nil {
				return err
			}
			create = append(create, took)
			if took, err = w.command(ctx, binary, "tenant", "list"); err != nil {
				return err
			}
			list = append(list, took)
			start := time.Now() // the first request of a tenant, of which nothing is in memory
			if _, err := w.call(ctx, http.MethodGet, w.issuer+"/t/"+slug+"/.well-known/openid-configuration", "", ""); err != nil {
				return err
			}
			resolve = append(resolve, time.Since(start))
		}
		fmt.Printf("%4d more tenants: create %.0f ms, list %.0f ms (both with the start of a process), first request of one %.1f ms\n",
			n, milliseconds(percentile(create, 50)), milliseconds(percentile(list, 50)), milliseconds(percentile(resolve, 50)))
	}
	return nil
}

func (w *world) addTenants(ctx context.Context, n int) error {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, `INSERT INTO tenants (id, slug, name) SELECT gen_random_uuid(), 'tenant-' || n, 'Tenant ' || n FROM generate_series(1, $1) n`, n)
	if err == nil {
		_, err = conn.Exec(ctx, `ANALYZE tenants`) // as autovacuum does within a minute
	}
	return err
}
