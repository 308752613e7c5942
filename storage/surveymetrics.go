package storage

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/storage/queue"
)

var (
	unsealedDesc       = prometheus.NewDesc("plinto_audit_unsealed_seconds", "How old the oldest audit row is that is not sealed yet, in the shared tables, schemas of tenants, and those of their databases that the process is connected to. No line until the database was surveyed.", nil, nil)
	unsealedRowsDesc   = prometheus.NewDesc("plinto_audit_unsealed_rows", "Audit rows that are not sealed yet, in the same places; at most 20,000 of each are counted.", nil, nil)
	queueJobsDesc      = prometheus.NewDesc("plinto_queue_jobs", "Jobs of the shared queue, by lane and state (`available`, `retryable`, `running`); at most 20,000 of a state are counted.", []string{"lane", "state"}, nil)
	queueOldestDesc    = prometheus.NewDesc("plinto_queue_oldest_seconds", "How long ago the oldest job of a lane was queued that is not done.", []string{"lane"}, nil)
	branchJobsDesc     = prometheus.NewDesc("plinto_tenant_queue_jobs", "Jobs in the databases of tenants, all together, that should have been done when their queue was looked at last. Of processes with workers.", nil, nil)
	branchOldestDesc   = prometheus.NewDesc("plinto_tenant_queue_oldest_seconds", "How old the oldest of plinto_tenant_queue_jobs was then.", nil, nil)
	mailsDesc          = prometheus.NewDesc("plinto_mails_waiting", "Mails in the shared queue that are not sent; at most 20,000 are counted.", nil, nil)
	mailsOldestDesc    = prometheus.NewDesc("plinto_mails_oldest_seconds", "How long ago the oldest mail was queued that is not sent.", nil, nil)
	webhooksDesc       = prometheus.NewDesc("plinto_webhook_deliveries_pending", "Deliveries to webhook endpoints that are not delivered and not given up, in the shared tables, schemas of tenants, and those of their databases that the process is connected to; at most 20,000 of each are counted.", nil, nil)
	webhooksOldestDesc = prometheus.NewDesc("plinto_webhook_delivery_oldest_seconds", "How old the oldest of plinto_webhook_deliveries_pending is. Endpoints are tried for three days.", nil, nil)
	tableDesc          = prometheus.NewDesc("plinto_table_bytes", "Size on disk of a shared table with its indexes and partitions; of `schemas of tenants`, of all together, as Postgres last noted it.", []string{"table"}, nil)
	tenantsDesc        = prometheus.NewDesc("plinto_tenants", "Tenants, by isolation.", []string{"isolation"}, nil)
	keysDesc           = prometheus.NewDesc("plinto_signing_keys", "Signing keys that are published, by state (`next`, `active`, `retiring`).", []string{"state"}, nil)
	keysOverdueDesc    = prometheus.NewDesc("plinto_signing_keys_overdue", "Active signing keys that should have been rotated more than a day ago. Keys of tenants that nobody uses are not rotated, and count.", nil, nil)
	samlDesc           = prometheus.NewDesc("plinto_saml_connections", "Connections by SAML that are enabled, by their last certificate (`valid`, `expiring` within 14 days, `expired`, `unreadable`).", []string{"certificate"}, nil)
	samlEndsDesc       = prometheus.NewDesc("plinto_saml_certificate_expiry_timestamp_seconds", "When the first provider of SAML has no valid certificate left, of those that have one (Unix time).", nil, nil)
	domainsDesc        = prometheus.NewDesc("plinto_domains", "Verified domains of organizations; `failing` are those whose record was missing at the last look, and which lapse when it stays so.", []string{"state"}, nil)
	surveyDesc         = prometheus.NewDesc("plinto_survey_timestamp_seconds", "When the database was last asked what this page says of it, by part (Unix time): `work` once a minute, `places` and `sizes` once in ten, while somebody scrapes.", []string{"part"}, nil)
)

var surveyDescs = []*prometheus.Desc{
	unsealedDesc, unsealedRowsDesc, queueJobsDesc, queueOldestDesc, branchJobsDesc, branchOldestDesc, mailsDesc, mailsOldestDesc, webhooksDesc,
	webhooksOldestDesc, tableDesc, tenantsDesc, keysDesc, keysOverdueDesc, samlDesc, samlEndsDesc, domainsDesc, surveyDesc,
}

// surveyCounts and surveyAges are what is told of each kind of a survey, without and with a label.
var (
	surveyCounts = map[string]*prometheus.Desc{"mails": mailsDesc, "webhooks": webhooksDesc, "unsealed": unsealedRowsDesc, "keys overdue": keysOverdueDesc}
	surveyAges   = map[string]*prometheus.Desc{"mails": mailsOldestDesc, "webhooks": webhooksOldestDesc, "unsealed": unsealedDesc, "saml ends": samlEndsDesc}
	surveyGroups = map[string]*prometheus.Desc{"table": tableDesc, "tenants": tenantsDesc, "keys": keysDesc, "saml": samlDesc, "domains": domainsDesc}
)

// surveyLabels are told of also when there is none, so that alerts and graphs see zero and not nothing.
var surveyLabels = map[string][]string{
	"keys": {"next", "active", "retiring"}, "saml": {"valid", "expiring", "expired", "unreadable"}, "domains": {"verified", "failing"},
}

// collectSurvey tells what is known of the database, and waits for no answer of it.
func (m *storeMetrics) collectSurvey(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	found, at, told := m.store.survey.latest()
	if told["places"] {
		for kind, labels := range surveyLabels {
			for _, label := range labels {
				if _, there := found[surveyKey{Kind: kind, A: label}]; !there {
					gauge(surveyGroups[kind], 0, label)
				}
			}
		}
	}
	oldest := map[string]float64{} // by lane
	for key, is := range found {
		if d := surveyCounts[key.Kind]; d != nil {
			gauge(d, float64(is.N))
		}
		if d := surveyAges[key.Kind]; d != nil {
			gauge(d, max(0, is.Seconds))
		}
		if d := surveyGroups[key.Kind]; d != nil {
			gauge(d, float64(is.N), key.A)
		}
		if key.Kind == "jobs" {
			gauge(queueJobsDesc, float64(is.N), key.A, key.B)
			oldest[key.A] = max(oldest[key.A], is.Seconds)
		}
	}
	if told["work"] {
		for _, lane := range queue.Lanes() {
			gauge(queueOldestDesc, oldest[lane], lane) // 0 when nothing waits
		}
	}
	for part, when := range at {
		gauge(surveyDesc, float64(when.UnixNano())/float64(time.Second), part)
	}
	if m.store.rotation != nil {
		jobs, age := m.store.rotation.Backlog()
		gauge(branchJobsDesc, float64(jobs))
		gauge(branchOldestDesc, age.Seconds())
	}
}
