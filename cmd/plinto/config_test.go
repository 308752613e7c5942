package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/secret"
)

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func randomKey() string {
	_, text := secret.NewRoot()
	return text.Reveal()
}

func TestConfig_readsEveryVariable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert := writeFile(t, filepath.Join(dir, "tls.crt"), "x")
	key := writeFile(t, filepath.Join(dir, "tls.key"), "x")
	authority := writeFile(t, filepath.Join(dir, "ca.pem"), authorityPEM(t))
	environ := []string{
		"PLINTO_PUBLIC_URL=https://ID.example.com/", "PLINTO_LISTEN=127.0.0.1:9000", "PLINTO_OPERATIONS_LISTEN=off",
		"PLINTO_DATABASE_URL=postgres://app@db/plinto", "PLINTO_MIGRATE_DATABASE_URL=postgresql://owner@db/plinto",
		"PLINTO_DATABASE_REPLICA_URLS=postgres://a/plinto", "PLINTO_DATABASE_REPLICA_LAG=2s", "PLINTO_DATABASE_POOLER=transaction", "PLINTO_DATABASE_DIRECT_URL=postgres://app@primary/plinto", "PLINTO_DATABASE_MAX_CONNS=7", "PLINTO_TENANT_DATABASES_MAX_CONNS=9", "PLINTO_REDIS_URL=rediss://cache:6379/1", "PLINTO_SMTP_URL=smtp://mail:25",
		"PLINTO_MAIL_FROM=Example <id@example.com>", "PLINTO_ENCRYPTION_KEY=" + randomKey(),
		"PLINTO_TLS_CERT_FILE=" + cert, "PLINTO_TLS_KEY_FILE=" + key, "PLINTO_TRUSTED_PROXIES=10.1.2.3/8, 192.0.2.7,::1, ::ffff:172.16.0.0/108",
		"PLINTO_LOG_LEVEL=debug", "PLINTO_LOG_FORMAT=text", "PLINTO_DRAIN_DELAY=0s", "PLINTO_AUDIT_RETENTION=8760h", "PLINTO_EGRESS_ALLOW_LOOPBACK=true", "PLINTO_EGRESS_CA_FILE=" + cert,
		"PLINTO_BREACHED_PASSWORDS_FILE=/srv/pwned.txt", "PLINTO_PLACES_FILE=/srv/places.mmdb", "PLINTO_OPERATIONS_PPROF=true", "PLINTO_METRICS_TENANTS=acme,globex", "PLINTO_METRICS_CLIENTS=acme/shop", "PLINTO_HASH_SLOTS=3", "PLINTO_REQUEST_SLOTS=5", "PLINTO_PASSKEY_METADATA_FILE=/srv/mds.jwt", "PLINTO_BREACHED_PASSWORDS_URL=https://api.pwnedpasswords.com/range/",
		"HOME=/root", "OTEL_SERVICE_NAME=x", "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector/v1/traces",
		"OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20abc", "OTEL_EXPORTER_OTLP_TRACES_HEADERS=authorization=Bearer%20abc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=5000",
		"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=gzip", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE=" + authority, "OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.5", "OTEL_RESOURCE_ATTRIBUTES=a=b",
	}
	given := toMap(environ)
	for _, v := range variables() {
		if given[v.name] == "" { // one that this test does not know
			environ = append(environ, v.name+"="+v.fallback)
		}
	}
	c, err := LoadConfig(environ, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.PublicURL.String(); got != "https://id.example.com" {
		t.Errorf("public URL %s", got)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("172.16.0.0/12")}
	if fmt.Sprint(c.TrustedProxies) != fmt.Sprint(want) {
		t.Errorf("trusted proxies %v", c.TrustedProxies)
	}
	if c.Listen != "127.0.0.1:9000" || c.DatabaseMaxConns != 7 || c.TenantMaxConns != 9 || c.HashSlots != 3 || c.RequestSlots != 5 || c.DrainDelay != 0 || c.AuditRetention != 365*24*time.Hour || !c.EgressAllowLoopback || c.BreachedPasswordsFile != "/srv/pwned.txt" || c.PasskeyMetadataFile != "/srv/mds.jwt" || c.BreachedPasswordsURL == "" || c.LogFormat != "text" || c.LogLevel != -4 {
		t.Errorf("%+v", c)
	}
	if c.OwnerDatabase().Reveal() != "postgresql://owner@db/plinto" || c.DirectDatabase.Reveal() != "postgres://app@primary/plinto" || c.DatabasePooler != "transaction" || len(c.Keepers) != 1 {
		t.Error("owner database or key not read")
	}
	for _, s := range c.settings {
		if s.Source != fromEnvironment {
			t.Errorf("%s is read from %q, want the environment", s.Name, s.Source)
		}
	}
}

