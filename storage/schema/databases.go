package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// ErrDatabaseTaken refuses a database for a tenant in which others are, such as the one that tenants share.
var ErrDatabaseTaken = fault.New(fault.Conflict, "database_taken", "Other tenants are in that database. Name one that is empty.")

// Databases knows where the databases of tenants are. Their URLs are those of the role that servers log
// in as; the role that owns the tables has the same name and password there as for the shared database.
type Databases struct {
	server string // URL of the shared database
	box    *secret.Box
}

// errNoKey reports a URL that only the encryption key opens.
var errNoKey = errors.New("the URL of its database is sealed, and PLINTO_ENCRYPTION_KEY is not set")

// NewDatabases returns the databases beside the one with that URL, and others whose URLs are sealed
// under a subkey of root; the zero root knows the former only.
func NewDatabases(server secret.String, root secret.Root) (*Databases, error) {
	d := &Databases{server: server.Reveal()}
	if root == (secret.Root{}) {
		return d, nil
	}
	var err error
	d.box, err = secret.NewBox(root.Subkey("plinto/tenant-database/v1"))
	return d, err
}

// sealedAs is the kind of what is sealed.
const sealedAs = "tenant database"

// Seal returns what is stored of a URL; nil for the empty one, which stands for the database that is
// named after the tenant.
func (d *Databases) Seal(id tenant.ID, url secret.String) ([]byte, error) {
	switch {
	case url.Empty():
		return nil, nil
	case d.box == nil:
		return nil, errNoKey
	}
	return d.box.Seal([]byte(url.Reveal()), id.String(), sealedAs), nil
}

// Open returns the URL of a tenant's database, of what Seal returned.
func (d *Databases) Open(id tenant.ID, sealed []byte) (secret.String, error) {
	if sealed == nil {
		url, err := pg.OfDatabase(d.server, pg.SchemaName(id))
		return secret.NewString(url), err
	}
	if d.box == nil {
		return secret.String{}, errNoKey
	}
	url, err := d.box.Open(sealed, id.String(), sealedAs)
	return secret.NewString(string(url)), err
}

// owner is the URL of who owns the tables of a tenant's database.
func (d *Databases) owner(shared string, id tenant.ID, sealed []byte) (string, error) {
	if sealed == nil {
		return pg.OfDatabase(shared, pg.SchemaName(id))
	}
	url, err := d.Open(id, sealed)
	if err != nil {
		return "", err
	}
	return pg.OfUser(url.Reveal(), shared)
}

// login is the role of the server, where it is not known to be there.
func (d *Databases) login(id tenant.ID, sealed []byte) (*LoginRole, error) {
	if sealed == nil {
		return nil, nil //nolint:nilnil // none is needed
	}
	url, err := d.Open(id, sealed)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(url.Reveal())
	if err != nil {
		return nil, errNoURL
	}
	return &LoginRole{Name: config.User, Password: secret.NewString(config.Password)}, nil
}

var errNoURL = errors.New("the URL of its database cannot be read")

// Make makes the database of a tenant, or what it lacks of it, as the role that owns the shared tables,
// and brings it up to date. It returns what it applied. ErrDatabaseTaken.
func (d *Databases) Make(ctx context.Context, ownerURL string, id tenant.ID, sealed []byte) (applied []string, err error) {
	url, err := d.owner(ownerURL, id, sealed)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		if err := EnsureDatabase(ctx, ownerURL, pg.SchemaName(id)); err != nil {
			return nil, err
		}
	}
	login, err := d.login(id, sealed)
	if err != nil {
		return nil, err
	}
	if applied, err = Migrate(ctx, url, login); err != nil {
		return applied, err
	}
	return applied, note(ctx, url, id)
}

// note writes the row at which foreign keys of the database end. The registry's is the one that is read.
func note(ctx context.Context, ownerURL string, id tenant.ID) error {
	return asOwner(ctx, ownerURL, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `
				INSERT INTO tenants (id, slug, name, isolation) SELECT $1, $2, $2, 'database' WHERE NOT EXISTS (SELECT FROM tenants WHERE id <> $1)
				ON CONFLICT DO NOTHING`, uuid.UUID(id), id.String())
			if err != nil {
				return fmt.Errorf("note tenant in its database: %w", err)
			}
			var alone bool
			if err := tx.QueryRow(ctx, `SELECT count(*) = 1 AND bool_and(id = $1 AND isolation = 'database') FROM tenants`, uuid.UUID(id)).Scan(&alone); err != nil {
				return fmt.Errorf("look for other tenants: %w", err)
			}
			if !alone {
				return ErrDatabaseTaken
			}
			return nil
		})
	})
}

// Discard removes what Make made for a tenant that was not stored after all: the database that is named
// after it, or the row that it has in another.
func (d *Databases) Discard(ctx context.Context, ownerURL string, id tenant.ID, sealed []byte) error {
	registered, err := isRegistered(ctx, ownerURL, id)
	if err != nil || registered {
		return err
	}
	if sealed == nil {
		return asOwner(ctx, ownerURL, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, id) })
	}
	url, err := d.owner(ownerURL, id, sealed)
	if err != nil {
		return err
	}
	return asOwner(ctx, url, func(conn *pgx.Conn) error {
		var there bool
		if err := conn.QueryRow(ctx, `SELECT to_regclass('tenants') IS NOT NULL`).Scan(&there); err != nil || !there {
			return pg.Wrap("look for tenants", err)
		}
		_, err := conn.Exec(ctx, `DELETE FROM tenants WHERE id = $1 AND isolation = 'database'`, uuid.UUID(id))
		return pg.Wrap("forget tenant in its database", err)
	})
}

// dropDatabase removes the database that is named after a tenant.
func dropDatabase(ctx context.Context, conn *pgx.Conn, id tenant.ID) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, pgx.Identifier{pg.SchemaName(id)}.Sanitize()))
	return pg.Wrap("drop database", err)
}

// isRegistered reports whether the shared database knows a tenant.
func isRegistered(ctx context.Context, ownerURL string, id tenant.ID) (registered bool, err error) {
	err = asOwner(ctx, ownerURL, func(conn *pgx.Conn) error {
		return pg.Wrap("look for tenant", conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1)`, uuid.UUID(id)).Scan(&registered))
	})
	return registered, err
}

// asOwner works on a connection of the owner of a database.
func asOwner(ctx context.Context, url string, work func(*pgx.Conn) error) (err error) {
	conn, err := connectOwner(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return work(conn)
}
