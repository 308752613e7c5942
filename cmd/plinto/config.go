package main

import (
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"plinto/internal/secret"
)

// variablePrefix starts every variable of ours. One that starts so and is not in
// Config is a typing error, which would otherwise be silently without effect.
const variablePrefix = "PLINTO_"

// Config is everything that can be set from outside. Packages get plain structs
// made from it and never see the environment.
//
// Tags: env is the variable, also names one that platforms set instead, hint says
// what to write. A secret.String may be given as a file by <variable>_FILE.
type Config struct {
	PublicURL        *url.URL      `env:"PLINTO_PUBLIC_URL" hint:"the origin browsers see, such as https://id.example.com"`
	Listen           string        `env:"PLINTO_LISTEN" also:"PORT" envDefault:":8080" hint:"an address to listen on, such as :8080 or 127.0.0.1:8080"`
	Database         secret.String `env:"PLINTO_DATABASE_URL" also:"DATABASE_URL" hint:"a Postgres URL of the server's role, such as postgres://plinto@db/plinto"`
	DatabaseMaxConns int32         `env:"PLINTO_DATABASE_MAX_CONNS" envDefault:"20" hint:"a number from 2 to 1000"`
	TenantMaxConns   int32         `env:"PLINTO_TENANT_DATABASES_MAX_CONNS" envDefault:"50" hint:"a number from 2 to 1000"`
	DatabasePooler   string        `env:"PLINTO_DATABASE_POOLER" hint:"transaction, where PLINTO_DATABASE_URL leads to a pooler of transactions such as PgBouncer"`
	DirectDatabase   secret.String `env:"PLINTO_DATABASE_DIRECT_URL" hint:"a Postgres URL of the server's role that leads to Postgres itself, where PLINTO_DATABASE_URL leads to a pooler"`
	DatabaseReplicas secret.String `env:"PLINTO_DATABASE_REPLICA_URLS" hint:"Postgres URLs of the server's role that lead to replicas, separated by commas"`
	ReplicaLag       time.Duration `env:"PLINTO_DATABASE_REPLICA_LAG" envDefault:"5s" hint:"how far a replica may be behind, from 1s to 1m"`
	MigrateDatabase  secret.String `env:"PLINTO_MIGRATE_DATABASE_URL" hint:"a Postgres URL of the role that owns the tables; without it PLINTO_DATABASE_URL is used"`
	Redis            secret.String `env:"PLINTO_REDIS_URL" also:"REDIS_URL" hint:"a Redis URL, such as redis://cache:6379/0, redis-sentinel://s1,s2,s3?master=plinto or redis-cluster://n1,n2,n3"`

	SMTP     secret.String `env:"PLINTO_SMTP_URL" also:"SMTP_URL" hint:"a mail server, such as smtps://user:password@mail.example.com:465"`
	MailFrom string        `env:"PLINTO_MAIL_FROM" hint:"the sender of mails, such as Example <id@example.com>"`

	EncryptionKey secret.String `env:"PLINTO_ENCRYPTION_KEY" hint:"32 random bytes in base64 or hex: openssl rand -base64 32; while it is replaced, the new and the old one with a comma between"`

	TLSCertFile    string         `env:"PLINTO_TLS_CERT_FILE" hint:"a file with the certificate chain in PEM"`
	TLSKeyFile     string         `env:"PLINTO_TLS_KEY_FILE" hint:"a file with the certificate's key in PEM"`
	TrustedProxies []netip.Prefix `env:"PLINTO_TRUSTED_PROXIES" hint:"networks of the proxies in front, such as 10.0.0.0/8,192.0.2.7"`

	LogLevel  slog.Level `env:"PLINTO_LOG_LEVEL" envDefault:"info" hint:"debug, info, warn or error"`
	LogFormat string     `env:"PLINTO_LOG_FORMAT" envDefault:"json" hint:"json or text"`

	// Traces, by the variables that OpenTelemetry names.
	TracesExporter       string        `env:"OTEL_TRACES_EXPORTER" hint:"otlp or none; with otlp or the address of a collector, requests are traced"`
	Collector            string        `env:"OTEL_EXPORTER_OTLP_ENDPOINT" hint:"the URL of a collector, such as http://collector:4318, without a password: credentials are headers"`
	TracesCollector      string        `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" hint:"the URL that traces are posted to, such as http://collector:4318/v1/traces, without a password: credentials are headers"`
	CollectorHeaders     secret.String `env:"OTEL_EXPORTER_OTLP_TRACES_HEADERS" also:"OTEL_EXPORTER_OTLP_HEADERS" hint:"headers for the collector, such as authorization=Bearer%20abc, separated by commas"`
	CollectorProtocol    string        `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" also:"OTEL_EXPORTER_OTLP_PROTOCOL" hint:"http/protobuf, which collectors take on port 4318"`
	CollectorTimeout     int           `env:"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" also:"OTEL_EXPORTER_OTLP_TIMEOUT" hint:"how long a collector may take, in milliseconds, up to 60000"`
	CollectorCompression string        `env:"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION" also:"OTEL_EXPORTER_OTLP_COMPRESSION" hint:"gzip or none"`
	CollectorCA          string        `env:"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE" also:"OTEL_EXPORTER_OTLP_CERTIFICATE" hint:"a file with the certificate authorities of the collector in PEM"`
	Sampler              string        `env:"OTEL_TRACES_SAMPLER" hint:"always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio"`
	SamplerArg           string        `env:"OTEL_TRACES_SAMPLER_ARG" hint:"the share of traces that a sampler by ratio records, such as 0.05"`
	ServiceName          string        `env:"OTEL_SERVICE_NAME" hint:"what traces call this service; plinto unless it is set"`
	ResourceAttributes   string        `env:"OTEL_RESOURCE_ATTRIBUTES" hint:"what traces say of this process, such as deployment.environment.name=production, separated by commas"`
	TracesDisabled       bool          `env:"OTEL_SDK_DISABLED" envDefault:"false" hint:"true or false; true: nothing is traced"`
	TraceContext         string        `env:"PLINTO_TRACE_CONTEXT" envDefault:"link" hint:"link or parent: whether traces of PLINTO_TRUSTED_PROXIES are named, or continued"`

	// OperationsListen is for the operator's tools: "off" or an address.
	OperationsListen    string        `env:"PLINTO_OPERATIONS_LISTEN" envDefault:"127.0.0.1:8081" hint:"an address for /livez, /readyz and /metrics that the public cannot reach, such as 127.0.0.1:8081 or 10.0.0.5:8081, or off"`
	OperationsPprof     bool          `env:"PLINTO_OPERATIONS_PPROF" envDefault:"false" hint:"true or false; true serves the profiles of the runtime at /debug/pprof/ of the operations listener"`
	MetricsTenants      []string      `env:"PLINTO_METRICS_TENANTS" hint:"slugs of at most 10 tenants that metrics tell apart, such as acme,globex"`
	MetricsClients      []string      `env:"PLINTO_METRICS_CLIENTS" hint:"at most 10 clients that metrics tell apart, each as tenant/client_id, such as acme/shop,acme/app"`
	DrainDelay          time.Duration `env:"PLINTO_DRAIN_DELAY" envDefault:"5s" hint:"how long to go on serving after SIGTERM, such as 5s; at most 1m"`
	AuditRetention      time.Duration `env:"PLINTO_AUDIT_RETENTION" envDefault:"0s" hint:"how long to keep the audit log, such as 8760h for a year; at least 2160h, or 0s to keep it for ever"`
	EgressAllowLoopback bool          `env:"PLINTO_EGRESS_ALLOW_LOOPBACK" envDefault:"false" hint:"true or false; true is for development only"`
	EgressCAFile        string        `env:"PLINTO_EGRESS_CA_FILE" hint:"a file with certificate authorities in PEM, trusted besides the system's"`

	BreachedPasswordsFile string `env:"PLINTO_BREACHED_PASSWORDS_FILE" hint:"a file of SHA-1 hashes in their order, as Have I Been Pwned gives it away"`
	BreachedPasswordsURL  string `env:"PLINTO_BREACHED_PASSWORDS_URL" hint:"a service that is asked for ranges of hashes, such as https://api.pwnedpasswords.com/range/"`

	// HashSlots is how many password hashes run at once; 0: as many as the machine gets most out of.
	HashSlots int `env:"PLINTO_HASH_SLOTS" envDefault:"0" hint:"a number from 1 to 1000, or 0 to have it measured at every start"`

	// RequestSlots is how many requests are worked on at once; 0: 32 for each of GOMAXPROCS.
	RequestSlots int `env:"PLINTO_REQUEST_SLOTS" envDefault:"0" hint:"a number from 1 to 100000, or 0 for 32 for each thread of Go"`

	PasskeyMetadataFile string `env:"PLINTO_PASSKEY_METADATA_FILE" hint:"the file of the FIDO Metadata Service that says which authenticators there are, for tenants with attestation: direct"`

	PlacesFile string `env:"PLINTO_PLACES_FILE" hint:"a file in the format of MaxMind DB that says where addresses are, such as GeoLite2-City.mmdb"`

	// Keepers are EncryptionKey, read: each may open Root.
	Keepers []secret.Keeper
	// Root is the root key, once the database was opened.
	Root secret.Root

	settings []setting // what was set, in the order above
	warnings []string  // about the environment
}

// OwnerDatabase returns the URL for changing the schema.
func (c *Config) OwnerDatabase() secret.String {
	switch c.ownerSetting() {
	case directURL:
		return c.DirectDatabase
	case ownerURL:
		return c.MigrateDatabase
	}
	return c.Database
}

// ReplicaURLs are those of DatabaseReplicas. A URL may name several hosts, with commas between, so only
// a comma that a URL follows ends one.
func (c *Config) ReplicaURLs() (urls []secret.String) {
	for _, part := range strings.Split(c.DatabaseReplicas.Reveal(), ",") {
		part = strings.TrimSpace(part)
		switch n := len(urls); {
		case n == 0 && part == "":
		case n == 0, strings.HasPrefix(part, "postgres://"), strings.HasPrefix(part, "postgresql://"):
			urls = append(urls, secret.NewString(part))
		default:
			urls[n-1] = secret.NewString(urls[n-1].Reveal() + "," + part)
		}
	}
	return urls
}

// A setting is one variable with where its value came from.
type setting struct {
	Name   string `json:"name" yaml:"name"`
	Value  string `json:"value" yaml:"value"`   // as given; "(secret)" of a secret
	Source string `json:"source" yaml:"source"` // "default", "environment", ".env", "file <name>", "not set"
}
