package schema

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/fault"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A Spot is where a tenant has its rows. Sealed is of a database: what Databases.Seal returned of its URL.
type Spot struct {
	Isolation tenant.Isolation
	Sealed    []byte
}

// A Mover moves the rows of one tenant, as the owner of the tables: row-level security is forced on the owner as
// well, and lets it see the rows of the tenant that its connection names (policy "move").
type Mover struct {
	Databases *Databases
	OwnerURL  string // of the shared database
	Tenant    tenant.ID
	From, To  Spot
	// Attempt is of the process that moves it: Copy and Clear do nothing once another one goes on with the move. uuid.Nil: there is no note of it.
	Attempt uuid.UUID
	// Tell hears how far copying is; nil: nobody does.
	Tell func(Copied)
}

// Copied is how far copying is.
type Copied struct {
	Table string
	Rows  int64 // when the table is done; -1: it is being copied
	Bytes int64
}

// Errors of a Mover.
var (
	// ErrSameDatabase refuses to copy a tenant to where it is.
	ErrSameDatabase = fault.New(fault.Conflict, "same_place", "The tenant is in that database already.")
	// ErrDiffers reports that the copy is not what was copied.
	ErrDiffers = errors.New("the copy differs from what was copied")
	// ErrTaken reports that another process goes on with the move, or that it is over.
	ErrTaken = errors.New("another process moves the tenant")
	// errBusy reports a transaction that does not end.
	errBusy = fault.New(fault.Unavailable, "tenant_busy", "A transaction of the server does not end. Try again in a while.")
)

// How long a Mover waits.
const (
	jobsWait  = 10 * time.Second // for jobs of the tenant that run; they are done again if they take longer
	moverWait = 5 * time.Second  // for a process that moved the tenant before
	endWait   = 30 * time.Second // for transactions that began before the old place was closed: none may take as long
	lookWait  = 50 * time.Millisecond
)

// Copy closes the old place to everybody and copies what the tenant has there into the new one, which Make and
// MigrateTenant have prepared. What the new place has of the tenant before is removed. It returns when both hold the
// same: ErrDiffers, ErrSameDatabase, ErrTaken. Whatever becomes of it, it can be called again, or Clear.
func (m *Mover) Copy(ctx context.Context) error {
	return m.ours(ctx, func() error { return m.between(ctx, func(from, to *pgx.Conn) error { return m.carry(ctx, from, to) }) })
}

func (m *Mover) carry(ctx context.Context, from, to *pgx.Conn) error {
	if m.To.Isolation == tenant.Database {
		if same, err := isSame(ctx, from, to); err != nil || same {
			return cmp.Or(err, error(ErrSameDatabase))
		}
	}
	if _, err := to.Exec(ctx, closePlace, m.id()); err != nil { // nobody works with what is there yet
		return pg.Wrap("close the new place", err)
	}
	if err := m.waitForJobs(ctx, from); err != nil {
		return err
	}
	if err := m.close(ctx, from); err != nil {
		return err
	}
	if err := m.waitForTransactions(ctx, from); err != nil {
		return err
	}
	if err := m.empty(ctx, to, m.To); err != nil {
		return err
	}
	if err := m.copy(ctx, from, to); err != nil || m.To.Isolation != tenant.Database {
		return err // where it is opened with the switch
	}
	_, err := to.Exec(ctx, openPlace, m.id())
	return pg.Wrap("open the new place", err)
}

// Clear removes what Copy has put into the new place, and opens the old one again. A new place that cannot be reached
// does not keep the tenant from its old one: Copy removes what is left there. ErrTaken.
func (m *Mover) Clear(ctx context.Context) error {
	return m.ours(ctx, func() error {
		if err := m.drop(ctx, m.To, m.From); err != nil && !errors.Is(err, ErrSameDatabase) && !pg.Away(err) {
			return err
		}
		return m.at(ctx, m.From, func(from *pgx.Conn) error {
			if m.From.Isolation == tenant.Database {
				if _, err := from.Exec(ctx, grantQueue); err != nil {
					return pg.Wrap("open the queue", err)
				}
			}
			_, err := from.Exec(ctx, openPlace, m.id())
			return pg.Wrap("open the old place", err)
		})
	})
}

// DropOld removes everything that the tenant has in the old place.
func (m *Mover) DropOld(ctx context.Context) error {
	return m.alone(ctx, func(*pgx.Conn) error { return m.drop(ctx, m.From, m.To) })
}

