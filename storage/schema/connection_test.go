package schema

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// shown returns what a connection is set to.
func shown(t *testing.T, conn *pgx.Conn, setting string) (value string) {
	t.Helper()
	must(t, conn.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&value))
	return value
}

// P2: what was answered is on disk, whatever the defaults are.
func TestConnections_waitForTheDiskAndKeepTheirSettings(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migrated(t))
	conn, err := pgx.Connect(t.Context(), owner)
	must(t, err)
	defer conn.Close(context.Background())
	name := shownDatabase(t, conn)
	wants := map[string]string{
		"default_transaction_isolation": "read committed", "TimeZone": "UTC", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres",
		"standard_conforming_strings": "on", "row_security": "on", "client_encoding": "UTF8", "idle_session_timeout": "0", "jit": "off",
	}
	others := map[string]string{
		"default_transaction_isolation": "repeatable read", "TimeZone": "Asia/Kolkata", "DateStyle": "German, DMY", "IntervalStyle": "iso_8601",
		"standard_conforming_strings": "off", "row_security": "off", "client_encoding": "LATIN1", "idle_session_timeout": "1min", "jit": "on",
	}
	for setting, value := range others {
		_, err := conn.Exec(t.Context(), `ALTER DATABASE `+name+` SET "`+setting+`" = '`+value+`'`)
		must(t, err)
	}
	for given, want := range map[string]string{"off": "on", "on": "on", "local": "local", "remote_apply": "remote_apply"} {
		_, err := conn.Exec(t.Context(), `ALTER DATABASE `+name+` SET synchronous_commit = '`+given+`'`)
		must(t, err)
		wants["synchronous_commit"] = want
		migrating, err := connectOwner(t.Context(), owner)
		must(t, err)
		app, system, err := pg.Open(t.Context(), pg.Options{URL: owner})
		must(t, err)
		platform, err := system.Pool().Acquire(t.Context())
		must(t, err)
		for setting, want := range wants {
			for who, at := range map[string]*pgx.Conn{"migrating": migrating, "platform": platform.Conn()} {
				if got := shown(t, at, setting); got != want {
					t.Errorf("%s, %s in commits: %s is %s, want %s", who, given, setting, got, want)
				}
			}
			ctx := tenant.With(t.Context(), &tenant.Tenant{})
			got, err := pg.One(ctx, app, pgx.RowTo[string], `SELECT current_setting($1)`, setting)
			if err != nil || got != want {
				t.Errorf("app, %s in commits: %s is %s, %v, want %s", given, setting, got, err, want)
			}
		}
		if got := shown(t, migrating, "statement_timeout"); got != "0" {
			t.Errorf("a migration ends after %s", got)
		}
		platform.Release()
		app.Close()
		system.Close()
		must(t, migrating.Close(t.Context()))
	}
}

func shownDatabase(t *testing.T, conn *pgx.Conn) (name string) {
	t.Helper()
	must(t, conn.QueryRow(t.Context(), `SELECT quote_ident(current_database())`).Scan(&name))
	return name
}

func TestCheckVersion_readsEveryForm(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"15.18 (Debian 15.18-0+deb12u1)": "15", "18beta1": "18", "9.6.24": "9", "": ""} {
		if got := leadingDigits(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}
