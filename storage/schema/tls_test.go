package schema

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plinto/internal/testservice"
)

// ENG-01: with sslmode=verify-full a connection is with who has a certificate of the authority for the name
// of the URL, and a server that asks for a certificate of ours gets it. Starts and doctor say what is wrong.
func TestPostgres_isSureOfWhoAnswers(t *testing.T) {
	t.Parallel()
	until, dir := time.Now().Add(time.Hour), t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	theirs, other, ours := testservice.SelfSigned(t, "localhost", until), testservice.SelfSigned(t, "localhost", until), testservice.SelfSigned(t, "plinto_server", until)
	server := testservice.NewPostgres(t, testservice.PostgresOptions{
		Access:   "hostssl all plinto_server 127.0.0.1/32 cert\n",
		Files:    map[string]string{"server.crt": theirs.PEM, "server.key": theirs.Key, "clients.crt": ours.PEM},
		Settings: []string{"ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "ssl_ca_file=clients.crt"},
	})
	_, err := Migrate(t.Context(), server.URL(), &LoginRole{Name: "plinto_server"})
	must(t, err)
	root, another := "&sslrootcert="+file("root.pem", theirs.PEM), "&sslrootcert="+file("another.pem", other.PEM)
	pair := "&sslcert=" + file("ours.pem", ours.PEM) + "&sslkey=" + file("ours.key", ours.Key)
	foreign := "&sslcert=" + file("foreign.pem", other.PEM) + "&sslkey=" + file("foreign.key", other.Key)
	at := func(host, query string) string {
		u, err := url.Parse(server.URL())
		must(t, err)
		u.User, u.Host, u.RawQuery = url.User("plinto_server"), host+":"+u.Port(), query
		return u.String()
	}
	for _, c := range []struct{ name, url, cause, remedy string }{
		{"another authority", at("localhost", "sslmode=verify-full"+another+pair), "from an authority that this machine does not trust", "add sslrootcert=FILE"},
		{"another name", at("127.0.0.1", "sslmode=verify-full"+root+pair), "is for localhost, not for 127.0.0.1", "use that name in THE_URL"},
		{"no certificate of ours", at("localhost", "sslmode=verify-full"+root), "lets the role plinto_server not", "sslcert=FILE and sslkey=FILE in THE_URL"},
		{"a certificate of another authority", at("localhost", "sslmode=verify-full"+root+foreign), "lets the role plinto_server not", "one of an authority that it trusts"},
		{"a file that is missing", at("localhost", "sslmode=verify-full&sslrootcert=/nowhere/root.pem"), "names the file /nowhere/root.pem", "correct sslrootcert"},
	} {
		opens(t, c.url, false).says(t, c.name, c.cause, c.remedy)
	}
	if err := open(t.Context(), at("localhost", "sslmode=verify-full"+root+pair)); err != nil {
		t.Errorf("all as it should be: %v", err)
	}
}
