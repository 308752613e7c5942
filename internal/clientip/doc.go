// Package clientip finds the address a request really came from, and the networks by
// which addresses are counted. It asks nobody and looks up no name.
//
// It believes X-Forwarded-For of trusted proxies, and no other header of anybody:
// neither X-Forwarded-Proto and -Host, for the issuer is what was configured, nor Forwarded.
package clientip
