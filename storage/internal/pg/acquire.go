package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/fair"
	"plinto/tenant"
)

// How long a request waits for Postgres.
const (
	// acquireWait is for a connection that others are using.
	acquireWait = 500 * time.Millisecond
	// statementWait is for the answer to one statement, and for the connection it
	// needs to be made. Postgres itself gives up after three seconds (see
	// openPool); this is for a network that drops packets silently, where TCP alone
	// would hold the request for a quarter of an hour.
	statementWait = 4 * time.Second
	// connectWait is for a connection to be made, to each address of the host.
	connectWait = 3 * time.Second
	// ownerWait is the same for who owns the tables: no request waits.
	ownerWait = 10 * time.Second
	// pingWait is for a sign of life of a connection that was idle.
	pingWait = time.Second
)

var errBusy = errors.New("every connection to the database is in use")

// newTurns shares connections among tenants, who take turns. One tenant gets at most seven
// eighths: a tenant whose statements all wait for one row must not hold every connection.
func newTurns(conns int, wait time.Duration) *fair.Queue {
	return fair.New(wait, fair.Level{Places: conns}, fair.Level{Places: conns - conns/8})
}

// A connection is one of a pool's that is in use.
type connection struct {
	*pooled
	leave func()
}

type pooled = pgxpool.Conn

// acquire takes a connection out of the pool. It waits for connections in use for a short
// time only: after that the client has given up, and requests that hold one connection while
// they wait for another would deadlock. Opening a connection is limited by ctx alone.
func (db *DB) acquire(ctx context.Context, t *tenant.Tenant) (*connection, error) {
	found, err := db.connect(ctx, t)
	if err != nil || db.pooler == Transaction && t.Placement.Isolation != tenant.Database { // where no statement is prepared, there are no plans
		return found, err
	}
	err = WithTimeout(ctx, func(ctx context.Context) error { return replan(ctx, found.pooled, time.Now()) })
	if err != nil {
		found.release() // which closes one that is broken
		return nil, err
	}
	return found, nil
}

// connect takes a connection to where the rows of a tenant are. Nobody above this package knows how
// many pools there are.
func (db *DB) connect(ctx context.Context, t *tenant.Tenant) (*connection, error) {
	switch p := t.Placement; {
	case t.Unreadable != "":
		return nil, PlaceOf(t).absent()
	case p.Isolation == tenant.Database && !p.Database.Empty() && db.own != nil:
		return db.own.acquire(ctx, p.Database, AppRole)
	case p.Isolation == tenant.Shared, p.Isolation == tenant.Schema, p.Isolation == "":
	default:
		return nil, PlaceOf(t).absent()
	}
	leave, err := db.turns.Enter(ctx, string(t.ID[:]))
	if err != nil {
		return nil, busy(err)
	}
	conn, err := connectTo(ctx, db.shared)
	if err != nil {
		leave()
		return nil, err
	}
	return &connection{conn, leave}, nil
}

// connectTo takes a connection of a pool.
func connectTo(ctx context.Context, pool *pgxpool.Pool) (conn *pgxpool.Conn, err error) {
	err = WithTimeout(ctx, func(ctx context.Context) (err error) {
		conn, err = pool.Acquire(ctx)
		return err
	})
	return conn, err
}

// ErrPlacement reports a tenant whose rows are where this server keeps none.
var ErrPlacement = errors.New("no database for tenants of this isolation")

// busy turns an error of the queue into one about connections; errors of the context stay.
func busy(err error) error {
	if !errors.Is(err, fair.ErrLate) {
		return err
	}
	return unavailable(errBusy)
}

func (c *connection) release() {
	c.Release()
	c.leave()
}

// WithTimeout runs one exchange with Postgres for as long as statementWait lets it.
func WithTimeout(ctx context.Context, exchange func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, statementWait)
	defer cancel()
	return exchange(ctx)
}