// alone works while no other process moves the tenant.
func (m *Mover) alone(ctx context.Context, work func(*pgx.Conn) error) error {
	return asOwner(ctx, m.OwnerURL, func(conn *pgx.Conn) error {
		// Postgres may not have noticed yet that the process before is gone.
		first, err := wait(ctx, moverWait, func() (first bool, err error) {
			err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('plinto/tenant-move ' || $1, 0))`, m.Tenant.String()).Scan(&first)
			return first, err
		})
		switch {
		case err != nil:
			return pg.Wrap("lock move", err)
		case !first:
			return tenant.ErrGoingOn
		}
		return work(conn)
	})
}

// ours works while no other process moves the tenant, and none has taken the move over. ErrTaken.
func (m *Mover) ours(ctx context.Context, work func() error) error {
	return m.alone(ctx, func(conn *pgx.Conn) error {
		if err := m.isOurs(ctx, conn); err != nil {
			return err
		}
		return work()
	})
}

// isOurs refuses a process of which another one has taken the move over while it waited: what that one has copied would be removed or
// written over while it has the tenant be there.
func (m *Mover) isOurs(ctx context.Context, conn *pgx.Conn) error {
	if m.Attempt == uuid.Nil {
		return nil
	}
	var ours bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenant_moves WHERE tenant = $1 AND attempt = $2 AND switched_at IS NULL)`, uuid.UUID(m.Tenant), m.Attempt).Scan(&ours)
	if err == nil && !ours {
		return ErrTaken
	}
	return pg.Wrap("find attempt of move", err)
}

// drop removes everything that the tenant has in a place: its schema, the database that was made for it, or its
// rows in shared tables or in a database that was there before, which stay closed to it.
// It refuses a database that is also the one of another place: ErrSameDatabase.
func (m *Mover) drop(ctx context.Context, spot, keep Spot) error {
	switch spot.Isolation {
	case tenant.Schema:
		return asOwner(ctx, m.OwnerURL, func(conn *pgx.Conn) error { return dropSchema(ctx, conn, m.Tenant) })
	case tenant.Database:
		return m.dropDatabase(ctx, spot, keep)
	default:
		return m.at(ctx, spot, func(conn *pgx.Conn) error { return m.empty(ctx, conn, spot) })
	}
}

func (m *Mover) dropDatabase(ctx context.Context, spot, keep Spot) error {
	err := m.at(ctx, spot, func(conn *pgx.Conn) error {
		err := m.at(ctx, keep, func(other *pgx.Conn) error {
			same, err := isSame(ctx, conn, other)
			if err == nil && same {
				err = ErrSameDatabase
			}
			return err
		})
		if err != nil || spot.Sealed == nil {
			return err
		}
		return m.leave(ctx, conn, spot)
	})
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "3D000" && spot.Sealed == nil {
		return nil // there is none
	}
	if err != nil || spot.Sealed != nil {
		return err
	}
	return asOwner(ctx, m.OwnerURL, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, m.Tenant) })
}

// leave removes everything of the tenant from a database that somebody else made.
func (m *Mover) leave(ctx context.Context, conn *pgx.Conn, spot Spot) error {
	var migrated bool
	err := conn.QueryRow(ctx, `SELECT to_regclass('tenant_fences') IS NOT NULL`).Scan(&migrated)
	if err != nil || !migrated {
		return pg.Wrap("look for tables", err)
	}
	if err := m.empty(ctx, conn, spot); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `DELETE FROM tenants WHERE id = $1 AND isolation = 'database'`, m.id())
	return pg.Wrap("forget tenant in its database", err)
}

// isSame reports whether two connections lead to the same database, whatever their URLs say.
func isSame(ctx context.Context, a, b *pgx.Conn) (bool, error) {
	type identity struct {
		Cluster  int64
		Database uint32
	}
	var found [2]identity
	for i, conn := range []*pgx.Conn{a, b} {
		err := conn.QueryRow(ctx, `SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database WHERE datname = current_database()`).
			Scan(&found[i].Cluster, &found[i].Database)
		if err != nil {
			return false, pg.Wrap("tell databases apart", err)
		}
	}
	return found[0] == found[1], nil
}

func (m *Mover) id() uuid.UUID { return uuid.UUID(m.Tenant) }

// between works on connections to the old place and the new one.
func (m *Mover) between(ctx context.Context, work func(from, to *pgx.Conn) error) error {
	return m.at(ctx, m.From, func(from *pgx.Conn) error {
		return m.at(ctx, m.To, func(to *pgx.Conn) error { return work(from, to) })
	})
}

