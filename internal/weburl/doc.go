// Package weburl has the grammar of web addresses that the rest of the server agrees on:
// hosts and ports in the one spelling that every parser reads alike, which hosts are this
// machine or an inner network, origins (RFC 6454), and which schemes an app can have for
// itself (RFC 8252 §7.1).
//
// It takes no whole URL apart: what may be registered, matched, fetched or linked is decided by
// those who register, match, fetch and link.
package weburl