func TestConfig_hasUsefulDefaults(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":8080" || c.HashSlots != 0 || c.DrainDelay != 5*time.Second || c.AuditRetention != 0 || c.LogFormat != "json" || c.PublicURL != nil || c.EgressAllowLoopback {
		t.Errorf("%+v", c)
	}
	c, err = LoadConfig([]string{"DATABASE_URL=postgres://db/a", "PORT=80"}, t.TempDir())
	if err != nil || c.OwnerDatabase().Reveal() != "postgres://db/a" || c.Listen != ":80" {
		t.Errorf("platform names: %v %+v", err, c)
	}
}

// A URL of a replica may name several hosts.
func TestConfig_readsReplicas(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig([]string{"PLINTO_DATABASE_REPLICA_URLS=postgres://app:p@a,b:5433/plinto, postgresql://c/plinto"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range c.ReplicaURLs() {
		got = append(got, u.Reveal())
	}
	if diff := cmp.Diff([]string{"postgres://app:p@a,b:5433/plinto", "postgresql://c/plinto"}, got); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"PLINTO_DATABASE_REPLICA_URLS=mysql://a:hunter2@b", "PLINTO_DATABASE_REPLICA_LAG=1ms", "PLINTO_DATABASE_REPLICA_LAG=2m"} {
		if _, err := LoadConfig([]string{wrong}, t.TempDir()); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// A pooler and the way past it belong together, and migrations never go through it.
func TestConfig_knowsTheWayPastAPooler(t *testing.T) {
	t.Parallel()
	pooled, direct := "DATABASE_URL=postgres://app@pooler/plinto", "PLINTO_DATABASE_DIRECT_URL=postgres://app@db/plinto"
	for want, environ := range map[string][]string{
		"PLINTO_DATABASE_POOLER needs PLINTO_DATABASE_DIRECT_URL": {pooled, "PLINTO_DATABASE_POOLER=transaction"},
		"PLINTO_DATABASE_DIRECT_URL needs PLINTO_DATABASE_POOLER": {pooled, direct},
		`PLINTO_DATABASE_POOLER is "session": want transaction`:   {pooled, direct, "PLINTO_DATABASE_POOLER=session"},
		"PLINTO_DATABASE_DIRECT_URL is not right":                 {pooled, "PLINTO_DATABASE_DIRECT_URL=db", "PLINTO_DATABASE_POOLER=transaction"},
	} {
		if _, err := LoadConfig(environ, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", environ, err, want)
		}
	}
	c, err := LoadConfig([]string{pooled, direct, "PLINTO_DATABASE_POOLER=transaction"}, t.TempDir())
	if err != nil || c.OwnerDatabase().Reveal() != "postgres://app@db/plinto" || c.ownerSetting() != directURL || c.sessionSetting() != directURL {
		t.Errorf("%v: migrates by %s", err, c.ownerSetting())
	}
}

func TestConfig_reportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, ".env"), "PLINTO_PUBLIK_URL=https://id.example.com\n")
	c, err := LoadConfig([]string{
		"PLINTO_DATABSE_URL=postgres://user:hunter2@db/plinto", "PLINTO_SOMETHING_ELSE_ENTIRELY=1",
		"PLINTO_PUBLIC_URL=https://id.example.com/path", "PLINTO_DATABASE_URL=mysql://user:hunter2@db/x",
		"PLINTO_LISTEN=8080", "PLINTO_DATABASE_MAX_CONNS=1", "PLINTO_REDIS_URL=cache:6379:hunter2",
		"PLINTO_SMTP_URL_FILE=" + filepath.Join(dir, "absent"), "PLINTO_MAIL_FROM=nobody",
		"PLINTO_ENCRYPTION_KEY=hunter2hunter2", "PLINTO_TLS_CERT_FILE=/nowhere/tls.crt", "PLINTO_TRUSTED_PROXIES=everywhere",
		"PLINTO_LOG_LEVEL=loud", "PLINTO_LOG_FORMAT=xml", "PLINTO_DRAIN_DELAY=2h", "PLINTO_AUDIT_RETENTION=24h", "PLINTO_EGRESS_ALLOW_LOOPBACK=perhaps",
		"PLINTO_BREACHED_PASSWORDS_URL=api.pwnedpasswords.com", "PLINTO_HASH_SLOTS=-1", "PLINTO_REQUEST_SLOTS=-1",
		"PLINTO_OPERATIONS_PPROF=perhaps", "PLINTO_METRICS_TENANTS=a,b,c,d,e,f,g,h,i,j,k", "PLINTO_METRICS_CLIENTS=shop",
	}, dir, "PLINTO_REDIS_URL", "PLINTO_MIGRATE_DATABASE_URL")
	var problems configError
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"PLINTO_DATABSE_URL is unknown: did you mean PLINTO_DATABASE_URL?",
		"PLINTO_SOMETHING_ELSE_ENTIRELY is unknown: plinto config lists",
		"PLINTO_PUBLIK_URL in .env is unknown: did you mean PLINTO_PUBLIC_URL?",
		`PLINTO_PUBLIC_URL is "https://id.example.com/path": want the origin`,
		"PLINTO_DATABASE_URL is not right: want a Postgres URL",
		`PLINTO_LISTEN is "8080": want`,
		`PLINTO_DATABASE_MAX_CONNS is "1": want`,
		"PLINTO_REDIS_URL is not right: want",
		"PLINTO_SMTP_URL_FILE is", "PLINTO_MAIL_FROM is", "PLINTO_ENCRYPTION_KEY is not right",
		"PLINTO_TLS_CERT_FILE and PLINTO_TLS_KEY_FILE belong together",
		"PLINTO_TRUSTED_PROXIES is", "PLINTO_LOG_LEVEL is", "PLINTO_LOG_FORMAT is", "PLINTO_DRAIN_DELAY is", "PLINTO_AUDIT_RETENTION is", "PLINTO_EGRESS_ALLOW_LOOPBACK is",
		"PLINTO_BREACHED_PASSWORDS_URL is", "PLINTO_HASH_SLOTS is", "PLINTO_REQUEST_SLOTS is",
		"PLINTO_OPERATIONS_PPROF is", "PLINTO_METRICS_TENANTS is", "PLINTO_METRICS_CLIENTS is",
		"PLINTO_MIGRATE_DATABASE_URL is not set: a Postgres URL",
	} {
		if n := strings.Count("\n"+err.Error(), "\n"+want); n != 1 {
			t.Errorf("%d lines start with %q", n, want)
		}
	}
	if len(problems) != 25 {
		t.Errorf("%d problems, want 25:\n%v", len(problems), err)
	}
	if all := fmt.Sprintf("%v %+v %#v", err, c, c.settings); strings.Contains(all, "hunter2") {
		t.Error("a secret is shown")
	}
}

