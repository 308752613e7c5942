package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// fixed are the settings that our statements rely on. A database, a role or the server
// may have other defaults; what a connection asks for at its start wins over them.
//
// What is not here stays the administrator's: the search path (an installation may have
// a schema of its own), and default_transaction_read_only, by which writes are stopped.
var fixed = map[string]string{
	"client_encoding":               "UTF8",
	"DateStyle":                     "ISO, MDY",
	"IntervalStyle":                 "postgres",
	"TimeZone":                      "UTC",
	"standard_conforming_strings":   "on",
	"default_transaction_isolation": "read committed", // a statement that waited for a row sees what it waited for
	"row_security":                  "on",             // "off" turns every query into an error
	"idle_session_timeout":          "0",              // pools and the listener keep connections that rest
	"jit":                           "off",            // compiling takes longer than any statement of ours
}

// fix gives a connection the fixed settings.
func fix(config *pgx.ConnConfig) {
	for name, value := range fixed {
		config.RuntimeParams[name] = value
	}
}

// OwnerConfig reads the URL of the role that owns the tables. Its work takes as long as
// it takes: the limits of the server's connections are not for it. A URL that cannot be
// read is a *URLError.
func OwnerConfig(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, readURL(err)
	}
	fix(config.ConnConfig)
	for _, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		config.ConnConfig.RuntimeParams[name] = "0"
	}
	config.ConnConfig.ConnectTimeout = ownerWait
	config.AfterConnect = Durable
	newFences().of(config.ConnConfig).guardPool(config)
	return config, nil
}

// Durable makes commits wait for the disk where the defaults say that they need not:
// what was answered must survive a crash (a code that was spent, a sign-out). Settings
// that wait for more than our own disk stay as they are. The statement is no tracer's.
func Durable(ctx context.Context, conn *pgx.Conn) error {
	err := conn.PgConn().Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`).Close()
	if err != nil {
		return fmt.Errorf("set synchronous_commit: %w", err)
	}
	return nil
}