// at works on a connection that finds the tables of a place by their names, and sees the rows of the tenant.
func (m *Mover) at(ctx context.Context, spot Spot, work func(*pgx.Conn) error) error {
	url, path := m.OwnerURL, ""
	switch spot.Isolation {
	case tenant.Shared, tenant.Moving:
	case tenant.Schema:
		path = pg.SchemaName(m.Tenant)
	case tenant.Database:
		var err error
		if url, err = m.Databases.owner(m.OwnerURL, m.Tenant, spot.Sealed); err != nil {
			return err
		}
	}
	return asOwner(ctx, url, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			SELECT set_config('search_path', coalesce(nullif($2, ''), current_setting('search_path')), false), set_config('plinto.moves', $1, false),
				set_config('lock_timeout', '10s', false), set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false),
				set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false), set_config('IntervalStyle', 'postgres', false)`,
			m.Tenant.String(), path)
		if err != nil {
			return pg.Wrap("name tenant to move", err)
		}
		return work(conn)
	})
}

const (
	closePlace = `INSERT INTO tenant_fences (tenant) VALUES ($1) ON CONFLICT DO NOTHING`
	openPlace  = `DELETE FROM tenant_fences WHERE tenant = $1`
)

// close has every transaction of the tenant in the old place refused that begins from now on. In a database of its
// own no job is begun either.
func (m *Mover) close(ctx context.Context, from *pgx.Conn) error {
	if _, err := from.Exec(ctx, closePlace, m.id()); err != nil {
		return pg.Wrap("close the old place", err)
	}
	if m.From.Isolation != tenant.Database {
		return nil
	}
	_, err := from.Exec(ctx, `REVOKE ALL ON river_job FROM plinto_platform`)
	return pg.Wrap("close the queue", err)
}

// waitForJobs waits for the jobs of the tenant that run. No others begin, as it is nowhere.
func (m *Mover) waitForJobs(ctx context.Context, from *pgx.Conn) error {
	queue, err := m.queueOf(ctx, m.From)
	if err != nil {
		return err
	}
	_, err = wait(ctx, jobsWait, func() (over bool, err error) {
		err = from.QueryRow(ctx, `/* jobs */ SELECT NOT EXISTS (SELECT FROM `+queue+` WHERE state = 'running' AND args ->> 'tenant_id' = $1)`, m.Tenant.String()).Scan(&over)
		return over, err
	})
	return pg.Wrap("wait for jobs", err)
}

// queueOf is the table that jobs of a place are in. The queue of a schema is the shared one.
func (m *Mover) queueOf(ctx context.Context, spot Spot) (table string, err error) {
	if spot.Isolation == tenant.Database {
		return "river_job", nil
	}
	err = asOwner(ctx, m.OwnerURL, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT format('%I.river_job', current_schema())`).Scan(&table)
	})
	return table, pg.Wrap("find the queue", err)
}

// waitForTransactions waits for all transactions of servers that may have begun before the place was closed.
func (m *Mover) waitForTransactions(ctx context.Context, from *pgx.Conn) error {
	rows, _ := from.Query(ctx, `
		SELECT l.virtualxid || ' ' || l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_roles r ON r.oid = a.usesysid
		WHERE l.locktype = 'virtualxid' AND l.granted AND a.datname = current_database() AND l.pid <> pg_backend_pid()
			AND NOT r.rolsuper AND r.rolname <> current_user AND pg_has_role(r.oid, 'plinto_app', 'MEMBER')`) // the error is also in rows
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return pg.Wrap("find transactions", err)
	}
	over, err := wait(ctx, endWait, func() (over bool, err error) {
		err = from.QueryRow(ctx, `
			SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND granted AND virtualxid || ' ' || pid = ANY ($1))`, open).Scan(&over)
		return over, err
	})
	if err == nil && !over {
		return errBusy.With(fmt.Errorf("%d transactions were open", len(open)))
	}
	return pg.Wrap("wait for transactions", err)
}

// wait looks until something is over, or has taken too long.
func wait(ctx context.Context, most time.Duration, look func() (over bool, err error)) (over bool, err error) {
	late := time.After(most)
	again := time.NewTicker(lookWait)
	defer again.Stop()
	for {
		if over, err = look(); over || err != nil {
			return over, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-late:
			return false, nil
		case <-again.C:
		}
	}
}
