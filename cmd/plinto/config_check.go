package main

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"plinto/cmd/plinto/app"
	"plinto/internal/clientip"
	"plinto/internal/keeper"
	"plinto/internal/secret"
	"plinto/internal/weburl"
	"plinto/storage"
)

// check returns what is wrong with values that could be read, and reads the
// encryption key.
func (c *Config) check() []string {
	var problems []string
	refuse := func(name, value string, ok bool) {
		if !ok {
			problems = append(problems, named(name).refuse(value))
		}
	}
	refuse("PLINTO_LISTEN", c.Listen, c.Listen == "" || listenable(c.Listen))
	refuse("PLINTO_OPERATIONS_LISTEN", c.OperationsListen, c.OperationsListen == "" || c.OperationsListen == operationsOff || listenable(c.OperationsListen))
	if c.OperationsListen != "" && c.OperationsListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		problems = append(problems, "PLINTO_OPERATIONS_LISTEN is PLINTO_LISTEN: metrics must not be public, give them an address of their own")
	}
	problems = append(problems, checkURL("PLINTO_DATABASE_URL", c.Database, "postgres", "postgresql")...)
	problems = append(problems, checkURL("PLINTO_DATABASE_DIRECT_URL", c.DirectDatabase, "postgres", "postgresql")...)
	problems = append(problems, c.checkPooler()...)
	for _, replica := range c.ReplicaURLs() {
		problems = append(problems, checkURL("PLINTO_DATABASE_REPLICA_URLS", replica, "postgres", "postgresql")...)
	}
	refuse("PLINTO_DATABASE_REPLICA_LAG", c.ReplicaLag.String(), c.ReplicaLag == 0 || c.ReplicaLag >= time.Second && c.ReplicaLag <= time.Minute)
	problems = append(problems, checkURL("PLINTO_MIGRATE_DATABASE_URL", c.MigrateDatabase, "postgres", "postgresql")...)
	if f := storage.CheckRedisURL(c.Redis, "PLINTO_REDIS_URL"); f != nil {
		problems = append(problems, f.Cause+": "+f.Remedy)
	}
	problems = append(problems, checkURL("PLINTO_SMTP_URL", c.SMTP, "smtp", "smtps")...)
	refuse("PLINTO_MAIL_FROM", c.MailFrom, c.MailFrom == "" || isMailbox(c.MailFrom))
	refuse("PLINTO_DATABASE_MAX_CONNS", strconv.Itoa(int(c.DatabaseMaxConns)), c.DatabaseMaxConns == 0 || c.DatabaseMaxConns >= 2 && c.DatabaseMaxConns <= 1000)
	refuse("PLINTO_TENANT_DATABASES_MAX_CONNS", strconv.Itoa(int(c.TenantMaxConns)), c.TenantMaxConns == 0 || c.TenantMaxConns >= 2 && c.TenantMaxConns <= 1000)
	refuse("PLINTO_HASH_SLOTS", strconv.Itoa(c.HashSlots), c.HashSlots >= 0 && c.HashSlots <= 1000)
	refuse("PLINTO_REQUEST_SLOTS", strconv.Itoa(c.RequestSlots), c.RequestSlots >= 0 && c.RequestSlots <= 100_000)
	refuse("PLINTO_METRICS_TENANTS", strings.Join(c.MetricsTenants, ","), namedFew(c.MetricsTenants, false))
	refuse("PLINTO_METRICS_CLIENTS", strings.Join(c.MetricsClients, ","), namedFew(c.MetricsClients, true))
	refuse("PLINTO_LOG_FORMAT", c.LogFormat, c.LogFormat == "" || c.LogFormat == "json" || c.LogFormat == "text")
	refuse("PLINTO_AUDIT_RETENTION", c.AuditRetention.String(), c.AuditRetention == 0 || c.AuditRetention >= storage.AuditRetentionMin)
	refuse("PLINTO_DRAIN_DELAY", c.DrainDelay.String(), c.DrainDelay >= 0 && c.DrainDelay <= time.Minute)
	refuse("PLINTO_BREACHED_PASSWORDS_URL", c.BreachedPasswordsURL, c.BreachedPasswordsURL == "" || strings.HasPrefix(c.BreachedPasswordsURL, "https://") || strings.HasPrefix(c.BreachedPasswordsURL, "http://"))
	problems = append(problems, c.checkTLS()...)
	problems = append(problems, c.checkProxies()...)
	problems = append(problems, c.checkTraces()...)
	problems = append(problems, c.checkKey()...)
	if u := c.PublicURL; u != nil && u.Scheme == "http" && !weburl.IsLoopback(u.Hostname()) {
		problems = append(problems, fmt.Sprintf("PLINTO_PUBLIC_URL is %q: tokens and passwords need https, http is for localhost only", u))
	}
	return problems
}

