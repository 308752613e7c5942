// Package webhook sends events to addresses that tenants choose, as Standard Webhooks 1.0
// wants it (https://www.standardwebhooks.com): signed, at least once, repeated for three
// days, and again on request.
//
// An Endpoint is an address with a filter and secrets; the Service is the only way to change
// one. The Subscriber makes a Delivery of an event for each endpoint that wants it, and wakes
// the endpoint. The Drainer sends what is due to one endpoint, a turn at a time:
//
//	pending ── 2xx ──▶ delivered
//	   │ ╰── failure: pending, due later; after three days ──▶ failed
//	   ╰── the user it is about is erased, the event is gone, the tenant was restored ──▶ dropped
//
// It stores nothing and knows no queue: package storage does both.
package webhook
