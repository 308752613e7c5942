package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
)

// Of rounds in turns with the small and the grown world, one request after the other.
const (
	growthRounds = 9
	growthEach   = 400
	// largest is how much longer the p99 may be in the grown world.
	largest = 1.3
	// lookers are the callers of the management API, each of which has a limit of its own.
	lookers = 12
)

// A growth is a tenant with few users alone beside one with many among many tenants.
type growth struct {
	small, grown *world
	users        int
	tenants      int
}

// measureGrowth prints how long sign-ins, refreshes, introspection and look-ups take with 1,000 users and
// one tenant, and with so many, each with a session, a grant and tokens; which tables were read whole meanwhile;
// and what so many tenants leave in memory.
func measureGrowth(ctx context.Context, binary string, users, tenants int) (err error) {
	g := &growth{users: users, tenants: tenants}
	for _, w := range []**world{&g.small, &g.grown} {
		if *w, err = startWorld(ctx, binary, &world{isolation: "shared", processes: 1, lookers: lookers}, false); err != nil {
			return err
		}
		defer (*w).stop()
	}
	began := time.Now()
	for w, n := range map[*world]int{g.small: fewUsers, g.grown: users} {
		if err := w.grow(ctx, n); err != nil {
			return err
		}
	}
	if err := g.grown.addTenants(ctx, tenants); err != nil {
		return err
	}
	fmt.Printf("%d users; %d users and %d tenants: made in %.0f s\n\n", fewUsers, users, tenants, time.Since(began).Seconds())
	missed, err := g.compare(ctx)
	if err != nil {
		return err
	}
	if err := g.resolve(ctx); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d aims were missed", missed)
	}
	return nil
}

