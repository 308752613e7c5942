package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"plinto/internal/fair"
	"plinto/internal/secret"
)

// DefaultTenantConns is how many connections there are to all databases of tenants, unless it is said.
const DefaultTenantConns = 50

const (
	// connsPerDatabase is how many of them one database has at most, for each role.
	connsPerDatabase = 8
	// poolsKept is how many databases have a pool; one more closes the pool that was used least recently.
	poolsKept = 512
	// idleKept is how long a connection that nobody uses is kept.
	idleKept = time.Minute
	// restsFor is how long a database that could not be reached is not tried again.
	restsFor = time.Second
)

// errRests is why a database is not tried.
var errRests = errors.New("the database could not be reached a moment ago")

// pools are the connections to databases that tenants have of their own. However many databases there
// are, there are no more connections than that: where there is none left, the idle ones of the
// database that was used least recently are closed. Requests wait for their turn by database; some of the
// connections are left to TenantListeners.
type pools struct {
	options Options
	most    int // connections
	turns   *fair.Queue
	sockets *semaphore.Weighted // of connections that are open or being opened
	// fit is asked about each database before the first statement; nil: nobody is.
	fit func(context.Context, *System) error

	mu     sync.Mutex
	open   map[poolKey]*tenantPool
	missed map[secret.String]time.Time // databases that could not be reached when somebody tried last, and when that was
}

type poolKey struct {
	url  secret.String
	role string
}

// A tenantPool is the pool of one role on one database.
type tenantPool struct {
	*pgxpool.Pool
	users int // that borrowed it
	used  time.Time

	looked sync.Mutex
	fits   bool // guarded by looked; only that of the platform role is asked
}

func newPools(o Options, wait time.Duration) *pools {
	most := max(cmp.Or(o.TenantConns, DefaultTenantConns), 2)
	return &pools{
		options: o, most: most, open: map[poolKey]*tenantPool{}, missed: map[secret.String]time.Time{}, sockets: semaphore.NewWeighted(int64(most)),
		turns: fair.New(wait, fair.Level{Places: most - listenersOf(most)}, fair.Level{Places: min(connsPerDatabase, most-1)}),
	}
}

// acquire takes a connection of a role to a database.
func (p *pools) acquire(ctx context.Context, url secret.String, role string) (*connection, error) {
	missed := p.failedAt(url)
	if err := resting(missed); err != nil {
		return nil, err
	}
	turn, err := p.turns.Enter(ctx, url.Reveal())
	if err != nil {
		return nil, busy(err)
	}
	pool, done, err := p.borrow(ctx, url, role)
	if err != nil {
		turn()
		return nil, err
	}
	leave := func() {
		done()
		turn()
	}
	conn, err := connectTo(Asking(ctx), pool)
	if err != nil {
		leave()
		return nil, p.failed(url, err)
	}
	if !missed.IsZero() {
		p.reached(url)
	}
	return &connection{conn, leave}, nil
}

// borrow returns the pool of a role on a database, which stays open until done.
func (p *pools) borrow(ctx context.Context, url secret.String, role string) (pool *pgxpool.Pool, done func(), err error) {
	if err := p.look(ctx, url); err != nil {
		return nil, nil, p.failed(url, err)
	}
	t, err := p.take(ctx, poolKey{url, role})
	if err != nil {
		return nil, nil, err
	}
	return t.Pool, func() { p.giveBack(t) }, nil
}

// take notes a user of a pool, which it makes where there is none.
func (p *pools) take(ctx context.Context, key poolKey) (*tenantPool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.open[key]
	if !ok {
		made, err := p.make(ctx, key)
		if err != nil {
			return nil, err
		}
		if len(p.open) >= poolsKept {
			p.closeOldest()
		}
		t = &tenantPool{Pool: made}
		p.open[key] = t
	}
	t.users++
	t.used = time.Now()
	return t, nil
}

func (p *pools) giveBack(t *tenantPool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.users--
}

// look asks whether a database fits before anybody works with it, once for each pool.
func (p *pools) look(ctx context.Context, url secret.String) error {
	if p.fit == nil {
		return nil
	}
	t, err := p.take(ctx, poolKey{url, PlatformRole})
	if err != nil {
		return err
	}
	defer p.giveBack(t)
	t.looked.Lock()
	defer t.looked.Unlock()
	if t.fits {
		return nil
	}
	if err := p.fit(ctx, &System{pool: t.Pool}); err != nil {
		return err
	}
	t.fits = true
	p.reached(url)
	return nil
}

func (p *pools) make(ctx context.Context, key poolKey) (*pgxpool.Pool, error) {
	config, err := p.config(key)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, fmt.Errorf("open database of tenant: %w", err)
	}
	return pool, nil
}

