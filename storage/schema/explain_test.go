package schema

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
)

// refusing is a server that ends every connection with an error.
func refusing(t *testing.T, e pgproto3.ErrorResponse) string {
	e.Severity = "FATAL"
	return "postgres://plinto@" + testservice.Listen(t, func(conn net.Conn) {
		backend := pgproto3.NewBackend(conn, conn)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			return
		}
		backend.Send(&e)
		_ = backend.Flush()
	}) + "/plinto?sslmode=disable"
}

// inTLS is a server that agrees to TLS and gets no further.
func inTLS(t *testing.T, of testservice.Certificate, ask tls.ClientAuthType) string {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(of.PEM), []byte(of.Key))
	must(t, err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: ask}
	return testservice.Listen(t, func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 8)); err != nil { // SSLRequest
			return
		}
		_, _ = conn.Write([]byte("S"))
		_ = tls.Server(conn, config).Handshake()
	})
}

// opens says what a start or, as an owner, Migrate finds in the way.
func opens(t *testing.T, address string, owner bool) Finding {
	t.Helper()
	var err error
	if owner {
		_, err = Migrate(t.Context(), address, nil)
	} else {
		err = open(t.Context(), address)
	}
	if err == nil {
		t.Errorf("%s: it works", address)
		return Finding{}
	}
	all := Explain(err, "THE_URL")
	if len(all) == 0 {
		t.Errorf("%s: nothing is said of %v", address, err)
		return Finding{}
	}
	if text := fmt.Sprint(all, err); strings.Contains(text, "hunter2") {
		t.Errorf("a password is shown: %s", text)
	}
	return all[0]
}

// open does what a server does at its start.
func open(ctx context.Context, address string) error {
	db, system, err := pg.Open(ctx, pg.Options{URL: address})
	if err != nil {
		return err
	}
	defer db.Close()
	defer system.Close()
	findings, err := Check(ctx, system)
	if err != nil {
		return err
	}
	return Refuse(findings)
}

// says checks that cause and remedy hold the words, on one line each.
func (f Finding) says(t *testing.T, name, cause, remedy string) {
	t.Helper()
	if !f.Fatal || !strings.Contains(f.Cause, cause) || !strings.Contains(f.Remedy, remedy) || strings.Contains(f.Cause+f.Remedy, "\n") {
		t.Errorf("%s: got\n%s\n→ %s\nwant\n%s\n→ %s", name, f.Cause, f.Remedy, cause, remedy)
	}
}

// What a server that nobody set up, or that is none, lets us see.
func TestExplain_namesWhatIsInTheWayOfAConnection(t *testing.T) {
	t.Parallel()
	good, old := testservice.SelfSigned(t, "db.example", time.Now().Add(time.Hour)), testservice.SelfSigned(t, "db.example", time.Now().Add(-time.Hour))
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	root, oldRoot, empty := file("root.pem", good.PEM), file("old.pem", old.PEM), file("empty.pem", "nothing")
	closed := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		return l.Addr().String()
	}()
	with := func(address, query string) string { return "postgres://plinto:hunter2@" + address + "/plinto?" + query }
	for name, c := range map[string]struct{ url, cause, remedy string }{
		"a port where nobody listens": {with(closed, ""), "nobody listens at " + closed + ": connection refused", "correct host and port in THE_URL"},
		"a host without an address":   {with("db.invalid:5432", ""), "the host db.invalid has no address", "correct the host in THE_URL"},
		"a socket that is not there":  {"postgres://plinto@/plinto?host=" + dir, "there is no socket of Postgres at " + dir, "directory and port in THE_URL"},
		"a server that says nothing": {
			with(testservice.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1000)); <-t.Context().Done() }), "sslmode=disable"),
			"does not answer in time", "firewalls",
		},
		"one that hangs up":    {with(testservice.Listen(t, func(net.Conn) {}), ""), "closes the connection at once", "may not be Postgres"},
		"TLS, refused":         {with(testservice.Listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 8)); _, _ = c.Write([]byte("N")) }), "sslmode=require"), "offers no TLS", "ssl = on"},
		"an unknown authority": {with(inTLS(t, good, tls.NoClientCert), "sslmode=verify-ca"), "an authority that this machine does not trust", "add sslrootcert=FILE"},
		"another name":         {with(inTLS(t, good, tls.NoClientCert), "sslmode=verify-full&sslrootcert="+root), "is for db.example, not for 127.0.0.1", "sslmode=verify-ca"},
		"an old certificate":   {with(inTLS(t, old, tls.NoClientCert), "sslmode=verify-ca&sslrootcert="+oldRoot), "is not good: x509: certificate has expired", "clocks"},
		"a certificate of ours is wanted": {
			with(inTLS(t, good, tls.RequireAnyClientCert), "sslmode=require"),
			"ends TLS: tls: certificate required", "sslcert=FILE",
		},
		"no TLS at all": {
			with(testservice.Listen(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 8))
				_, _ = c.Write([]byte("SHTTP/1.1 400 Bad Request\r\n\r\n"))
			}), "sslmode=require"),
			"answers, but not in TLS", "may not be Postgres",
		},
		"an authority file that is missing": {with(closed, "sslmode=verify-ca&sslrootcert="+dir+"/absent.pem"), "THE_URL names the file " + dir + "/absent.pem, which cannot be read", "sslrootcert"},
		"one without a certificate":         {with(closed, "sslmode=verify-ca&sslrootcert="+empty), "holds no certificate", "PEM"},
		"a mode of TLS that is none":        {with(closed, "sslmode=required"), "THE_URL has an sslmode that does not exist", "verify-full"},
		"a URL that cannot be read":         {"postgres://plinto:hunter2@db:port/plinto", "THE_URL cannot be read", "postgres://user:password@host:5432/database"},
		"a pooler":                          {refusing(t, pgproto3.ErrorResponse{Code: "08P01", Message: "unsupported startup parameter: role"}), "as a pooler such as PgBouncer", "set PLINTO_DATABASE_POOLER=transaction"},
		"an old Postgres":                   {refusing(t, pgproto3.ErrorResponse{Code: "42704", Message: "unrecognized configuration parameter"}), "older than Postgres 15", "use Postgres 15"},
		"a server that starts":              {refusing(t, pgproto3.ErrorResponse{Code: "57P03", Message: "das Datenbanksystem startet"}), "starting or stopping: das Datenbanksystem startet", "try again"},
		"a full disk":                       {refusing(t, pgproto3.ErrorResponse{Code: "53100", Message: "no space"}), "out of disk or memory", "make room"},
		"a password that was not sent":      {refusing(t, pgproto3.ErrorResponse{Code: "28P01"}), "the role plinto needs a password, and THE_URL has none", "PASSWORD@"},
		"what nobody thought of":            {refusing(t, pgproto3.ErrorResponse{Code: "XX000", Message: "odd\nthing"}), "refuses the connection: odd thing", "log of Postgres"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opens(t, c.url, false).says(t, name, c.cause, c.remedy)
		})
	}
}

