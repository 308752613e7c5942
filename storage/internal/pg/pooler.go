package pg

import (
	"github.com/jackc/pgx/v5"
)

// A Pooler says what stands between the app role's connections and Postgres. The zero value is
// nothing: a connection is a session of Postgres.
type Pooler string

// Transaction is a pooler that gives a session to a transaction and takes it back at its end, as
// PgBouncer with pool_mode = transaction. What a connection is told at its start, and statements
// that it prepared, are not known to the session that its next transaction gets. So each
// transaction brings what it relies on, with the statement that names its tenant (pooledSettings),
// and statements are parsed each time.
const Transaction Pooler = "transaction"

func (p Pooler) valid() bool { return p == "" || p == Transaction }

// tracked are the settings of a start that PgBouncer hands to every session that a connection
// gets; it refuses a connection that asks for others.
var tracked = []string{"client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings"}

// set gives a connection of a role its settings.
func (p Pooler) set(config *pgx.ConnConfig, role string) {
	params := config.RuntimeParams
	params["application_name"] = role
	if p == Transaction {
		for _, name := range tracked {
			params[name] = fixed[name]
		}
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		return
	}
	fix(config)
	params["role"] = role
	params["statement_timeout"] = statementTimeout
	params["lock_timeout"] = lockTimeout
	params["idle_in_transaction_session_timeout"] = idleTimeout
}

// How long a session may take, in milliseconds.
const (
	statementTimeout = "3000"
	lockTimeout      = "1000"
	idleTimeout      = "10000"
)

// pooledSettings make a session that anybody may have used before that of the app role until the
// transaction ends. What of fixed is not here, PgBouncer tracks, or checkPooler has looked at.
// A transaction that does not bring them works as the login role, which may read nothing.
const pooledSettings = `, set_config('role', '` + AppRole + `', true), set_config('row_security', 'on', true)` +
	`, set_config('statement_timeout', '` + statementTimeout + `', true), set_config('lock_timeout', '` + lockTimeout + `', true)` +
	`, set_config('idle_in_transaction_session_timeout', '` + idleTimeout + `', true)` +
	`, set_config('IntervalStyle', 'postgres', true), set_config('jit', 'off', true)`

// pooledDurably is Durable for a transaction.
const pooledDurably = pooledSettings + `, CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END`
