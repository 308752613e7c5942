package ddl

import (
	"slices"
	"testing"
)

const own = OwnTransactions + "\n"

// refused are migrations with what is wrong with them, by rule. The tables users and sessions are large, tenants is small.
var refused = map[Rule][]string{
	Rewrite: {
		`ALTER TABLE users ALTER COLUMN name TYPE varchar(200)`,
		`ALTER TABLE users ALTER name SET DATA TYPE text`,
		`ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()`,
		`ALTER TABLE ONLY public.users ADD token uuid DEFAULT (gen_random_uuid())`,
		`ALTER TABLE users ADD COLUMN seen timestamptz DEFAULT clock_timestamp(), ADD COLUMN x int`,
		`ALTER TABLE users ADD COLUMN n bigserial`,
		`ALTER TABLE users ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY`,
		`ALTER TABLE users ADD COLUMN lower_name text GENERATED ALWAYS AS (lower(name)) STORED`,
		`ALTER TABLE users ADD COLUMN address email_address`,
		`ALTER TABLE users SET UNLOGGED`,
		`ALTER TABLE users SET TABLESPACE fast`,
		`DO $$ BEGIN IF true THEN ALTER TABLE users ALTER COLUMN name TYPE bytea; END IF; END $$`,
		`DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['users'] LOOP EXECUTE format('ALTER TABLE %I ALTER COLUMN name TYPE bytea', t); END LOOP; END $$`,
		`/* ; */ ALTER TABLE "users" /* a /* b */ ; */ ALTER COLUMN name -- '
			TYPE bytea`,
	},
	Index: {
		`CREATE INDEX users_by_name ON users (name)`,
		`CREATE UNIQUE INDEX IF NOT EXISTS users_by_name ON ONLY2.users (name)`,
		`CREATE INDEX ON users (name)`,
		`ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE (tenant_id, name)`,
		`ALTER TABLE users ADD UNIQUE (tenant_id, name)`,
		`ALTER TABLE users ADD PRIMARY KEY (id)`,
		`ALTER TABLE users ADD COLUMN x text UNIQUE`,
		`ALTER TABLE users ADD CONSTRAINT apart EXCLUDE USING gist (name WITH =)`,
	},
	Constraint: {
		`ALTER TABLE users ADD CONSTRAINT users_name_check CHECK (name <> '')`,
		`ALTER TABLE users ADD CHECK (name <> 'NOT VALID')`,
		`ALTER TABLE sessions ADD CONSTRAINT f FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE`,
		`ALTER TABLE users ADD COLUMN x text CHECK (x <> '')`,
		`ALTER TABLE users ADD COLUMN x uuid DEFAULT '00000000-0000-0000-0000-000000000000' REFERENCES sessions`,
		`ALTER TABLE users ATTACH PARTITION users_past FOR VALUES FROM (1) TO (2)`,
	},
	NotNull: {
		`ALTER TABLE users ALTER COLUMN name SET NOT NULL`,
		`ALTER TABLE users ADD COLUMN x text NOT NULL`,
		`ALTER TABLE users ADD CONSTRAINT n CHECK (name IS NOT NULL) NOT VALID; ALTER TABLE users ALTER name SET NOT NULL`,
	},
	Gone: {
		`DROP TABLE users`, `DROP TABLE IF EXISTS made_by_nobody, users`, `DROP INDEX users_by_email`, `DROP VIEW v`,
		`ALTER TABLE users DROP COLUMN name`, `ALTER TABLE users DROP name`, `ALTER TABLE users DROP CONSTRAINT users_email_key`,
		`ALTER TABLE users RENAME COLUMN name TO label`, `ALTER TABLE users RENAME TO people`, `ALTER INDEX users_by_email RENAME TO x`, `ALTER TABLE users SET SCHEMA other`,
		`ALTER TABLE users ALTER created_at DROP DEFAULT`, `ALTER TABLE users DETACH PARTITION p`,
		`DROP FUNCTION announce_change()`, `DROP TRIGGER announce ON users`, `DROP POLICY tenant ON users`, `ALTER FUNCTION f() RENAME TO g`, `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f(), g()`,
		`DROP TRIGGER announce ON users; CREATE TRIGGER announce AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION announce_change()`,
		`DROP FUNCTION f(int); CREATE FUNCTION f(a int, b int DEFAULT f(1, 2)) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
		`REVOKE UPDATE ON users FROM plinto_app`, `REVOKE ALL ON FUNCTION current_tenant() FROM PUBLIC`,
		own + `DROP INDEX CONCURRENTLY IF EXISTS users_by_email`,
	},
	Rows: {
		`UPDATE users SET name = ''`, `DELETE FROM users`, `TRUNCATE TABLE users`, `INSERT INTO sessions SELECT * FROM users`, `CREATE TABLE copies AS SELECT * FROM users`,
		`DO $$ BEGIN UPDATE users SET name = ''; END $$`,
	},
	Security: {`ALTER TABLE users DISABLE ROW LEVEL SECURITY`, `ALTER TABLE users NO FORCE ROW LEVEL SECURITY`},
	Locks:    {`SET lock_timeout = 0`, `SET LOCAL statement_timeout = '1h'`, `RESET ALL`, `LOCK TABLE users`},
	Transaction: {
		`COMMIT`, `BEGIN; CREATE TABLE x (); END`,
		`CREATE INDEX CONCURRENTLY IF NOT EXISTS users_by_name ON users (name)`,
		`ALTER TABLE users VALIDATE CONSTRAINT users_name_check`,
		own + `CREATE INDEX CONCURRENTLY users_by_name ON users (name)`,
		own + `CREATE INDEX CONCURRENTLY ON users (name)`,
		own + `CREATE INDEX IF NOT EXISTS users_by_name ON users (name)`,
		own + `CREATE TABLE x ()`,
		own + `ALTER TABLE users VALIDATE CONSTRAINT a, ADD COLUMN x text`,
		own + `DROP INDEX CONCURRENTLY users_by_name`,
		own + `CREATE INDEX CONCURRENTLY IF NOT EXISTS log_by_time ON log (at)`,
	},
	Unknown: {
		`VACUUM FULL users`, `CLUSTER users`, `REINDEX TABLE users`, `SELECT rewrite_everything()`, `CREATE MATERIALIZED VIEW v AS SELECT 1`, `ALTER TABLE users INHERIT x`,
		`ALTER SYSTEM SET fsync = off`, `WITH x AS (DELETE FROM users RETURNING 1) SELECT 1`, `ALTER TABLE users DISABLE TRIGGER ALL`,
		`DO $$ BEGIN EXECUTE statement; END $$`, `DO $$ BEGIN PERFORM rewrite_everything(); END $$`, `DO LANGUAGE plpython3u $$ x $$`,
		`DO $$ DECLARE x record; BEGIN FOR x IN DELETE FROM users RETURNING id LOOP NULL; END LOOP; END $$`,
	},
}

// The tables that were there before.
const before = `CREATE TABLE users (name text); CREATE TABLE sessions (); CREATE TABLE tenants (); CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at)`

// reader has read that.
func reader(t *testing.T) *Reader {
	t.Helper()
	r := NewReader("tenants")
	if got := r.Read(before); len(got) > 0 {
		t.Fatalf("what makes tables has %v", got)
	}
	return r
}

// UPG-01, UPG-02: each rule has migrations that break it, and each of those breaks that one alone.
func TestRead_refusesWhatBreaksARule(t *testing.T) {
	t.Parallel()
	for rule, all := range refused {
		for _, sql := range all {
			var broken []Rule
			for _, e := range reader(t).Read(sql) {
				if e.Rule != "" {
					broken = append(broken, e.Rule)
				}
			}
			if broken = slices.Compact(broken); !slices.Equal(broken, []Rule{rule}) {
				t.Errorf("%s\nbreaks %q, want %q", sql, broken, rule)
			}
		}
	}
}

func TestRead_takesWhatNobodyNotices(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		`CREATE TABLE x (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n bigserial, CHECK (n > 0)); CREATE INDEX x_by_n ON x (n); ALTER TABLE x ALTER n TYPE int; DROP TABLE x`,
		`ALTER TABLE users ADD COLUMN a text NOT NULL DEFAULT '', ADD COLUMN b jsonb NOT NULL DEFAULT '{}'::jsonb, ADD c text[] DEFAULT ARRAY[]::text[], ADD d timestamptz DEFAULT now(),
			ADD e interval DEFAULT interval '1 day' NOT NULL, ADD f bigint DEFAULT -1, ADD g boolean DEFAULT NULL, ADD h double precision, ADD i uuid REFERENCES sessions`,
		`ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '') NOT VALID`,
		`ALTER TABLE users ADD CONSTRAINT k UNIQUE USING INDEX users_by_name`,
		`ALTER TABLE users ALTER name SET DEFAULT '', ALTER name DROP NOT NULL, ALTER tenant_id SET STATISTICS 0, SET (fillfactor = 90), ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE users DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (name <> ';') NOT VALID`,
		`DROP TRIGGER announce ON users; CREATE TRIGGER announce AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION announce_change()`,
		`CREATE OR REPLACE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'DELETE FROM users'; REVOKE ALL ON FUNCTION f(int, int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(int, int) TO x`,
		`CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; CREATE SEQUENCE s`,
		`CREATE INDEX log_by_time ON ONLY log (at)`,
		`INSERT INTO tenants VALUES ('x'); UPDATE tenants SET name = ''; CREATE INDEX tenants_by_name ON tenants (name)`,
		own + `CREATE INDEX CONCURRENTLY IF NOT EXISTS users_by_name ON users (name) WHERE name <> ';'; ALTER TABLE users VALIDATE CONSTRAINT c`,
		`CREATE TABLE a (); CREATE TABLE b (); DO $$ DECLARE t text; n int := 1; BEGIN n := 2; FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP
			EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t); EXECUTE format('CREATE INDEX ON %I (x)', t); END LOOP; END $$`,
		`COMMENT ON TABLE users IS 'DROP TABLE users;'; CREATE POLICY p ON users TO plinto_app USING (true)`,
	} {
		for _, e := range reader(t).Read(sql) {
			if e.Rule != "" {
				t.Errorf("%s\nbreaks a rule: %s", sql, e)
			}
		}
	}
}

// A column becomes NOT NULL over three migrations, none of which keeps anybody waiting.
func TestRead_knowsWhatMigrationsBeforeValidated(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for _, sql := range []string{
		`ALTER TABLE users ADD CONSTRAINT users_name_there CHECK (name IS NOT NULL) NOT VALID`,
		own + `ALTER TABLE users VALIDATE CONSTRAINT users_name_there`,
		`ALTER TABLE users ALTER COLUMN name SET NOT NULL, DROP CONSTRAINT users_name_there`,
	} {
		for _, e := range r.Read(sql) {
			if e.Rule != "" {
				t.Errorf("%s\nbreaks a rule: %s", sql, e)
			}
		}
	}
}

// What is said of a statement for the people who wait for it.
func TestRead_saysWhatAStatementCosts(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]Effect{
		"\n\nCREATE INDEX i ON users (name)":                              {3, "users", "builds the index i", Index, Scans, Writers},
		own + "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (name)": {2, "users", "builds the index i", "", Scans, Nobody},
		"ALTER TABLE users ALTER name TYPE bytea":                         {1, "users", "changes the type of name", Rewrite, Rewrites, Everybody},
	} {
		if got := reader(t).Read(sql); !slices.Equal(got, []Effect{want}) {
			t.Errorf("%s: %+v", sql, got)
		}
	}
}

func TestStatement_namesAndMakesItsIndexAtOnce(t *testing.T) {
	t.Parallel()
	all := Statements(own + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS s.\"Odd\" ON users (name); DROP INDEX CONCURRENTLY IF EXISTS old;\n;CREATE INDEX CONCURRENTLY ON users (a)")
	if len(all) != 3 {
		t.Fatalf("%d statements", len(all))
	}
	for n, want := range []struct{ index, atOnce string }{
		{"Odd", `CREATE UNIQUE INDEX IF NOT EXISTS s."Odd" ON users (name)`}, {"", `DROP INDEX IF EXISTS old`}, {"", `CREATE INDEX ON users (a)`},
	} {
		if all[n].ConcurrentIndex() != want.index || all[n].AtOnce() != want.atOnce {
			t.Errorf("%q makes %q, at once %q", all[n].Text, all[n].ConcurrentIndex(), all[n].AtOnce())
		}
	}
	if InOwnTransactions("CREATE TABLE x ();\n"+OwnTransactions) || !InOwnTransactions(OwnTransactions+"\r\n") {
		t.Error("only the first line says so")
	}
}

// However a text ends, reading it does.
func FuzzRead(f *testing.F) {
	for _, all := range refused {
		for _, sql := range all {
			f.Add(sql)
		}
	}
	f.Add("E'\\")
	f.Add("$a$ /* ' \"")
	f.Fuzz(func(t *testing.T, sql string) {
		NewReader().Read(sql)
		for _, s := range Statements(sql) {
			_, _ = s.AtOnce(), s.ConcurrentIndex()
		}
	})
}