func TestConfig_refusesWeakEncryptionKeys_KEY04(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"changeme", "secret", strings.Repeat("A", 43) + "=", strings.Repeat("00", 32), "dG9vIHNob3J0",
		"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	} {
		_, err := LoadConfig([]string{"PLINTO_ENCRYPTION_KEY=" + key}, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") {
			t.Errorf("%q: %v, want a refusal that says how to make a good one", key, err)
		}
	}
}

func TestConfig_refusesHTTPBeyondLoopback(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1": true, "http://[::1]:8080": true, "http://a.localhost:8080": true,
		"http://id.example.com": false, "http://localhost.example.com": false, "http://10.0.0.1": false,
		"https://user@id.example.com": false, "https://id.example.com?x": false, "id.example.com": false, "ftp://id.example.com": false,
	} {
		if _, err := LoadConfig([]string{"PLINTO_PUBLIC_URL=" + url}, t.TempDir()); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestConfig_knowsWhereEachValueComesFrom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, ".env"), "PLINTO_LISTEN=:1\nPLINTO_LOG_FORMAT=text\nREDIS_URL=redis://from-dotenv\nCOMPOSE_PROJECT_NAME=x\n")
	file := writeFile(t, filepath.Join(dir, "db"), "postgres://from-file\n")
	c, err := LoadConfig([]string{"PLINTO_LISTEN=:2", "DATABASE_URL_FILE=" + file, "PLINTO_LOG_LEVEL="}, dir)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range c.settings {
		got[s.Name] = s.Source
	}
	want := map[string]string{
		"PLINTO_LISTEN": fromEnvironment, "PLINTO_LOG_FORMAT": fromDotEnv, "PLINTO_REDIS_URL": ".env (REDIS_URL)",
		"PLINTO_DATABASE_URL": "file " + file, "PLINTO_LOG_LEVEL": fromDefault, "PLINTO_SMTP_URL": notSet,
	}
	for name, source := range want {
		if got[name] != source {
			t.Errorf("%s from %q, want %q", name, got[name], source)
		}
	}
	if c.Listen != ":2" || c.Database.Reveal() != "postgres://from-file" || c.Redis.Reveal() != "redis://from-dotenv" {
		t.Errorf("values %+v", c)
	}
}