// What a server says that other people set up, one thing after the other.
func TestExplain_namesWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	cert := testservice.SelfSigned(t, "db.example", time.Now().Add(time.Hour))
	server := testservice.NewPostgres(t, testservice.PostgresOptions{
		Access: "hostssl all in_tls 127.0.0.1/32 trust\nhostnossl all in_tls 127.0.0.1/32 reject\n" +
			"host all with_password 127.0.0.1/32 scram-sha-256\nhost all unwanted 127.0.0.1/32 reject\n",
		Files:    map[string]string{"server.crt": cert.PEM, "server.key": cert.Key},
		Settings: []string{"ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "max_connections=25", "wal_level=replica"},
	})
	at := func(role, database, query string) string {
		u, err := url.Parse(server.URL())
		must(t, err)
		u.User, u.Path, u.RawQuery = url.User(role), "/"+database, query
		if role == "with_password" {
			u.User = url.UserPassword(role, "hunter2")
		}
		return u.String()
	}
	opens(t, server.URL(), false).says(t, "not prepared", "has no role plinto_", "run plinto migrate")
	prepare(t, server, []string{
		`CREATE DATABASE plinto`, `CREATE DATABASE bare`, `CREATE DATABASE closed`, `REVOKE CONNECT ON DATABASE closed FROM PUBLIC`,
		`CREATE DATABASE full_up`, `CREATE DATABASE apart`, `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`, `CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0`,
		`CREATE ROLE stranger LOGIN`, `CREATE ROLE closed_out`, `CREATE ROLE maker LOGIN CREATEROLE`,
	})
	for _, database := range []string{"plinto", "full_up"} {
		_, err := Migrate(t.Context(), in(t, server, database, ""), &LoginRole{Name: "plinto_server"})
		must(t, err)
	}
	prepare(t, server, []string{
		`ALTER DATABASE full_up CONNECTION LIMIT 0`, `CREATE ROLE limited LOGIN NOINHERIT CONNECTION LIMIT 0 IN ROLE plinto_app, plinto_platform`,
		`CREATE ROLE in_tls LOGIN NOINHERIT IN ROLE plinto_app, plinto_platform`, `CREATE ROLE with_password LOGIN PASSWORD 'another' NOINHERIT IN ROLE plinto_app, plinto_platform`,
		`CREATE ROLE unwanted LOGIN NOINHERIT IN ROLE plinto_app, plinto_platform`,
	})
	for _, c := range []struct {
		name, url     string
		owner         bool
		cause, remedy string
	}{
		{"a database that is not there", at("plinto_server", "plint", ""), false, "has no database plint", "correct the name in THE_URL"},
		{"a wrong password", at("with_password", "plinto", ""), false, "does not take the password for the role with_password", "a role that does not exist"},
		{"a role that does not exist", at("nobody", "plinto", ""), false, `lets the role nobody not log in: role "nobody" does not exist`, "correct the role in THE_URL"},
		{"a role that may not log in", at("closed_out", "plinto", ""), false, "lets the role closed_out not log in", "correct the role"},
		{"pg_hba.conf, without TLS", at("in_tls", "plinto", "sslmode=disable"), false, "lets the role in_tls not connect to the database plinto from here", "add sslmode=require to THE_URL"},
		{"pg_hba.conf", at("unwanted", "plinto", ""), false, "lets the role unwanted not connect", "add a line for it to pg_hba.conf"},
		{"the name in the certificate", at("in_tls", "plinto", "sslmode=verify-full"), false, "is for db.example, not for 127.0.0.1", "use that name"},
		{"the right to connect", at("plinto_server", "closed", ""), false, "may not connect to the database closed", "GRANT CONNECT ON DATABASE closed TO plinto_server"},
		{"a role of somebody else", at("stranger", "plinto", ""), false, "the role stranger may not become plinto_", "GRANT plinto_app, plinto_platform TO stranger"},
		{"a limit of the role", at("limited", "plinto", ""), false, "the role of THE_URL has as many connections as it may", "CONNECTION LIMIT"},
		{"a limit of the database", at("plinto_server", "full_up", ""), false, "the database has as many connections as it may", "ALTER DATABASE"},
		{"no tables", at("plinto_server", "bare", ""), false, "the database bare has no tables of Plinto", "run plinto migrate"},
		{"an encoding", at("plinto_server", "latin", ""), false, "is encoded in LATIN1", "ENCODING 'UTF8'"},
		{"no encoding", at("plinto_server", "ascii", ""), false, "is encoded in SQL_ASCII", "ENCODING 'UTF8'"},
		{"an encoding, migrating", in(t, server, "latin", ""), true, "is encoded in LATIN1", "ENCODING 'UTF8'"},
		{"an owner who owns nothing", at("maker", "bare", ""), true, "a role lacks a right: permission denied for schema public", "has to own the database"},
		{"an owner without CREATEROLE", at("stranger", "bare", ""), true, "a role lacks a right: ", "CREATEROLE"},
		{"a search path that leads nowhere", at("maker", "bare", "search_path=nowhere"), true, "search path", "run plinto migrate"},
	} {
		opens(t, c.url, c.owner).says(t, c.name, c.cause, c.remedy)
	}
	schemaApart(t, server, at)
	reads(t, server, at)
}

