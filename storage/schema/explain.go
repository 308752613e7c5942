package schema

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"plinto/storage/internal/pg"

	"github.com/jackc/pgx/v5/pgconn"
)

// Explain says in the words of an operator why the database that a setting names cannot
// be worked with: a finding a cause, each with what to do. It returns none for errors
// that are about something else. No password is repeated.
func Explain(err error, setting string) []Finding {
	var unfit *unfitError
	if errors.As(err, &unfit) {
		return unfit.findings
	}
	var wrong *wrongRoleError
	if errors.As(err, &wrong) {
		return []Finding{wrong.finding(setting)}
	}
	var url *pg.URLError
	if errors.As(err, &url) {
		return []Finding{{true, setting + " " + url.Cause, url.Remedy}}
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return []Finding{attempt{connect.Config, setting}.explain(connect)}
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		if f, ok := explainState(said, setting); ok {
			return []Finding{f}
		}
	}
	return nil
}

// An attempt is one to connect.
type attempt struct {
	config  *pgconn.Config
	setting string // that the URL is from
}

// explain looks for what the server said before what the network did, and for both
// among the addresses of the host and the ways with and without TLS that were tried.
func (a attempt) explain(err error) Finding {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return a.said(said)
	}
	if errors.Is(err, pgconn.ErrReadOnlyConnection) || errors.Is(err, pgconn.ErrStandbyConnection) {
		return Finding{true, "no database at " + a.at() + " takes writes, as target_session_attrs asks", "name the primary in " + a.setting}
	}
	switch {
	case errors.Is(err, pg.ErrOldPrimary):
		return Finding{true, "a server at " + a.at() + " was replaced as primary, and goes on as if it were still the primary", "stop it, and make it a standby of the promoted one (pg_rewind); name the promoted one in " + a.setting}
	case errors.Is(err, pg.ErrOtherCluster):
		return Finding{true, "the servers at " + a.at() + " are of different clusters", "name a primary and its standbys in " + a.setting + "; where the cluster was replaced, as pg_upgrade does, restart Plinto"}
	}
	f, ok := a.explainTLS(err)
	if !ok {
		f = a.explainNetwork(err)
	}
	f.Cause = "the database cannot be reached: " + f.Cause
	return f
}