func TestConfig_refusesASecretGivenTwice(t *testing.T) {
	t.Parallel()
	file := writeFile(t, filepath.Join(t.TempDir(), "key"), randomKey())
	_, err := LoadConfig([]string{"PLINTO_ENCRYPTION_KEY=" + randomKey(), "PLINTO_ENCRYPTION_KEY_FILE=" + file}, t.TempDir())
	if diff := cmp.Diff(configError{"PLINTO_ENCRYPTION_KEY and PLINTO_ENCRYPTION_KEY_FILE are both set: keep one of them"}, err); diff != "" {
		t.Error(diff)
	}
}

func TestConfig_hasNoFileVariantOfWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	if _, err := LoadConfig([]string{"PLINTO_LISTEN_FILE=/x"}, t.TempDir()); err == nil {
		t.Error("PLINTO_LISTEN_FILE accepted, and it does nothing")
	}
}

func TestConfig_hintsAreThereForEveryVariable(t *testing.T) {
	t.Parallel()
	for _, v := range variables() {
		if v.hint == "" || !strings.HasPrefix(v.name, variablePrefix) && !strings.HasPrefix(v.name, "OTEL_") {
			t.Errorf("%s: hint %q", v.name, v.hint)
		}
	}
}

// What editors and shells on Windows, and secrets made by echo, leave in files.
func TestConfig_readsFilesAsEditorsSaveThem(t *testing.T) {
	t.Parallel()
	key := randomKey()
	unicode := []byte("\xff\xfe")
	for _, r := range "PLINTO_LISTEN=:7\r\nPLINTO_LOG_LEVEL=warn\r\n" {
		unicode = append(unicode, byte(r), 0)
	}
	for name, dotEnv := range map[string]string{
		"CR LF": "PLINTO_LISTEN=:7\r\nPLINTO_LOG_LEVEL=warn\r\n", "a mark": "\xef\xbb\xbfPLINTO_LISTEN=:7\nPLINTO_LOG_LEVEL=warn\n",
		"UTF-16": string(unicode), "a mark and CR LF": "\xef\xbb\xbfPLINTO_LISTEN=\":7\"\r\n\r\n# why\r\nexport PLINTO_LOG_LEVEL=warn",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, ".env"), dotEnv)
		file := writeFile(t, filepath.Join(dir, "key"), "\xef\xbb\xbf"+key+" \r\n")
		c, err := LoadConfig([]string{"PLINTO_ENCRYPTION_KEY_FILE=" + file, "DATABASE_URL=postgres://db/x\r", "PLINTO_LOG_FORMAT= text\n"}, dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Listen != ":7" || c.LogLevel != slog.LevelWarn || c.LogFormat != "text" || c.EncryptionKey.Reveal() != key || c.Database.Reveal() != "postgres://db/x" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for content, says := range map[string]string{
		"PLINTO_LISTEN=:7\n\nPLINTO_MAIL_FROM=Zo\xeb <z@example.com>\n": ".env cannot be read: line 3 is not UTF-8: save the file as UTF-8",
		"P\x00L\x00": ".env cannot be read: line 1 has a zero byte",
		"PLINTO_LISTEN=:7\n# why\nhunter2 hunter2\nPLINTO_LOG_LEVEL=warn\n": ".env cannot be read: line 3 is not NAME=value",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, ".env"), content)
		if _, err := LoadConfig(nil, dir); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want %s", content, err, says)
		}
	}
}