// schemaApart shows that the tables may be in a schema of their own, if it is named.
func schemaApart(t *testing.T, server *testservice.PostgresServer, at func(role, database, query string) string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), in(t, server, "apart", ""))
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `CREATE SCHEMA identity`)
	must(t, err)
	_, err = Migrate(t.Context(), in(t, server, "apart", "search_path=identity"), &LoginRole{Name: "plinto_server"})
	must(t, err)
	opens(t, at("plinto_server", "apart", ""), false).says(t, "another schema", "the tables are in the schema identity, which is not in the search path", "add search_path=identity")
	if err := open(t.Context(), at("plinto_server", "apart", "search_path=identity")); err != nil {
		t.Errorf("in a schema that is named: %v", err)
	}
}

// reads fills the server up, then makes a standby of it.
func reads(t *testing.T, server *testservice.PostgresServer, at func(role, database, query string) string) {
	t.Helper()
	for n := 0; ; n++ {
		conn, err := pgx.Connect(t.Context(), at("plinto_server", "plinto", ""))
		if err != nil {
			break
		}
		defer conn.Close(context.Background())
		if n > 25 {
			t.Fatal("the server has no limit")
		}
	}
	opens(t, at("plinto_server", "plinto", ""), false).says(t, "a limit of the server", "the server has no connection free: ", "raise max_connections")
	must(t, server.Standby())
	opens(t, in(t, server, "bare", ""), true).says(t, "a standby", "the database takes no writes: it is a standby", "target_session_attrs=read-write")
	opens(t, at("plinto_server", "plinto", "target_session_attrs=read-write"), false).says(t, "only standbys", "takes writes, as target_session_attrs asks", "name the primary")
	must(t, open(t.Context(), at("plinto_server", "plinto", ""))) // it may be promoted any time
	_, system, err := pg.Open(t.Context(), pg.Options{URL: at("plinto_server", "plinto", "")})
	must(t, err)
	defer system.Close()
	if err := Ready(t.Context(), system, time.Now); err == nil {
		t.Error("ready on a standby")
	}
}

// in is the superuser's URL of a database.
func in(t *testing.T, server *testservice.PostgresServer, database, query string) string {
	t.Helper()
	u, err := url.Parse(server.URL())
	must(t, err)
	u.Path, u.RawQuery = "/"+database, query
	return u.String()
}

func prepare(t *testing.T, server *testservice.PostgresServer, statements []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	must(t, err)
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}