func (a attempt) explainNetwork(err error) Finding {
	at, correct := a.at(), "correct host and port in "+a.setting
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return Finding{true, "the host " + name.Name + " has no address", "correct the host in " + a.setting + ", or the name service of this machine"}
	case errors.As(err, &name):
		return Finding{true, "the address of " + name.Name + " cannot be asked for: " + name.Err, "look at the name service of this machine"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Finding{true, "nobody listens at " + at + ": connection refused", "start Postgres there, or " + correct}
	case errors.Is(err, fs.ErrNotExist):
		return Finding{true, "there is no socket of Postgres at " + at, "start Postgres, or correct the directory and port in " + a.setting}
	case errors.Is(err, fs.ErrPermission):
		return Finding{true, "this user may not use the socket of Postgres at " + at, "run as a user who may, or name a host in " + a.setting}
	case TimedOut(err):
		return Finding{true, at + " does not answer in time", correct + ", or let the firewalls between pass it"}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Finding{true, "no way leads to " + at, correct + ", or mend the network of this machine"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return Finding{true, at + " closes the connection at once", correct + ": it may not be Postgres, or a proxy that lets this machine not in"}
	}
	return Finding{true, at + " answers " + OneLine(errors.Unwrap(err)), "look whether " + a.setting + " names a Postgres that runs and lets the role in"}
}

// TimedOut reports whether whoever was asked did not answer in time.
func TimedOut(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// said explains what the server answered to the attempt.
func (a attempt) said(said *pgconn.PgError) Finding {
	role, database, at := a.config.User, a.config.Database, a.at()
	switch {
	case said.Code == "28P01" && a.config.Password == "":
		return Finding{true, fmt.Sprintf("the role %s needs a password, and %s has none", role, a.setting), "write it into the URL: postgres://" + role + ":PASSWORD@…"}
	case said.Code == "28P01":
		return Finding{true, fmt.Sprintf("%s does not take the password for the role %s", at, role), "correct role and password in " + a.setting + ", or set it: ALTER ROLE … PASSWORD; a role that does not exist is refused so too"}
	case said.Code == "28000" && said.Routine == "ClientAuthentication":
		remedy := "add a line for it to pg_hba.conf and reload Postgres"
		if a.secure() {
			remedy += "; where it asks for a certificate of ours, name one of an authority that it trusts: sslcert=FILE and sslkey=FILE in " + a.setting
		} else {
			remedy += "; where the server wants TLS, add sslmode=require to " + a.setting
		}
		return Finding{true, fmt.Sprintf("%s lets the role %s not connect to the database %s from here: %s", at, role, database, OneLine(said)), remedy}
	case said.Code == "28000":
		return Finding{true, fmt.Sprintf("%s lets the role %s not log in: %s", at, role, OneLine(said)), "correct the role in " + a.setting + "; plinto migrate makes the role of the server"}
	case said.Code == "3D000":
		return Finding{true, fmt.Sprintf("%s has no database %s", at, database), "correct the name in " + a.setting + ", or make it: CREATE DATABASE " + database + " ENCODING 'UTF8' TEMPLATE template0"}
	case said.Code == "42501" && said.Routine == "CheckMyDatabase":
		return Finding{true, fmt.Sprintf("the role %s may not connect to the database %s", role, database), fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", database, role)}
	case said.Code == "42501":
		return Finding{true, fmt.Sprintf("the role %s may not become %s, as the server has to", role, a.config.RuntimeParams["role"]), "run plinto migrate with this role in PLINTO_DATABASE_URL, or: GRANT " + pg.AppRole + ", " + pg.PlatformRole + " TO " + role}
	case said.Code == "22023" && a.config.RuntimeParams["role"] != "":
		return Finding{true, fmt.Sprintf("%s has no role %s: it was not prepared for Plinto", at, a.config.RuntimeParams["role"]), "run plinto migrate"}
	case said.Code == "08P01":
		return Finding{true, fmt.Sprintf("%s does not take the settings of a session, as a pooler such as PgBouncer: %s", at, OneLine(said)), "where " + a.setting + " leads to a pooler of transactions, set PLINTO_DATABASE_POOLER=transaction and name Postgres itself in PLINTO_DATABASE_DIRECT_URL; otherwise name Postgres itself in " + a.setting}
	case said.Code == "42704":
		return Finding{true, fmt.Sprintf("%s is older than Postgres %d, or something else: %s", at, oldestPostgres, OneLine(said)), "use Postgres " + fmt.Sprint(oldestPostgres) + " or newer"}
	}
	if f, ok := explainState(said, a.setting); ok {
		return f
	}
	return Finding{true, at + " refuses the connection: " + OneLine(said), "look whether " + a.setting + " names the right database, and into the log of Postgres"}
}

// at names where the attempt went, without user and password.
func (a attempt) at() string {
	places := []string{place(a.config.Host, a.config.Port)}
	for _, other := range a.config.Fallbacks {
		if p := place(other.Host, other.Port); p != places[len(places)-1] {
			places = append(places, p)
		}
	}
	return strings.Join(places, ", ")
}

func place(host string, port uint16) string {
	_, address := pgconn.NetworkAddress(host, port)
	return address
}

// secure reports whether TLS was tried.
func (a attempt) secure() bool {
	for _, other := range a.config.Fallbacks {
		if other.TLSConfig != nil {
			return true
		}
	}
	return a.config.TLSConfig != nil
}

// explainState explains what Postgres says at any time, not only to who connects.
func explainState(said *pgconn.PgError, setting string) (Finding, bool) {
	switch said.Code {
	case "53300":
		return explainLimit(said, setting), true
	case "57P03":
		return Finding{true, "Postgres is starting or stopping: " + OneLine(said), "try again in a moment; its log says what it is doing"}, true
	case "25006":
		return Finding{true, "the database takes no writes: it is a standby, or default_transaction_read_only is on", "name the primary in " + setting + " (with several hosts: target_session_attrs=read-write), or end the read-only mode"}, true
	case "42501":
		return Finding{true, "a role lacks a right: " + OneLine(said), "plinto migrate gives the role of the server what it needs; the role of PLINTO_MIGRATE_DATABASE_URL has to own the database (ALTER DATABASE … OWNER TO …) and to have CREATEROLE"}, true
	case "42P01", "3F000":
		return Finding{true, "the tables are not there, or not in the search path: " + OneLine(said), "run plinto migrate"}, true
	case "55P03":
		return Finding{true, "somebody holds a lock that was needed: " + OneLine(said), "run it again; a transaction that is open for long, such as a copy by pg_dump, keeps it away (pg_stat_activity, pg_locks)"}, true
	case "53100", "53200":
		return Finding{true, "Postgres is out of disk or memory: " + OneLine(said), "make room on the machine of the database"}, true
	}
	return Finding{}, false
}

// explainLimit tells the three limits of connections apart by the place in Postgres that
// refuses, as its words are in the language of the server.
func explainLimit(said *pgconn.PgError, setting string) Finding {
	limit, remedy := "the server has no connection free", "raise max_connections, or lower PLINTO_DATABASE_MAX_CONNS of the instances: each takes that many and 5 more"
	switch said.Routine {
	case "InitializeSessionUserId":
		limit, remedy = "the role of "+setting+" has as many connections as it may", "ALTER ROLE … CONNECTION LIMIT -1, or lower PLINTO_DATABASE_MAX_CONNS of the instances"
	case "CheckMyDatabase":
		limit, remedy = "the database has as many connections as it may", "ALTER DATABASE … CONNECTION LIMIT -1, or lower PLINTO_DATABASE_MAX_CONNS of the instances"
	}
	return Finding{true, limit + ": " + OneLine(said), remedy}
}

// OneLine is the text of an error without line breaks, of Postgres' only the message.
func OneLine(err error) string {
	if err == nil {
		return "for no reason that it says"
	}
	text := err.Error()
	var said *pgconn.PgError
	if errors.As(err, &said) {
		text = said.Message
	}
	return strings.Join(strings.Fields(text), " ")
}
