package schema

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
)

// statements are those that a connection sends.
type statements struct{ all []string }

// TraceQueryStart implements pgx.QueryTracer.
func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.all = append(s.all, data.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// LEAK-10: plinto migrate makes the role that servers log in as, and no statement has its password, which Postgres logs with
// log_statement = ddl, and shows to whoever may see its activities. The role gets in by the password all the same.
func TestEnsureLogin_sendsNoPassword_LEAK_10(t *testing.T) {
	t.Parallel()
	server := testservice.NewPostgres(t, testservice.PostgresOptions{Access: "host all all 127.0.0.1/32 scram-sha-256\n"})
	config, err := pgx.ParseConfig(server.URL())
	must(t, err)
	var sent statements
	config.Tracer = &sent
	owner, err := pgx.ConnectConfig(t.Context(), config)
	must(t, err)
	defer owner.Close(context.Background())
	must(t, ensureRoles(t.Context(), owner))
	for role, password := range map[string]string{"plain": "hunter2-0123456789", "quoted": `it's "a\b`, "umlauts": "Zürich ß 12"} {
		must(t, ensureLogin(t.Context(), owner, &LoginRole{Name: role, Password: secret.NewString(password)}))
		if said := strings.Join(sent.all, "\n"); !strings.Contains(said, `CREATE ROLE "`+role+`"`) || strings.Contains(said, password) || strings.Contains(said, strings.ReplaceAll(password, "'", "''")) {
			t.Errorf("%s: its password was sent, or it was not made: %s", role, said)
		}
		for _, c := range []struct {
			password string
			enters   bool
		}{{password, true}, {password + "x", false}} {
			u, err := url.Parse(server.URL())
			must(t, err)
			u.User = url.UserPassword(role, c.password)
			conn, err := pgx.Connect(t.Context(), u.String())
			if (err == nil) != c.enters {
				t.Errorf("%s with %q: %v", role, c.password, err)
			}
			if err == nil {
				must(t, conn.Close(t.Context()))
			}
		}
	}
}

// The example of RFC 7677 §3, whose server signature and client proof hang on both keys.
func TestScramVerifier_isThatOfRFC7677(t *testing.T) {
	t.Parallel()
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	must(t, err)
	got, err := scramVerifierOf("pencil", salt, 4096)
	const want = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	if err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