// compare measures both worlds in turns.
func (g *growth) compare(ctx context.Context) (missed int, err error) {
	before, err := g.grown.wholeReads(ctx)
	if err != nil {
		return 0, err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "p50 ms\tp99\tgrown: p50\tp99\tp99 ratio\t  ")
	for i, name := range g.names() {
		a, b, ratio, err := g.turns(ctx, i)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		note := ""
		if ratio > largest {
			missed, note = missed+1, " (missed)"
		}
		fmt.Fprintf(table, "%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t  %s%s\n", milliseconds(percentile(a, 50)), milliseconds(percentile(a, 99)),
			milliseconds(percentile(b, 50)), milliseconds(percentile(b, 99)), ratio, name, note)
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	after, err := g.grown.wholeReads(ctx)
	if err != nil {
		return 0, err
	}
	fmt.Println()
	for name, n := range after {
		if n > before[name] {
			missed++
			fmt.Printf("%s was read whole %d times (missed)\n", name, n-before[name])
		}
	}
	fmt.Printf("of %d tables with more than %d rows\n", len(after), manyRows)
	return missed, nil
}

func (g *growth) names() []string {
	var names []string
	for _, s := range g.small.growing() {
		names = append(names, s.name)
	}
	return names
}

// turns measures scenario i in both worlds, with workers of their own. ratio is the median over the rounds of
// how the p99 compare: one pause of the machine is not the grown world's.
func (g *growth) turns(ctx context.Context, i int) (small, grown []time.Duration, ratio float64, err error) {
	workers := map[*world]worker{}
	for _, w := range []*world{g.small, g.grown} {
		if workers[w], err = w.growing()[i].make(ctx, w.issuer, "", rand.IntN(users)); err != nil { //nolint:gosec // not secret
			return nil, nil, 0, err
		}
		if _, err = repeat(ctx, workers[w], growthEach/4); err != nil { // warms up
			return nil, nil, 0, err
		}
	}
	var ratios []float64
	for range growthRounds {
		a, err := repeat(ctx, workers[g.small], growthEach)
		if err != nil {
			return nil, nil, 0, err
		}
		b, err := repeat(ctx, workers[g.grown], growthEach)
		if err != nil {
			return nil, nil, 0, err
		}
		small, grown = append(small, a...), append(grown, b...)
		ratios = append(ratios, float64(percentile(b, 99))/float64(percentile(a, 99)))
	}
	slices.Sort(ratios)
	return small, grown, ratios[len(ratios)/2], nil
}

// errWrong reports an answer that was not what it should be.
var errWrong = errors.New("a wrong answer")

func repeat(ctx context.Context, w worker, n int) (took []time.Duration, err error) {
	for range n {
		start := time.Now()
		if !w.do(ctx) {
			return nil, errors.Join(errWrong, ctx.Err())
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// growing are the scenarios that should not notice how many users there are.
func (w *world) growing() []scenario {
	of := []string{"refresh, rotating, with an ID token", "introspection", "userinfo"}
	all := slices.DeleteFunc(w.scenarios(), func(s scenario) bool { return !slices.Contains(of, s.name) })
	return append(all, scenario{name: "login with a session", make: w.comingBack}, scenario{name: "user look-up by address", make: w.lookingUp})
}

// comingBack has browsers sign in by their sessions in turns: how often one does is limited.
func (w *world) comingBack(ctx context.Context, base, path string, _ int) (worker, error) {
	browsers, err := w.workers(ctx, scenario{make: w.signingIn(false)}, base, path, users)
	next := 0
	return doing(func(ctx context.Context) bool {
		next++
		return browsers[next%len(browsers)].do(ctx)
	}), err
}

func (w *world) lookingUp(ctx context.Context, base, _ string, _ int) (worker, error) {
	var callers []string
	for n := range lookers {
		token, err := tokenAt(ctx, base, fmt.Sprint("looker", n), "users:read")
		if err != nil {
			return nil, err
		}
		callers = append(callers, token)
	}
	w.client, w.asked = newCaller("", "").http, 0
	return doing(func(ctx context.Context) bool {
		w.asked++
		_, err := w.call(ctx, http.MethodGet, fmt.Sprintf("%s/admin/v1/users?identifier=person%d@example.com", base, rand.IntN(fewUsers)), callers[w.asked%lookers], "") //nolint:gosec // not secret
		return err == nil
	}), nil
}

// grow fills the measured tenant with users, each of which has what one that signed in really has.
func (w *world) grow(ctx context.Context, n int) error {
	if _, err := w.signIn(ctx, newBrowser(0), "refresh_token"); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := (&crowd{slug: "bench", users: n}).copy(ctx, conn); err != nil {
		return fmt.Errorf("copy users: %w", err)
	}
	if _, err := conn.Exec(ctx, `SET session_replication_role = replica`); err != nil { // no triggers, no foreign keys
		return err
	}
	for _, t := range multiplied {
		if err := t.multiply(ctx, conn); err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	if _, err = conn.Exec(ctx, `VACUUM ANALYZE`); err == nil {
		_, err = conn.Exec(ctx, `CHECKPOINT`)
	}
	return err
}

// A multiplied table gets a row for each user u, like one that is there, but for some columns.
type multiplying struct {
	name string
	with map[string]string
}

var multiplied = []multiplying{
	{"sessions", map[string]string{"id": `md5(u.id || 's')::uuid`, "user_id": `u.id`, "token_hash": `decode(md5(u.id || 't') || md5(u.id || 'T'), 'hex')`}},
	{"grants", map[string]string{"id": `md5(u.id || 'g')::uuid`, "user_id": `u.id`, "session_id": `md5(u.id || 's')::uuid`}},
	{"refresh_tokens", map[string]string{"hash": `decode(md5(u.id || 'r') || md5(u.id || 'R'), 'hex')`, "grant_id": `md5(u.id || 'g')::uuid`}},
}

func (m multiplying) multiply(ctx context.Context, conn *pgx.Conn) error {
	rows, _ := conn.Query(ctx, `SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER'`, m.name)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	values := make([]string, len(columns))
	for i, column := range columns {
		if values[i] = m.with[column]; values[i] == "" {
			values[i] = "like_." + column
		}
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM (SELECT * FROM %[1]s LIMIT 1) like_
		JOIN users u ON u.tenant_id = like_.tenant_id AND u.email LIKE 'person%%'`, m.name, strings.Join(columns, ", "), strings.Join(values, ", ")))
	return err
}

// manyRows is what makes a table one that no request may read whole.
const manyRows = 5000

// wholeReads returns how often tables with many rows were read from end to end.
func (w *world) wholeReads(ctx context.Context) (map[string]int64, error) {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > $1`, manyRows)
	if err != nil {
		return nil, err
	}
	found := map[string]int64{}
	var name string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error { found[name] = n; return nil })
	return found, err
}

// resolve asks every tenant for its documents, twice, and prints what that takes and leaves in memory.
func (g *growth) resolve(ctx context.Context) error {
	w, c := g.grown, newCaller("", "")
	fmt.Printf("\n%d MiB resident\n", w.server.rss())
	for range 2 {
		var took []time.Duration
		for n := range g.tenants {
			start := time.Now()
			a, err := c.send(ctx, fmt.Sprintf("%s/t/tenant-%d/.well-known/openid-configuration", w.issuer, n+1), nil, "")
			if err != nil || a.status != http.StatusOK {
				return fmt.Errorf("discovery of a tenant: %d, %w", a.status, err)
			}
			took = append(took, time.Since(start))
		}
		fmt.Printf("discovery of %d tenants: p50 %.2f ms, p99 %.2f ms; then %d MiB resident\n", g.tenants,
			milliseconds(percentile(took, 50)), milliseconds(percentile(took, 99)), w.server.rss())
	}
	return nil
}
