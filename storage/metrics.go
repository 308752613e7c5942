package storage

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Register adds the metrics of connections to Postgres, of calls to Redis, of what is held in memory, of jobs and of what the
// database holds to r.
func (s *Store) Register(r prometheus.Registerer) {
	r.MustRegister(&storeMetrics{store: s})
	s.subscribers.Register(r)
}

// RedisReady asks Redis, and returns why it cannot be used. nil without a Redis:
// nothing is missing then.
func (s *Store) RedisReady(ctx context.Context) error {
	if s.redis == nil {
		return nil
	}
	return s.redis.do(ctx, func(ctx context.Context, c redisClient) error { return c.Ping(ctx).Err() })
}

var (
	connectionsDesc     = prometheus.NewDesc("plinto_database_connections", "Connections to Postgres, by pool and state.", []string{"pool", "state"}, nil)
	limitDesc           = prometheus.NewDesc("plinto_database_connections_max", "How many connections a pool may have.", []string{"pool"}, nil)
	refusedDesc         = prometheus.NewDesc("plinto_database_connection_refusals_total", "Requests that were refused because no connection became free in half a second.", []string{"pool"}, nil)
	waitsDesc           = prometheus.NewDesc("plinto_database_connection_waits_total", "How often a connection had to be waited for.", []string{"pool"}, nil)
	waitedDesc          = prometheus.NewDesc("plinto_database_connection_wait_seconds_total", "How long connections were waited for, in all.", []string{"pool"}, nil)
	tenantDatabasesDesc = prometheus.NewDesc("plinto_tenant_databases", "Databases of tenants that this process has connections to, and those that could not be reached a second ago.", []string{"state"}, nil)
	pausedDesc          = prometheus.NewDesc("plinto_redis_resting", "Whether Redis is not called for now, because it failed repeatedly.", nil, nil)
	copyAnswersDesc     = prometheus.NewDesc("plinto_cache_answers_total", "Answers of caches, by where they came from: memory, redis, load, failed (a load), old (in place of one that failed).", []string{"cache", "from"}, nil)
	copyEvictedDesc     = prometheus.NewDesc("plinto_cache_evictions_total", "Values that made room for others.", []string{"cache"}, nil)
	copyPutsDesc        = prometheus.NewDesc("plinto_cache_redis_puts_total", "Values that were put into Redis for other processes.", []string{"cache"}, nil)
	copyPutDesc         = prometheus.NewDesc("plinto_cache_redis_bytes_total", "Bytes that were put into Redis for other processes, before they were sealed.", []string{"cache"}, nil)
	copyBytesDesc       = prometheus.NewDesc("plinto_cache_bytes", "Memory that the values of a cache take.", []string{"cache"}, nil)
	copyValuesDesc      = prometheus.NewDesc("plinto_cache_values", "Values that a cache holds.", []string{"cache"}, nil)
	copyMostDesc        = prometheus.NewDesc("plinto_cache_bytes_max", "Memory that all caches of the process may take together.", nil, nil)
	replicaUsedDesc     = prometheus.NewDesc("plinto_replica_used", "Whether a replica is asked.", []string{"replica"}, nil)
	replicaLagDesc      = prometheus.NewDesc("plinto_replica_lag_seconds", "How long ago everything that a replica has was committed; no line while it is not asked.", []string{"replica"}, nil)
	replicaReadDesc     = prometheus.NewDesc("plinto_replica_reads_total", "Reads that were sent to a replica, by who answered them in the end.", []string{"replica", "answered_by"}, nil)
	announcedDesc       = prometheus.NewDesc("plinto_changes_heard", "Whether changes of other instances are heard; without, nothing is served from memory.", nil, nil)
)

// storeMetrics reads what pools count anyway, and has the database surveyed: requests pay nothing for it, and no scrape waits
// for Postgres.
type storeMetrics struct{ store *Store }

