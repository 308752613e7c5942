// Package idempotency serves a request that is sent again only once: by the name that its sender
// gave it (Idempotency-Key, draft-ietf-httpapi-idempotency-key-header). What the request changed and
// its answer are stored in one transaction, so after a crash either both are there or none. Answers
// are sealed: they may hold a secret that is shown once.
package idempotency
