// Package app wires the server into one http.Handler. The commands and the whole-server
// tests start the same app.
//
//	parts  what is made once and shared: storage, keys, engine, browser, services
//	areas  pages, protocol, registration, discovery, health: each makes its handlers of
//	       the parts and mounts their routes; none knows another, and their order does
//	       not matter
//	App    tenant of a request → router → area; what answers on hosts of no tenant;
//	       the listener with its drain
package app
