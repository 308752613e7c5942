package pg

import "testing"

func TestDescribe_namesVerbAndTable(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"BEGIN":  "",
		"COMMIT": "",
		"SELECT set_config('plinto.tenant', $1, true)":                                                          "",
		"SELECT a, b FROM users WHERE id = $1":                                                                  "SELECT users",
		"\n\t\tUPDATE codes SET spent_at = now()\n\t\tWHERE id = $1 RETURNING id":                               "UPDATE codes",
		"INSERT INTO events (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = b":                              "INSERT events",
		"DELETE FROM flows WHERE id = $1":                                                                       "DELETE flows",
		"WITH found AS (SELECT 1 FROM grants) SELECT * FROM found":                                              "SELECT grants",
		"WITH f AS (SELECT * FROM unnest(@ids)), s AS (INSERT INTO events SELECT * FROM f) INSERT INTO a_log S": "INSERT events",
		"SELECT id FROM jobs FOR UPDATE SKIP LOCKED":                                                            "SELECT jobs",
		"SELECT id FROM jobs WHERE a FOR NO KEY UPDATE LIMIT 1":                                                 "SELECT jobs",
		`WITH x AS (UPDATE "t_1".codes SET a = b RETURNING c) SELECT c FROM x`:                                  "UPDATE codes",
		"SELECT pg_notify($1, $2)":                                                                              "SELECT",
		"":                                                                                                      "",
	} {
		if got := describe(sql).summary; got != want {
			t.Errorf("%q is %q, want %q", sql, got, want)
		}
	}
	if got := describe("SELECT  1\n\tFROM  users").text; got != "SELECT 1 FROM users" {
		t.Errorf("text %q", got)
	}
}