func TestConfig_saysHowAPasswordIsWrittenInAURL(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"hun#ter2", "hun/ter2", "hun%ter2", "hun?ter2", "[hunter2"} {
		_, err := LoadConfig([]string{"DATABASE_URL=postgres://u:" + password + "@db/x"}, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "PLINTO_DATABASE_URL cannot be read: in a user name or password write %40 for @") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: got %v", password, err)
		}
	}
	if _, err := LoadConfig([]string{"DATABASE_URL=postgres://u:hun%23ter2@one:5432,two:5433/x?target_session_attrs=read-write"}, t.TempDir()); err != nil {
		t.Errorf("two hosts: %v", err)
	}
}

// The variables of a Service are those that the kubelet sets.
func TestConfig_ignoresWhatKubernetesSetsForServices(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig([]string{
		"PLINTO_SERVICE_HOST=10.96.0.7", "PLINTO_SERVICE_PORT=8080", "PLINTO_SERVICE_PORT_HTTP=8080", "PLINTO_PORT=tcp://10.96.0.7:8080",
		"PLINTO_PORT_8080_TCP=tcp://10.96.0.7:8080", "PLINTO_PORT_8080_TCP_PROTO=tcp", "PLINTO_PORT_8080_TCP_PORT=8080", "PLINTO_PORT_8080_TCP_ADDR=10.96.0.7",
		"PLINTO_REDIS_PORT=tcp://[fd00::7]:6379", "PLINTO_REDIS_SERVICE_HOST=fd00::7", "PLINTO_REDIS_SERVICE_PORT_TCP_REDIS=6379",
		"PLINTO_DATABASE_PORT_53_UDP=udp://10.96.0.7:53", "PLINTO_LISTEN=:9000", "PLINTO_API_KEY=plk_x",
	}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.warnings) != 1 || !strings.Contains(c.warnings[0], "and 10 more, which Kubernetes sets") || !strings.Contains(c.warnings[0], "enableServiceLinks: false") || c.Listen != ":9000" {
		t.Errorf("warnings %q, listens on %s", c.warnings, c.Listen)
	}
	for _, mistake := range []string{
		"PLINTO_PORT=8080", "PLINTO_PORT=:8080", "PLINTO_SERVICE_HOST=id.example.com", "PLINTO_HOST=10.96.0.7", "PLINTO_SERVICE_PORT=http",
		"PLINTO_PORT=tcp://10.96.0.7:8080/x", "PLINTO_DATABASE_PORT=5432", "PLINTO_REDIS_HOST=10.96.0.7", "PLINTO_PORT_8080=tcp://10.96.0.7:8080",
	} {
		if _, err := LoadConfig([]string{mistake}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "is unknown") {
			t.Errorf("%s: got %v, want that it is unknown", mistake, err)
		}
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, ".env"), "PLINTO_PORT=tcp://10.96.0.7:8080\n")
	if _, err := LoadConfig(nil, dir); err == nil {
		t.Error("a variable of a Service in .env, where somebody typed it, is ignored")
	}
}

// A setting that a Service could set as well would change its meaning with the names of Services.
func TestConfig_hasNoSettingThatKubernetesCouldSet(t *testing.T) {
	t.Parallel()
	for _, v := range variables() {
		for _, value := range []string{"10.96.0.7", "8080", "tcp", "tcp://10.96.0.7:8080"} {
			if isServiceVariable(v.name, value) {
				t.Errorf("%s=%s could be a variable of a Service", v.name, value)
			}
		}
	}
}