func (p *pools) config(key poolKey) (*pgxpool.Config, error) {
	o := p.options
	o.URL = key.url.Reveal()
	config, err := poolConfig(o, key.role)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MinConns, config.MinIdleConns = connsPerDatabase, 0, 0
	config.MaxConnIdleTime = idleKept
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return p.dial(ctx, dial, network, address)
	}
	order := config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, config *pgx.ConnConfig) error {
		if order != nil {
			if err := order(ctx, config); err != nil {
				return err
			}
		}
		return resting(p.failedAt(key.url))
	}
	return config, nil
}

// resting returns an error while a database is not tried that could not be reached then.
func resting(failed time.Time) error {
	if !failed.IsZero() && time.Since(failed) < restsFor {
		return unavailable(errRests)
	}
	return nil
}

// failedAt is when a database could not be reached; zero: it could, when somebody tried last.
func (p *pools) failedAt(url secret.String) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.missed[url]
}

// reached notes that a database can be worked with.
func (p *pools) reached(url secret.String) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.missed, url)
}

// failed notes that a database cannot be worked with, and returns the error. Whatever keeps a connection from
// being made, a wrong password too, is no fault of who asks.
func (p *pools) failed(url secret.String, err error) error {
	var connect *pgconn.ConnectError
	refused := errors.As(err, &connect)
	if (refused || errors.Is(err, ErrUnavailable)) && !errors.Is(err, context.Canceled) && !errors.Is(err, errRests) {
		p.mu.Lock()
		p.missed[url] = time.Now()
		p.mu.Unlock()
	}
	if refused && !errors.Is(err, ErrUnavailable) {
		return unavailable(err)
	}
	return err
}

// dial opens one of the connections that there may be. A caller that has a turn and finds none left closes those
// that are idle: as many are in use, or listen, as there may be at most.
func (p *pools) dial(ctx context.Context, dial pgconn.DialFunc, network, address string) (net.Conn, error) {
	for !p.sockets.TryAcquire(1) {
		if p.closeIdle(ctx) {
			continue
		}
		if err := p.sockets.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		break
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		p.sockets.Release(1)
		return nil, err
	}
	return &socket{Conn: conn, closed: sync.OnceFunc(func() { p.sockets.Release(1) })}, nil
}

// A socket is counted until it is closed.
type socket struct {
	net.Conn
	closed func()
}

// NetConn is what it is wrapped around.
func (s *socket) NetConn() net.Conn { return s.Conn }

// Close implements net.Conn.
func (s *socket) Close() error {
	defer s.closed()
	return s.Conn.Close()
}

// closeIdle closes the idle connections of the pool that was used least recently, and reports whether
// there were any.
func (p *pools) closeIdle(ctx context.Context) bool {
	p.mu.Lock()
	var oldest *tenantPool
	for _, t := range p.open {
		if t.Stat().IdleConns() > 0 && (oldest == nil || t.used.Before(oldest.used)) {
			oldest = t
		}
	}
	p.mu.Unlock()
	if oldest == nil {
		return false
	}
	idle := oldest.AcquireAllIdle(ctx)
	for _, c := range idle {
		_ = c.Conn().Close(ctx) // the pool notices when it gets it back
		c.Release()
	}
	return len(idle) > 0
}

// closeOldest closes the pool that was used least recently of those that nobody uses.
func (p *pools) closeOldest() {
	var oldest poolKey
	var found *tenantPool
	for key, t := range p.open {
		if t.users == 0 && (found == nil || t.used.Before(found.used)) {
			oldest, found = key, t
		}
	}
	if found != nil {
		delete(p.open, oldest)
		go found.Close()
	}
}

// TenantStat counts the connections to databases of tenants.
type TenantStat struct {
	Used, Idle, Max int
	Turns           fair.Stat // of those who ask
	Databases       int       // that have a pool
	Resting         int       // that could not be reached a moment ago
}

// TenantStat counts connections to databases that tenants have of their own.
func (db *DB) TenantStat() TenantStat {
	if db.own == nil {
		return TenantStat{}
	}
	return db.own.stat()
}

// awake reports whether there is a connection to a database, which answers.
func (p *pools) awake(url secret.String) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.open[poolKey{url, PlatformRole}]
	return ok && p.missed[url].IsZero() && t.Stat().TotalConns() > 0
}

func (p *pools) stat() (s TenantStat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	databases := map[secret.String]bool{}
	for key, t := range p.open {
		databases[key.url] = true
		s.Used += int(t.Stat().AcquiredConns())
		s.Idle += int(t.Stat().IdleConns())
	}
	for _, at := range p.missed {
		if time.Since(at) < restsFor {
			s.Resting++
		}
	}
	s.Databases, s.Max, s.Turns = len(databases), p.most, p.turns.Stat()
	return s
}

// close closes every connection.
func (p *pools) close() {
	p.mu.Lock()
	all := p.open
	p.open = map[poolKey]*tenantPool{}
	p.mu.Unlock()
	for _, t := range all {
		t.Close()
	}
}