// Describe implements prometheus.Collector.
func (*storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range append([]*prometheus.Desc{connectionsDesc, limitDesc, waitsDesc, waitedDesc, refusedDesc, tenantDatabasesDesc, pausedDesc, announcedDesc, copyAnswersDesc, copyEvictedDesc, copyPutsDesc, copyPutDesc, copyBytesDesc, copyValuesDesc, copyMostDesc, replicaUsedDesc, replicaLagDesc, replicaReadDesc}, surveyDescs...) {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	turns := m.store.DB.Turns()
	for name, s := range map[string]*pgxpool.Stat{"app": m.store.DB.Stat(), "platform": m.store.system.Pool().Stat()} {
		waits, waited := float64(s.EmptyAcquireCount()), s.EmptyAcquireWaitTime()
		if name == "app" { // of which connections are given out in turns
			waits, waited = waits+float64(turns.Waits), waited+turns.Waited
			ch <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(turns.Late+turns.Full), name)
		}
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(s.AcquiredConns()), name, "used")
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(s.IdleConns()), name, "idle")
		ch <- prometheus.MustNewConstMetric(limitDesc, prometheus.GaugeValue, float64(s.MaxConns()), name)
		ch <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, waits, name)
		ch <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, waited.Seconds(), name)
	}
	t := m.store.DB.TenantStat()
	ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(t.Used), "tenants", "used")
	ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(t.Idle), "tenants", "idle")
	ch <- prometheus.MustNewConstMetric(limitDesc, prometheus.GaugeValue, float64(t.Max), "tenants")
	ch <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, float64(t.Turns.Waits), "tenants")
	ch <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, t.Turns.Waited.Seconds(), "tenants")
	ch <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(t.Turns.Late+t.Turns.Full), "tenants")
	ch <- prometheus.MustNewConstMetric(tenantDatabasesDesc, prometheus.GaugeValue, float64(t.Databases), "open")
	ch <- prometheus.MustNewConstMetric(tenantDatabasesDesc, prometheus.GaugeValue, float64(t.Resting), "away")
	ch <- prometheus.MustNewConstMetric(tenantDatabasesDesc, prometheus.GaugeValue, float64(m.store.own.Count()), "heard")
	ch <- prometheus.MustNewConstMetric(pausedDesc, prometheus.GaugeValue, truth(m.store.redis != nil && m.store.redis.paused()))
	ch <- prometheus.MustNewConstMetric(announcedDesc, prometheus.GaugeValue, truth(m.store.announcements.Current()))
	m.collectCaches(ch)
	for _, r := range m.store.Replicas() {
		ch <- prometheus.MustNewConstMetric(replicaUsedDesc, prometheus.GaugeValue, truth(r.Out == ""), r.Name)
		if r.Out == "" {
			ch <- prometheus.MustNewConstMetric(replicaLagDesc, prometheus.GaugeValue, r.Lag.Seconds(), r.Name)
		}
		ch <- prometheus.MustNewConstMetric(replicaReadDesc, prometheus.CounterValue, float64(r.Answered), r.Name, "replica")
		ch <- prometheus.MustNewConstMetric(replicaReadDesc, prometheus.CounterValue, float64(r.Failed), r.Name, "primary")
	}
	m.collectSurvey(ch)
}

func (m *storeMetrics) collectCaches(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(copyMostDesc, prometheus.GaugeValue, float64(m.store.Memory.Most()))
	for _, u := range m.store.Memory.Usages() {
		for from, n := range map[string]uint64{"memory": u.Hits, "redis": u.Shared, "load": u.Loads, "failed": u.Failures, "old": u.StandIns} {
			ch <- prometheus.MustNewConstMetric(copyAnswersDesc, prometheus.CounterValue, float64(n), u.Name, from)
		}
		ch <- prometheus.MustNewConstMetric(copyEvictedDesc, prometheus.CounterValue, float64(u.Evictions), u.Name)
		ch <- prometheus.MustNewConstMetric(copyPutsDesc, prometheus.CounterValue, float64(u.Puts), u.Name)
		ch <- prometheus.MustNewConstMetric(copyPutDesc, prometheus.CounterValue, float64(u.PutBytes), u.Name)
		ch <- prometheus.MustNewConstMetric(copyBytesDesc, prometheus.GaugeValue, float64(u.Bytes), u.Name)
		ch <- prometheus.MustNewConstMetric(copyValuesDesc, prometheus.GaugeValue, float64(u.Entries), u.Name)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
