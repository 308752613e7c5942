package schema

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// explainTLS tells what kept TLS with the server from being made.
func (a attempt) explainTLS(err error) (Finding, bool) {
	at := a.at()
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var remote *net.OpError
	var record tls.RecordHeaderError
	switch {
	case strings.Contains(err.Error(), "server refused TLS connection"): // an error of pgx without a name
		return Finding{true, at + " offers no TLS, which sslmode in " + a.setting + " asks for", "set ssl = on in postgresql.conf, or sslmode=disable in a network that nobody listens in"}, true
	case errors.As(err, &authority):
		return Finding{true, "the certificate of " + at + " is from an authority that this machine does not trust", "add sslrootcert=FILE with the certificate of that authority to " + a.setting}, true
	case errors.As(err, &host):
		names := append(host.Certificate.DNSNames, host.Certificate.Subject.CommonName)
		return Finding{true, fmt.Sprintf("the certificate of %s is for %s, not for %s", at, names[0], host.Host), "use that name in " + a.setting + ", or a certificate for the name that is used; sslmode=verify-ca asks for no name"}, true
	case errors.As(err, &invalid):
		return Finding{true, "the certificate of " + at + " is not good: " + OneLine(invalid), "give Postgres a certificate that is good now, and look at the clocks of both machines"}, true
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert of TLS
		return Finding{true, at + " ends TLS: " + OneLine(remote.Err), "it may want a certificate of ours: sslcert=FILE and sslkey=FILE in " + a.setting}, true
	case errors.As(err, &record):
		return Finding{true, at + " answers, but not in TLS", "correct host and port in " + a.setting + ": it may not be Postgres"}, true
	}
	return Finding{}, false
}