// namedFew reports whether a list names tenants, or clients with their tenant, and not too many.
func namedFew(list []string, clients bool) bool {
	for _, one := range list {
		slug, client, has := strings.Cut(one, "/")
		if slug == "" || has != clients || has && client == "" {
			return false
		}
	}
	return len(list) <= app.MetricsMost
}

func named(name string) variable {
	for _, v := range variables() {
		if v.name == name {
			return v
		}
	}
	panic("no variable " + name)
}

// checkKey reads the encryption keys, and refuses one that is short, a placeholder
// or the same byte all over: whoever guesses it opens every signing key.
func (c *Config) checkKey() []string {
	if c.EncryptionKey.Empty() {
		return nil
	}
	keepers, err := keeper.Parse(c.EncryptionKey.Reveal())
	if err != nil {
		return []string{fmt.Sprintf("PLINTO_ENCRYPTION_KEY is not right: %v", err)}
	}
	c.Keepers = keepers
	return nil
}

// checkPooler has a pooler of transactions come with the way around it: what is announced to a
// session, and what a session holds, is lost behind one.
func (c *Config) checkPooler() []string {
	switch {
	case c.DatabasePooler != "" && c.DatabasePooler != string(storage.PoolsTransactions):
		return []string{named("PLINTO_DATABASE_POOLER").refuse(c.DatabasePooler)}
	case c.DatabasePooler != "" && c.DirectDatabase.Empty():
		return []string{"PLINTO_DATABASE_POOLER needs PLINTO_DATABASE_DIRECT_URL: announcements of changes and the queue need Postgres itself, without the pooler"}
	case c.DatabasePooler == "" && !c.DirectDatabase.Empty():
		return []string{"PLINTO_DATABASE_DIRECT_URL needs PLINTO_DATABASE_POOLER: set it to transaction, or leave both out where there is no pooler"}
	}
	return nil
}

func (c *Config) checkTLS() []string {
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		return []string{"PLINTO_TLS_CERT_FILE and PLINTO_TLS_KEY_FILE belong together: set both, or none behind a proxy that does TLS"}
	}
	var problems []string
	for name, file := range map[string]string{"PLINTO_TLS_CERT_FILE": c.TLSCertFile, "PLINTO_TLS_KEY_FILE": c.TLSKeyFile} {
		if file == "" {
			continue
		}
		if f, err := os.Open(file); err != nil {
			problems = append(problems, fmt.Sprintf("%s is %q, which cannot be read: %v", name, file, bare(err)))
		} else {
			f.Close()
		}
	}
	return problems
}

// checkProxies refuses a list that has everybody in it: anybody could say where they come from.
func (c *Config) checkProxies() (problems []string) {
	for _, p := range c.TrustedProxies {
		if clientip.TooWide(p) {
			problems = append(problems, fmt.Sprintf("PLINTO_TRUSTED_PROXIES has %s, in which strangers are, who could then name any address as theirs: name the networks of your own proxies, such as 10.0.0.0/8,192.0.2.7", p))
		}
	}
	return problems
}

// checkURL reads a URL with a password in it, which its errors do not repeat.
func checkURL(name string, s secret.String, schemes ...string) []string {
	scheme, _, _ := strings.Cut(s.Reveal(), "://")
	switch _, err := url.Parse(s.Reveal()); {
	case s.Empty():
		return nil
	case !slices.Contains(schemes, scheme):
		return []string{named(name).refuse("")}
	case err != nil:
		return []string{name + " cannot be read: in a user name or password write %40 for @, %3A for :, %2F for /, %23 for #, %3F for ? and %25 for %"}
	}
	return nil
}

func listenable(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n <= 65535
}

func isMailbox(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}
